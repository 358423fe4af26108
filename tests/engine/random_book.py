"""Random books: rules of persons and households in several stages, every kind of aggregate, and a plain telling of them.

The plain telling walks a plan with single values by ``meaning`` and shares nothing else with any reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.frame import Array, Column, Frame
from shouwang.engine.inputs import InputSpec
from shouwang.engine.meaning import Value, disjunction, function_of, within
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import HOUSEHOLD, LOCAL, PERSON, Aggregate, Cite, Definition, Entity, Rule
from shouwang.engine.sources import Source
from shouwang.engine.tree import (
    GREATEST,
    LEAST,
    And,
    Arithmetic,
    Choose,
    Compare,
    Const,
    Expr,
    Extreme,
    Local,
    Member,
    Name,
    Not,
    Or,
)

DAY = date(2030, 1, 1)
AREAS = ("990101001001", "990101002001", "990102001001", "980101001001")
NUMBERS = (0, 1, -1, 2, 3, 12, 100, 127, -128, 255, 2**14, 2**15 - 1, -(2**31), 2**31, 2**52, 2**53 - 1, 2**53)
FAR = (2**53 + 1, 2**62, -(2**62), 2**62 + 1, GREATEST, GREATEST - 1, LEAST, LEAST + 1)
SIZES = (0, 0, 1, 1, 2, 3, 4, 7, 8, 9)
LARGE = (55, 56, 57, 58, 60, 63, 64, 65, 129)
Dice = np.random.Generator


class Maker:
    """Makes one book out of dice."""

    def __init__(self, seed: int, definitions: int = 14) -> None:
        self.dice = np.random.default_rng(seed)
        self.truth = {"ht": True, "pt": True, "line": True}
        self.inputs = {
            name: InputSpec(name, name, HOUSEHOLD, unit, "as_is", base="household")
            for name, unit in (("h1", "fen"), ("h2", "count"), ("ht", "bool"))
        } | {
            name: InputSpec(name, name, PERSON, unit, "as_is", base="birth_date")
            for name, unit in (("p1", "fen"), ("p2", "count"), ("pt", "bool"))
        }
        self.specs = {
            name: ParameterSpec(name, name, unit, "made", local=True, least=LEAST)
            for name, unit in (("share", "percent"), ("standard", "fen"), ("line", "bool"))
        }
        self.names: dict[Entity | None, list[str]] = {
            HOUSEHOLD: ["h1", "h2", "ht"],
            PERSON: ["p1", "p2", "pt"],
            None: ["share", "standard", "line"],
        }
        self.definitions = [self._definition(f"r{number}") for number in range(definitions)]

    def _one(self, choices: Sequence[Any]) -> Any:
        return choices[int(self.dice.integers(len(choices)))]

    def _definition(self, name: str) -> Definition:
        kind = int(self.dice.integers(6))
        is_truth = bool(self.dice.integers(2))
        common = {
            "name": name,
            "label": name,
            "cites": (Cite(LOCAL, ""),),
            "since": DAY,
            "until": None,
            "area": None,
            "file": __file__,
            "line": 1,
        }
        if kind <= 1:
            return self._aggregate(common)
        entity = PERSON if kind <= 3 else HOUSEHOLD
        visible = [*self.names[HOUSEHOLD], *self.names[None], *(self.names[PERSON] if entity is PERSON else ())]
        used: set[str] = set()
        body = self._tree(visible, used, int(self.dice.integers(2, 6)), truth=is_truth)
        self.names[entity].append(name)
        self.truth[name] = is_truth
        return Rule(
            **common,
            entity=entity,
            unit="bool" if is_truth else "count",
            arguments=tuple(sorted(used)),
            function=lambda **_: None,
            body=body,
            warns=None,
            summary="",
        )

    def _aggregate(self, common: dict[str, Any]) -> Aggregate:
        truths = [each for each in self.names[PERSON] if self.truth.get(each)]
        numbers = [each for each in self.names[PERSON] if not self.truth.get(each)]
        kind = self._one(("count", "total", "total", "any_of"))
        where = self._one(truths) if kind == "any_of" or self.dice.random() < 0.7 else None
        of = self._one(numbers) if kind == "total" else None
        self.names[HOUSEHOLD].append(common["name"])
        self.truth[common["name"]] = kind == "any_of"
        return Aggregate(
            **common,
            entity=HOUSEHOLD,
            unit="bool" if kind == "any_of" else "count",
            arguments=tuple(each for each in (where, of) if each is not None),
            kind=kind,
            where=where,
            of=of,
        )

    def _tree(self, visible: list[str], used: set[str], depth: int, *, truth: bool) -> Expr:
        fitting = [each for each in visible if self.truth.get(each, False) is truth]

        def leaf() -> Expr:
            if fitting and self.dice.random() < 0.75:
                name = self._one(fitting)
                used.add(name)
                return Name(name)
            if truth:
                return Const(bool(self.dice.integers(2)))
            return Const(self._one(FAR if self.dice.random() < 0.1 else NUMBERS))

        def number() -> Expr:
            return self._tree(visible, used, depth - 1, truth=False)

        def true() -> Expr:
            return self._tree(visible, used, depth - 1, truth=True)

        if depth <= 0:
            return leaf()
        what = int(self.dice.integers(8))
        if not truth:
            if what <= 3:
                return Arithmetic(self._one(("+", "-", "*", "//", "//")), number(), number())
            if what == 4:  # bounded, so that narrow vectors and doubles are met
                far = abs(self._one(NUMBERS))
                return Extreme("max", (Extreme("min", (number(), Const(far))), Const(self._one((-far, 0, 1)))))
            if what == 5:
                return Extreme(self._one(("min", "max")), (number(), number()))
            if what == 6:
                return Choose(true(), number(), number())
            shared = Local("x", number())
            return Arithmetic(self._one(("+", "-", "*")), shared, Choose(true(), shared, number()))
        if what <= 2:
            return Compare(self._one(("<", "<=", ">", ">=", "==", "!=")), number(), number())
        if what == 3:
            return (And if self.dice.integers(2) else Or)((true(), true()))
        if what == 4:
            return Not(true())
        if what == 5:
            return Choose(true(), true(), true())
        if what == 6:
            return Member(number(), tuple(Const(each) for each in (0, 2, -7, 2**40)))
        return Compare(self._one(("==", "!=")), true(), true())

    def book(self) -> Book:
        """The book."""
        return Book(
            definitions=self.definitions,
            items={},
            inputs=self.inputs,
            parameter_specs=self.specs,
            parameters=ParameterTable(specs=self.specs),
            sources={LOCAL: Source(LOCAL, "")},
            fingerprint="",
        )

    def table(self) -> ParameterTable:
        """Standards that some places set: small ones, large ones, none at all."""
        rows = []
        for area in ("990101000000", "990102000000", "990000000000"):
            for name in self.specs:
                if self.dice.random() < 0.6:
                    value = self._one((0, 1)) if name == "line" else self._one(self._one((NUMBERS[:9], NUMBERS, FAR)))
                    rows.append(Assertion(name, area, value, "", date(2020, 1, 1), source="local"))
        return ParameterTable(rows, specs=self.specs)

    def frame(self, households: int, large: Sequence[int] = LARGE) -> Frame:
        """Households in a few places, sorted or not; columns of one value, of none known, of edges."""
        dice = self.dice
        sizes = dice.choice(SIZES, households)
        for size in large:
            if households:
                sizes[int(dice.integers(households))] = size
        area = dice.integers(0, len(AREAS), households)
        if dice.integers(2):
            area.sort()
        frame = Frame(np.array(AREAS)[area], np.concatenate(([0], np.cumsum(sizes))).astype(np.int64))
        for name, spec in self.inputs.items():
            own = spec.entity is PERSON
            columns, length = (frame.person, frame.persons) if own else (frame.household, frame.households)
            if dice.random() < 0.05:
                continue
            columns[name] = self._column(length, truth=spec.unit == "bool")
        return frame

    def _column(self, length: int, *, truth: bool) -> Column:
        dice = self.dice
        known = dice.random(length) >= self._one((0.0, 0.0, 0.1, 0.5, 1.0))
        if truth:
            values: Array = dice.random(length) < self._one((0.0, 0.1, 0.5, 1.0))
        else:
            pool = self._one((NUMBERS[:9], NUMBERS, (*NUMBERS, *FAR), (self._one(NUMBERS),)))
            values = np.array(pool, dtype=np.int64)[dice.integers(0, len(pool), length)]
            if dice.integers(2):
                values = np.where(dice.random(length) < 0.5, dice.integers(-1000, 100_000, length), values)
        return Column(np.where(known, values, False if truth else 0), known)


def told(book: Book, frame: Frame, household: int, parameters: ParameterTable) -> tuple[dict[str, Value], list[Any]]:
    """Every result of one household and of its members, by the meaning of single values."""
    case = frame.case(household)
    plan = book.plan(DAY, ())
    shared: dict[str, Value] = {
        name: case.household.get(name) for name in book.inputs if book.entity_of(name) is HOUSEHOLD
    }
    for name, spec in book.parameter_specs.items():
        found = parameters.lookup(name, case.area_code, DAY)
        shared[name] = None if found is None else bool(found.value) if spec.unit == "bool" else found.value
    own: list[dict[str, Value]] = [
        {name: member.get(name) for name in book.inputs if book.entity_of(name) is PERSON} for member in case.members
    ]
    for step in plan.steps:
        made = step.definition
        if isinstance(made, Aggregate):
            shared[made.name] = _added(made, own)
        elif isinstance(made, Rule):
            for values in own if made.entity is PERSON else [shared]:
                values[made.name] = function_of(made.body)({**shared, **values})
    return shared, own


def _added(made: Aggregate, own: list[dict[str, Value]]) -> Value:
    wheres = [True if made.where is None else each[made.where] for each in own]
    if made.kind == "any_of":
        return disjunction(wheres)
    amounts = [1 if made.of is None else each[made.of] for each in own]
    total = 0
    for where, amount in zip(wheres, amounts, strict=True):
        share = amount if where is True else 0 if where is False or amount == 0 else None
        if share is None:
            return None
        total += share
    return within(total)

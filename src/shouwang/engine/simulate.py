"""What if: the same households by today's law and by a reform of it, paired household by household.

What cannot be told on either side is counted apart, never guessed. Only what the reform reaches is computed: an outcome
it does not reach has the same value on both sides, known or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from shouwang.engine.backends.columns import evaluate_pair
from shouwang.engine.book import Book, BookError
from shouwang.engine.fingerprint import fingerprint_of
from shouwang.engine.frame import Array, Column, Frame
from shouwang.engine.graph import Plan, is_same_text
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.reform import Reform, ReformError, floors_missed, reformed_book, reformed_table
from shouwang.engine.rule import Definition, Entity
from shouwang.engine.tree import GREATEST, LEAST

SAME, GAIN, LOSE, UNTOLD = range(4)
CLASSES = ("same", "gain", "lose", "untold")
Pair = tuple[Column, Column]
"""One column before and after."""

SIZES = ("untold_before", "untold_after", "newly", "exits")
Row = dict[str, int]
"""Counts of one line: ``all`` = same + gain + lose + untold; money where both sides can be told."""


@dataclass(frozen=True, slots=True)
class Benefit:
    """An outcome to compare: the rule that says who, and the rule that says how much a month in 分 ("" for none)."""

    key: str
    label: str
    eligible: str
    amount: str = ""

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules to compute."""
        return (self.eligible, self.amount) if self.amount else (self.eligible,)


@dataclass(frozen=True, slots=True)
class Group:
    """A division of households, or of persons, into named parts: ``codes`` gives each row's place in ``names``."""

    key: str
    label: str
    names: tuple[str, ...]
    codes: Array
    of_persons: bool


@dataclass(frozen=True, slots=True)
class BenefitPair:
    """One outcome on both sides, a row per household or per person.

    Where the reform moves nothing an outcome rests on, an unknown value is the same on both sides: it stands here as 0 or
    no on both, so that only what may really differ is untold.
    """

    benefit: Benefit
    entity: Entity
    eligible: Pair
    amount: Pair | None

    def tally(self) -> Row:
        """The outcome's line, in households or in persons."""
        judged = self.amount or self.eligible
        return _row(
            _classes(judged), *_moves(self.eligible), _untold(judged), _money(self.amount) if self.amount else None
        )


@dataclass(frozen=True, slots=True)
class Paired:
    """Every household of a frame on both sides.

    ``classes``: SAME, GAIN, LOSE or UNTOLD by the money of all outcomes the reform reaches where the household lives
    (where none of them is money: by who is eligible). ``newly``: comes in for one of them; ``exits``: goes out of one. A
    household that goes over from one to another counts as newly if it is better off, as exit if it is worse off.
    ``amounts``: 分 a month of those outcomes, 0 on both sides where an amount that cannot be told does not move.
    ``benefits``: a line per outcome, in its own subjects, where it is reached.
    """

    frame: Frame
    classes: Array
    newly: Array
    exits: Array
    untold: tuple[Array, Array]
    amounts: Pair
    benefits: dict[str, Row]

    def total(self) -> Row:
        """All households in one line."""
        return _row(self.classes, self.newly, self.exits, self.untold, _money(self.amounts))

    def by(self, group: Group) -> dict[str, Row]:
        """A line per part that has any rows: households with their money, or persons by what befalls their household."""
        spread = self.frame.household_of if group.of_persons else slice(None)
        untold = (self.untold[0][spread], self.untold[1][spread])
        marks = (self.classes[spread], self.newly[spread], self.exits[spread])
        money = None if group.of_persons else _money(self.amounts)
        order = np.argsort(group.codes, kind="stable")
        bounds = np.searchsorted(group.codes[order], np.arange(len(group.names) + 1))
        lines = {}
        for name, (first, after) in zip(group.names, pairwise(bounds.tolist()), strict=True):
            rows = order[first:after]
            if len(rows):
                kept = None if money is None else (money[0][rows], money[1][rows])
                classes, newly, exits = (each[rows] for each in marks)
                lines[name] = _row(classes, newly, exits, (untold[0][rows], untold[1][rows]), kept)
        return lines

    def by_area(self, codes: Array) -> dict[str, Row]:
        """A line per division; ``codes`` names each household's."""
        names, places = np.unique(codes, return_inverse=True)
        return self.by(Group("area", "", tuple(str(name) for name in names), places, of_persons=False))


@dataclass
class Summary:
    """Lines that can be added up part by part: in all, by division, by outcome, by group."""

    total: Row = field(default_factory=dict)
    areas: dict[str, Row] = field(default_factory=dict)
    benefits: dict[str, Row] = field(default_factory=dict)
    groups: dict[str, dict[str, Row]] = field(default_factory=dict)

    def add(self, paired: Paired, areas: Array, groups: Iterable[Group]) -> None:
        """Add a part of the register."""
        self.total = _added(self.total, paired.total())
        for code, line in paired.by_area(areas).items():
            self.areas[code] = _added(self.areas.get(code, {}), line)
        for key, line in paired.benefits.items():
            self.benefits[key] = _added(self.benefits.get(key, {}), line)
        for group in groups:
            lines = self.groups.setdefault(group.key, {name: {} for name in group.names})
            for name, line in paired.by(group).items():
                lines[name] = _added(lines.get(name, {}), line)


class Simulation:
    """A reform against the law of a day, ready to run over any number of parts of a register."""

    def __init__(
        self, book: Book, as_of: date, parameters: ParameterTable, reform: Reform, benefits: Sequence[Benefit]
    ) -> None:
        if not reform.changes and not reform.versions:
            raise ReformError("没有写要改什么")
        self.book, self.as_of, self.parameters, self.reform = book, as_of, parameters, reform
        self.benefits = tuple(benefits)
        self.reformed = reformed_book(book, reform)
        self.changed = reformed_table(book, parameters, reform, as_of)
        self._rules = [name for benefit in self.benefits for name in benefit.rules]

    @property
    def fingerprint(self) -> dict[str, str]:
        """What the result rests on besides the register."""
        return {
            "rules": self.book.fingerprint,
            "parameters": self.parameters.fingerprint,
            "reform": fingerprint_of(
                [("rules", self.reformed.fingerprint.encode()), ("", self.changed.fingerprint.encode())]
            ),
        }

    def remarks(self) -> list[str]:
        """What somebody should know of the reform itself."""
        return floors_missed(self.book, self.changed, self.reform, self.as_of)

    def reached(self, area_codes: Array) -> tuple[Benefit, ...]:
        """The outcomes the reform can change in these divisions. Raises ReformError where it cannot be computed there."""
        found = {benefit for benefits in self._reach(area_codes).values() for benefit in benefits}
        return tuple(benefit for benefit in self.benefits if benefit in found)

    def inputs(self, area_codes: Array) -> set[str]:
        """The inputs to fold for these divisions, on either side."""
        wanted = [name for benefit in self.reached(area_codes) for name in benefit.rules]
        codes = np.unique(area_codes).tolist()
        return self.book.inputs_for(wanted, self.as_of, codes) | self.reformed.inputs_for(wanted, self.as_of, codes)

    def run(self, frame: Frame) -> Paired:
        """Compare every household of a frame. Divisions that the reform reaches differently are judged apart."""
        reach = self._reach(frame.area_codes)
        targets = {name for benefits in reach.values() for benefit in benefits for name in benefit.rules}
        sides = evaluate_pair(
            self.book, self.reformed, frame, self.as_of, self.parameters, self.changed, sorted(targets)
        )
        kinds = list(dict.fromkeys(reach.values()))
        if len(kinds) == 1:
            return _judged(self.book, frame, sides, kinds[0])
        codes, where = np.unique(frame.area_codes, return_inverse=True)
        kind_of = np.array([kinds.index(reach[code]) for code in codes.tolist()], dtype=np.int64)[where]
        whole = _unmoved(frame)
        for number, benefits in enumerate(kinds):
            rows = np.flatnonzero(kind_of == number)
            part = Frame(frame.area_codes[rows], np.concatenate(([0], np.cumsum(frame.sizes[rows]))))
            _put(whole, _judged(self.book, part, tuple(side.take(rows) for side in sides), benefits), rows)
        return whole

    def _reach(self, area_codes: Array) -> dict[str, tuple[Benefit, ...]]:
        """Division → the outcomes that can change there."""
        known: dict[tuple[object, frozenset[str]], tuple[Benefit, ...]] = {}
        found = {}
        for code in np.unique(area_codes).tolist():
            regime = self.book.regime(code)
            plan, other = self._plans(regime)
            leaves = {leaf.name for leaf in (*plan.parameters, *other.parameters)}
            changed = frozenset(name for name in leaves if self._differs(name, code))
            key = (regime, changed)
            if key not in known:
                names = _affected(plan, other, set(changed))
                known[key] = tuple(benefit for benefit in self.benefits if names.intersection(benefit.rules))
            found[code] = known[key]
        return found

    def _plans(self, regime: tuple[str, ...]) -> tuple[Plan, Plan]:
        try:
            return (
                self.book.plan(self.as_of, regime).towards(self._rules),
                self.reformed.plan(self.as_of, regime).towards(self._rules),
            )
        except BookError as error:
            raise ReformError(
                f"所选的规则版本在 {self.as_of} 缺少它所依据的规则，请换日期，或一并选择那些规则的版本"
            ) from error

    def _differs(self, item: str, code: str) -> bool:
        found = [table.lookup(item, code, self.as_of) for table in (self.parameters, self.changed)]
        before, after = (None if each is None else each.value for each in found)
        return before != after


def _affected(plan: Plan, other: Plan, changed: set[str]) -> set[str]:
    """The rules whose text, or anything they rest on, differs."""
    for step in other.steps:
        definition: Definition = step.definition
        same = is_same_text(definition, plan.by_name.get(definition.name))
        if not same or changed.intersection(definition.arguments):
            changed.add(definition.name)
    return changed | (plan.by_name.keys() - other.by_name.keys())


def simulate(  # noqa: PLR0917 - what a run rests on, as in ``evaluate_columns``
    book: Book, frame: Frame, as_of: date, parameters: ParameterTable, reform: Reform, benefits: Sequence[Benefit]
) -> Paired:
    """Compare every household of a frame on a day with and without a reform. Raises ReformError."""
    return Simulation(book, as_of, parameters, reform, benefits).run(frame)


def _pair(book: Book, frame: Frame, benefit: Benefit, sides: tuple[Frame, ...]) -> BenefitPair:
    """One outcome's columns; where its two rules belong to different subjects both are brought to the household."""
    entity = book.entity_of(benefit.eligible) or Entity.HOUSEHOLD
    eligible = _columns(entity, benefit.eligible, sides)
    if not benefit.amount:
        return BenefitPair(benefit, entity, eligible, None)
    whose = book.entity_of(benefit.amount) or Entity.HOUSEHOLD
    amount = _columns(whose, benefit.amount, sides)
    if whose is not entity:
        eligible = (_any_member(frame, entity, eligible[0]), _any_member(frame, entity, eligible[1]))
        amount = (_of_household(frame, whose, amount[0]), _of_household(frame, whose, amount[1]))
        entity = Entity.HOUSEHOLD
    return BenefitPair(benefit, entity, eligible, amount)


def _columns(entity: Entity, name: str, sides: tuple[Frame, ...]) -> Pair:
    before, after, moved = ((side.person if entity is Entity.PERSON else side.household)[name] for side in sides)
    still = (~(moved.values.astype(bool) & moved.known)) & ~(before.known & after.known)
    first, second = (
        Column(np.where(still, 0, each.values).astype(each.values.dtype), each.known | still)
        for each in (before, after)
    )
    return first, second


def _nothing(length: int) -> Pair:
    """No money on either side."""
    column = Column(np.zeros(length, dtype=np.int64), np.ones(length, dtype=bool))
    return column, column


def _unmoved(frame: Frame) -> Paired:
    """A frame that the reform does not reach, to be written into."""
    marks = [np.zeros(frame.households, dtype=bool) for _ in range(4)]
    money = [
        Column(np.zeros(frame.households, dtype=np.int64), np.ones(frame.households, dtype=bool)) for _ in range(2)
    ]
    classes = np.full(frame.households, SAME, dtype=np.int8)
    return Paired(frame, classes, marks[0], marks[1], (marks[2], marks[3]), (money[0], money[1]), {})


def _put(whole: Paired, part: Paired, rows: Array) -> None:
    """Write a part's households into their places."""
    for mine, theirs in (
        (whole.classes, part.classes),
        (whole.newly, part.newly),
        (whole.exits, part.exits),
        *zip(whole.untold, part.untold, strict=True),
        *((mine.values, theirs.values) for mine, theirs in zip(whole.amounts, part.amounts, strict=True)),
        *((mine.known, theirs.known) for mine, theirs in zip(whole.amounts, part.amounts, strict=True)),
    ):
        mine[rows] = theirs
    for key, line in part.benefits.items():
        whole.benefits[key] = _added(whole.benefits.get(key, {}), line)


def _judged(book: Book, frame: Frame, sides: tuple[Frame, ...], benefits: Sequence[Benefit]) -> Paired:
    """Households that a reform reaches alike, by the outcomes it reaches."""
    pairs = [_pair(book, frame, benefit, sides) for benefit in benefits]
    if not pairs:
        return _unmoved(frame)
    money = [(pair.entity, pair.amount) for pair in pairs if pair.amount is not None]
    judged = [pair for pair in pairs if pair.amount is not None] or pairs
    amounts = _sided(_sum, money, lambda *each: _of_household(frame, *each)) if money else None
    deciding = amounts or _sided(
        _either, [(pair.entity, pair.eligible) for pair in judged], lambda *each: _any_member(frame, *each)
    )
    comes, goes = (
        np.logical_or.reduce([_some_member(frame, pair.entity, _moves(pair.eligible)[way]) for pair in judged])
        for way in (0, 1)
    )
    classes = _classes(deciding)
    if not money:
        classes = np.where(classes == UNTOLD, UNTOLD, np.select([comes & ~goes, goes & ~comes], [GAIN, LOSE], SAME))
    return Paired(
        frame,
        classes.astype(np.int8),
        comes & (~goes | (classes == GAIN)),
        goes & (~comes | (classes == LOSE)),
        _untold(deciding),
        amounts or _nothing(frame.households),
        {pair.benefit.key: pair.tally() for pair in pairs},
    )


def _some_member(frame: Frame, entity: Entity, mask: Array) -> Array:
    return mask if entity is Entity.HOUSEHOLD else _grouped(frame, mask, np.logical_or)


def _sided(
    join: Callable[[list[Column]], Column],
    pairs: Sequence[tuple[Entity, Pair]],
    to_household: Callable[[Entity, Column], Column],
) -> Pair:
    """Several outcomes as one column of households, before and after."""
    before, after = (join([to_household(entity, pair[side]) for entity, pair in pairs]) for side in (0, 1))
    return before, after


def _any_member(frame: Frame, entity: Entity, column: Column) -> Column:
    """Whether somebody in the household is: one known yes decides, else an unknown leaves it open."""
    if entity is Entity.HOUSEHOLD:
        return column
    found = _grouped(frame, column.values & column.known, np.logical_or)
    open_ = _grouped(frame, ~column.known, np.logical_or)
    return Column(found, found | ~open_)


def _of_household(frame: Frame, entity: Entity, column: Column) -> Column:
    """What a household gets: its own amount, or its members' together."""
    if entity is Entity.HOUSEHOLD:
        return column
    known = ~_grouped(frame, ~column.known, np.logical_or)
    values = np.where(column.known, column.values, 0)
    largest = max(-int(values.min()), int(values.max())) if len(values) else 0
    if largest * int(frame.sizes.max(initial=0)) > GREATEST:
        exact = _grouped(frame, values.astype(object), np.add)
        fits = np.array([LEAST <= int(each) <= GREATEST for each in exact], dtype=bool)
        return Column(np.where(fits & known, exact, 0).astype(np.int64), known & fits)
    return Column(np.where(known, _grouped(frame, values, np.add), 0), known)


def _grouped(frame: Frame, rows: Array, reduce: Any) -> Array:
    inhabited = frame.sizes > 0
    found = np.zeros(frame.households, dtype=rows.dtype)
    if inhabited.any():
        found[inhabited] = reduce.reduceat(rows, frame.offsets[:-1][inhabited])
    return found


def _sum(columns: list[Column]) -> Column:
    """Columns added up; a sum outside 64 bits cannot be told."""
    known = np.logical_and.reduce([each.known for each in columns])
    largest = max(
        (max(-int(each.values.min()), int(each.values.max())) for each in columns if len(each.values)), default=0
    )
    if largest * len(columns) <= GREATEST:
        return Column(np.where(known, np.add.reduce([each.values for each in columns]), 0), known)
    exact = np.add.reduce([each.values.astype(object) for each in columns])
    fits = np.array([LEAST <= int(each) <= GREATEST for each in exact], dtype=bool)
    return Column(np.where(known & fits, exact, 0).astype(np.int64), known & fits)


def _either(columns: list[Column]) -> Column:
    yes = np.logical_or.reduce([each.values & each.known for each in columns])
    return Column(yes, yes | np.logical_and.reduce([each.known for each in columns]))


def _moves(eligible: Pair) -> tuple[Array, Array]:
    """Who comes in and who goes out, where both sides can be told."""
    before, after = eligible
    told = before.known & after.known
    return told & ~before.values & after.values, told & before.values & ~after.values


def _untold(pair: Pair) -> tuple[Array, Array]:
    return ~pair[0].known, ~pair[1].known


def _classes(pair: Pair) -> Array:
    before, after = pair
    less, more = before.values < after.values, before.values > after.values
    return np.select([~(before.known & after.known), less, more], [UNTOLD, GAIN, LOSE], SAME).astype(np.int8)


def _money(amounts: Pair) -> tuple[Array, Array]:
    """Both sides' 分, 0 where either cannot be told: only pairs are compared."""
    told = amounts[0].known & amounts[1].known
    return np.where(told, amounts[0].values, 0), np.where(told, amounts[1].values, 0)


def _row(
    classes: Array, newly: Array, exits: Array, untold: tuple[Array, Array], money: tuple[Array, Array] | None
) -> Row:
    counts = np.bincount(classes, minlength=len(CLASSES))
    row = {"all": len(classes)} | {name: int(count) for name, count in zip(CLASSES, counts, strict=True)}
    moved = (untold[0], untold[1], newly, exits)
    row |= {name: int(np.count_nonzero(mask)) for name, mask in zip(SIZES, moved, strict=True)}
    if money is not None:
        row |= {"before": exact_sum(money[0]), "after": exact_sum(money[1])}
    return row


def exact_sum(values: Array) -> int:
    """The sum as a Python integer, whatever its size."""
    if not len(values):
        return 0
    if max(-int(values.min()), int(values.max())) * len(values) <= GREATEST:
        return int(values.sum())
    return sum(int(each) for each in values)


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> Row:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}

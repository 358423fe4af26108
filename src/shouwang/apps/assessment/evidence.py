"""Why a rule holds, as plain integers: what it named, what those names rest on, and which members it rests on.

Stored: ``values`` name → integer or null, ``parameters`` item → integer, ``members`` a list of person_id and values.
Labels, units and articles are added when it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shouwang.engine.book import Book
from shouwang.engine.frame import Column, Frame
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Aggregate, Definition, Entity, Rule

MOST_MEMBERS = 12


@dataclass(frozen=True, slots=True)
class Named:
    """What evidence of a rule names: of its subject, of members (where → their names), of the division."""

    own: tuple[str, ...]
    members: dict[str, tuple[str, ...]]
    parameters: tuple[str, ...]


def named_by(book: Book, rule: Definition, by_name: dict[str, Definition]) -> Named:
    """Return a rule's arguments and, for those that are rules, their arguments, sorted by whom they belong to."""
    own: dict[str, None] = {}
    members: dict[str, tuple[str, ...]] = {}
    parameters: dict[str, None] = {}

    def note(name: str) -> None:
        if name in book.parameter_specs:
            parameters[name] = None
        elif rule.entity is Entity.PERSON or book.entity_of(name) is Entity.HOUSEHOLD:
            own[name] = None

    for name in rule.arguments:
        note(name)
        below = by_name.get(name)
        if isinstance(below, Aggregate):
            _note_members(book, below, by_name, members, parameters)
        elif below is not None:
            for each in below.arguments:
                note(each)
                deeper = by_name.get(each)
                if isinstance(deeper, Aggregate):
                    _note_members(book, deeper, by_name, members, parameters)
    return Named(tuple(own), members, tuple(parameters))


def _note_members(
    book: Book,
    aggregate: Aggregate,
    by_name: dict[str, Definition],
    members: dict[str, tuple[str, ...]],
    parameters: dict[str, None],
) -> None:
    if aggregate.where is None or aggregate.kind != "any_of":
        return
    below = by_name.get(aggregate.where)
    names = below.arguments if below is not None else (aggregate.where,)
    parameters.update(dict.fromkeys(name for name in names if name in book.parameter_specs))
    members[aggregate.where] = tuple(name for name in names if book.entity_of(name) is Entity.PERSON)


def targets_for(book: Book, rules: list[Rule], by_name: dict[str, Definition]) -> list[str]:
    """Return every rule that must be computed so that the evidence can be read off."""
    wanted: dict[str, None] = {}
    for rule in rules:
        named = named_by(book, rule, by_name)
        inside = [name for where, names in named.members.items() for name in (where, *names)]
        wanted.update(dict.fromkeys([rule.name, *named.own, *inside]))
    return [name for name in wanted if name in by_name]


@dataclass(slots=True)
class Evidence:
    """Reads evidence off the frame a run judged."""

    book: Book
    facts: Frame
    results: Frame
    person_ids: NDArray[np.int64]
    parameters: ParameterTable
    as_of: date

    def of(self, rule: Rule, named: Named, row: int) -> dict[str, Any]:
        """Return the evidence of a signal at a row of persons or of households."""
        facts = self.facts
        own = rule.entity is Entity.PERSON
        household = int(np.searchsorted(facts.offsets, row, side="right")) - 1 if own else row
        values = {name: self._value(name, row, household) for name in named.own}
        area_code = str(facts.area_codes[household])
        found: dict[str, Any] = {"values": values, "parameters": self._parameters(named, area_code)}
        members = [] if own else self._members(named, household)
        return found | ({"members": members} if members else {})

    def _value(self, name: str, row: int, household: int) -> int | None:
        own = self.book.entity_of(name) is Entity.PERSON
        column = self._column(name, own)
        value = None if column is None else column.at(row if own else household)
        return None if value is None else int(value)

    def _column(self, name: str, own: bool) -> Column | None:
        for frame in (self.results, self.facts):
            columns = frame.person if own else frame.household
            if name in columns:
                return columns[name]
        return None

    def _parameters(self, named: Named, area_code: str) -> dict[str, int]:
        found = {name: self.parameters.lookup(name, area_code, self.as_of) for name in named.parameters}
        return {name: each.value for name, each in found.items() if each is not None}

    def _members(self, named: Named, household: int) -> list[dict[str, Any]]:
        members = []
        for row in range(int(self.facts.offsets[household]), int(self.facts.offsets[household + 1])):
            meant = [where for where in named.members if self._value(where, row, household)]
            if meant:
                names = dict.fromkeys(name for where in meant for name in (where, *named.members[where]))
                values = {name: self._value(name, row, household) for name in names}
                members.append({"person_id": int(self.person_ids[row]), "values": values})
        return members[:MOST_MEMBERS]

"""Many households at once: columns with a mask of what is known, and persons sorted by household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shouwang.engine.book import Book
from shouwang.engine.call import Case
from shouwang.engine.meaning import Value, within
from shouwang.engine.rule import Entity

Array = NDArray[Any]

OPEN = np.int32(2**31 - 1)
UNKNOWN_DAY = np.int32(-(2**31))


@dataclass(frozen=True, slots=True)
class Column:
    """``values`` int64 or bool, ``known`` bool, both (n,). Where a value is unknown ``values`` holds 0 or False."""

    values: Array
    known: Array

    def at(self, row: int) -> Value:
        """The value of one row, None if unknown."""
        if not self.known[row]:
            return None
        value: int | bool = self.values[row].item()
        return value

    def take(self, rows: Array) -> Column:
        """The column of the rows at these positions."""
        return Column(self.values[rows], self.known[rows])


@dataclass(slots=True)
class Frame:
    """``area_codes`` (households,) 12-digit text; the members of household i are rows ``offsets[i]`` to ``offsets[i+1]``."""

    area_codes: Array
    offsets: Array
    household: dict[str, Column] = field(default_factory=dict)
    person: dict[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = np.diff(self.offsets)
        if len(self.offsets) != len(self.area_codes) + 1 or self.offsets[0] != 0 or (sizes < 0).any():
            raise ValueError("offsets must start at 0, never fall, and be one more than the households")
        for columns, length in ((self.household, self.households), (self.person, self.persons)):
            for name, column in columns.items():
                if len(column.values) != length or len(column.known) != length:
                    raise ValueError(f"column {name} has {len(column.values)} rows, not {length}")

    @property
    def households(self) -> int:
        """How many households."""
        return len(self.area_codes)

    @property
    def persons(self) -> int:
        """How many persons."""
        return int(self.offsets[-1])

    @property
    def sizes(self) -> Array:
        """Members per household."""
        return np.diff(self.offsets)

    @property
    def household_of(self) -> Array:
        """Per person, the row of the household."""
        return np.repeat(np.arange(self.households), self.sizes)

    def case(self, household: int) -> Case:
        """One household as a Case, ready for ``evaluate`` and ``explain``."""
        members = range(int(self.offsets[household]), int(self.offsets[household + 1]))
        return Case(
            area_code=str(self.area_codes[household]),
            household={name: column.at(household) for name, column in self.household.items()},
            members=[{name: column.at(row) for name, column in self.person.items()} for row in members],
        )

    def members_of(self, households: Array) -> Array:
        """The person rows of these households, in their order."""
        sizes = self.sizes[households]
        starts = np.repeat(self.offsets[:-1][households] - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
        return starts + np.arange(int(sizes.sum()))

    def take(self, households: Array) -> Frame:
        """The whole households at these rows."""
        members = self.members_of(households)
        return Frame(
            self.area_codes[households],
            np.concatenate(([0], np.cumsum(self.sizes[households]))),
            {name: column.take(households) for name, column in self.household.items()},
            {name: column.take(members) for name, column in self.person.items()},
        )


def column_of(values: Sequence[Value], truth: bool) -> Column:
    """A column from single values: unknown where None, or outside 64 bits."""
    known = np.array([value is not None and within(value) is not None for value in values], dtype=bool)
    filled = [value if sure else 0 for value, sure in zip(values, known, strict=True)]
    return Column(np.array(filled, dtype=bool if truth else np.int64), known)


def frame_of(book: Book, cases: Sequence[Case]) -> Frame:
    """A frame of the cases, in their order, with every input of the book that some case gives."""
    offsets = np.concatenate(([0], np.cumsum([len(case.members) for case in cases], dtype=np.int64)))
    frame = Frame(np.array([case.area_code for case in cases], dtype="<U12"), offsets.astype(np.int64))
    members = [member for case in cases for member in case.members]
    for name, spec in book.inputs.items():
        rows: Sequence[Mapping[str, Value]]
        rows, columns = (
            (members, frame.person)
            if spec.entity is Entity.PERSON
            else ([case.household for case in cases], frame.household)
        )
        if any(name in row for row in rows):
            columns[name] = column_of([row.get(name) for row in rows], spec.unit == "bool")
    return frame


@dataclass(frozen=True, slots=True)
class FactColumns:
    """Facts of persons, or of households: one row each.

    ``subject`` int64 row of the person or household · ``item`` integer index into ``items`` · ``value`` int64 ·
    ``true_from``, ``true_to`` int32 day numbers, ``true_to`` excluded and ``OPEN`` when open.
    """

    items: Sequence[str]
    subject: Array
    item: Array
    value: Array
    true_from: Array
    true_to: Array

    @classmethod
    def none(cls) -> FactColumns:
        """No facts at all."""
        empty = np.empty(0, dtype=np.int64)
        return cls((), empty, empty, empty, empty.astype(np.int32), empty.astype(np.int32))


@dataclass(frozen=True, slots=True)
class People:
    """Who is judged: persons sorted by household, and where each household lives.

    Per person: ``birth_day`` int32 day number (``UNKNOWN_DAY``), ``sex`` 1 男 2 女 (0 unknown), ``relation`` GB/T 4761
    code (0 unknown), ``household_index`` never falling. Per household: ``area_codes`` 12-digit text.
    """

    area_codes: Array
    household_index: Array
    birth_day: Array
    sex: Array
    relation: Array

    def offsets(self) -> Array:
        """Where each household's members begin, (households + 1,). Raises ValueError if persons are not sorted."""
        index = self.household_index
        if len(index) and ((np.diff(index) < 0).any() or index[0] < 0 or index[-1] >= len(self.area_codes)):
            raise ValueError("persons must be sorted by household and every household must be listed")
        sizes = np.bincount(index, minlength=len(self.area_codes))
        return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))

"""Folded inputs of many households in few bytes: the stored form of a state, and how it is read on a day.

One integer column per input, of the narrowest kind that holds it. Two values of each kind stand for what is not known:
``untold`` (two sources contradict each other) and ``nothing`` (no fact counts: 0 where the input says so and its feed was
delivered there, else unknown). What only the passing of days changes is stored as its day, so that a day later the same
bytes are read with another ``as_of``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np

from shouwang.engine.base_columns import base_column
from shouwang.engine.book import Book
from shouwang.engine.frame import UNKNOWN_DAY, Array, Column, Frame, People
from shouwang.engine.inputs import InputSpec
from shouwang.engine.rule import Entity
from shouwang.lib.dates import day_number

KINDS: tuple[type[np.signedinteger[Any]], ...] = (np.int8, np.int16, np.int32, np.int64)
NARROWEST: dict[str, type[np.signedinteger[Any]]] = {
    "bool": np.int8,
    "code": np.int16,
    "fen": np.int32,
    "date": np.int32,
    "days": np.int32,
}
"""The kind a unit's columns have at least, so that a state's kinds seldom change; other units: int16."""

BIRTH_DAY, SEX, RELATION = "birth_day", "sex", "relation"
BASE_COLUMNS = {"birth_date": BIRTH_DAY, "sex": SEX, "relation": RELATION}

Covered = Callable[[str], Collection[str]]
"""Division code → the feeds whose silence speaks there on the day."""


class Form(StrEnum):
    """What a stored number means on a day."""

    VALUE = "value"
    """The input itself."""
    SINCE = "since"
    """A day; the input is ``as_of`` minus it."""
    UNTIL = "until"
    """A day; the input is it minus ``as_of``."""
    BIRTH = "birth"
    """A birth day; the input is the age in full years, the days since the last birthday, or the day (``spec.fold``)."""
    ALONE = "alone"
    """Nothing is stored: whether the household has one member."""


def form_of(spec: InputSpec) -> Form:
    """How an input is stored."""
    if spec.base == "household":
        return Form.ALONE
    if spec.base == "birth_date":
        return Form.BIRTH
    if spec.fold in {"days_since", "days_since_nonzero"}:
        return Form.SINCE
    return Form.UNTIL if spec.fold == "days_until" else Form.VALUE


def stored_name(spec: InputSpec) -> str:
    """The column an input is read from: its own, or the register's for birth, sex and relation."""
    return BASE_COLUMNS.get(spec.base or "", spec.name)


def untold(kind: Any) -> int:
    """The value that stands for "sources contradict each other"."""
    return int(np.iinfo(kind).min)


def nothing(kind: Any) -> int:
    """The value that stands for "no fact counts"."""
    return int(np.iinfo(kind).min) + 1


def on_day(spec: InputSpec, stored: Array, as_of: date) -> tuple[Array, Array | bool]:
    """Stored numbers (int64) as the input they are on a day, and which of them do not leave 64 bits (True: none may)."""
    form, day = form_of(spec), np.int64(day_number(as_of))
    if form is Form.SINCE:
        since: Array = day - stored
        return since, ((day ^ stored) & (day ^ since)) >= 0
    if form is Form.UNTIL:
        until: Array = stored - day
        return until, ((stored ^ day) & (stored ^ until)) >= 0
    return stored, True


@dataclass(slots=True)
class Segment:
    """Whole households of a state, sorted by division and household.

    ``areas`` 12-digit codes · per household: ``area`` int32 place in ``areas``, ``household_ids`` int64 lasting numbers;
    the members of household i are rows ``offsets[i]`` to ``offsets[i+1]`` · per person: ``person_ids`` int64 lasting
    numbers · ``person`` and ``household``: stored columns by ``stored_name`` (absent column: no fact counts for anybody).
    """

    areas: Sequence[str]
    area: Array
    offsets: Array
    household_ids: Array
    person_ids: Array
    person: dict[str, Array] = field(default_factory=dict)
    household: dict[str, Array] = field(default_factory=dict)

    @property
    def households(self) -> int:
        """How many households."""
        return len(self.household_ids)

    @property
    def persons(self) -> int:
        """How many persons."""
        return len(self.person_ids)

    def part(self, first: int, after: int) -> Segment:
        """The households at rows ``first`` to ``after``: views, no copies but of the offsets."""
        begin, end = int(self.offsets[first]), int(self.offsets[after])
        return Segment(
            self.areas,
            self.area[first:after],
            self.offsets[first : after + 1] - begin,
            self.household_ids[first:after],
            self.person_ids[begin:end],
            {name: column[begin:end] for name, column in self.person.items()},
            {name: column[first:after] for name, column in self.household.items()},
        )

    def take(self, households: Array) -> Segment:
        """The households at these rows, copied, in this order."""
        sizes = np.diff(self.offsets)[households]
        offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))
        members = np.repeat(self.offsets[:-1][households] - offsets[:-1], sizes) + np.arange(int(offsets[-1]))
        return Segment(
            self.areas,
            self.area[households],
            offsets,
            self.household_ids[households],
            self.person_ids[members],
            {name: column[members] for name, column in self.person.items()},
            {name: column[households] for name, column in self.household.items()},
        )


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Truth-valued rules judged for whole households: bit i of a word speaks of ``targets[i]``.

    ``person_holds``, ``person_untold`` (persons,) and ``household_holds``, ``household_untold`` (households,) uint64. The
    bits of a person's rule stand in the person words only, those of a household's in the household words. No bit is set
    in both words of a row; a target not in force in a division is untold there.
    """

    targets: tuple[str, ...]
    person_holds: Array
    person_untold: Array
    household_holds: Array
    household_untold: Array


def unpack(segment: Segment, book: Book, names: Collection[str], as_of: date, covered: Covered) -> Frame:
    """Read a segment on a day as a frame of inputs: the plain reading that every faster one must equal."""
    codes = np.array(segment.areas, dtype="<U12")[segment.area]
    frame = Frame(codes, segment.offsets)
    people = _people(segment)
    speaks: dict[str, Array] = {}
    for name in names:
        spec = book.inputs[name]
        own = spec.entity is Entity.PERSON
        length = segment.persons if own else segment.households
        if spec.base is not None:
            column = base_column(spec, people, frame, as_of)
        else:
            feed = book.items[spec.item or ""].feed
            if feed not in speaks:
                speaks[feed] = np.array([feed in covered(code) for code in segment.areas], dtype=bool)[segment.area]
            silent = speaks[feed][frame.household_of] if own else speaks[feed]
            stored = (segment.person if own else segment.household).get(stored_name(spec))
            column = _read(spec, stored, length, silent, as_of)
        (frame.person if own else frame.household)[name] = column
    return frame


def _people(segment: Segment) -> People:
    def stored(name: str) -> Array:
        column = segment.person.get(name)
        return np.full(segment.persons, nothing(np.int32), np.int32) if column is None else column

    birth, sex, relation = stored(BIRTH_DAY), stored(SEX), stored(RELATION)
    return People(
        area_codes=np.array(segment.areas, dtype="<U12")[segment.area],
        household_index=np.repeat(np.arange(segment.households), np.diff(segment.offsets)),
        birth_day=np.where(birth > nothing(birth.dtype), birth, UNKNOWN_DAY).astype(np.int32),
        sex=np.where(sex > nothing(sex.dtype), sex, 0).astype(np.int64),
        relation=np.where(relation > nothing(relation.dtype), relation, 0).astype(np.int64),
    )


def _read(spec: InputSpec, stored: Array | None, length: int, silent: Array, as_of: date) -> Column:
    if stored is None:
        stored = np.full(length, nothing(np.int8), np.int8)
    known = stored > nothing(stored.dtype)
    numbers, fits = on_day(spec, np.where(known, stored, 0).astype(np.int64), as_of)
    known = known & fits
    numbers = np.where(known, numbers, 0)
    if spec.absent == "zero":
        known = known | ((stored == nothing(stored.dtype)) & silent)
    return Column(numbers != 0 if spec.unit == "bool" else numbers, known)


def columns_needed(book: Book, names: Collection[str]) -> Mapping[Entity, set[str]]:
    """The stored columns that these inputs are read from."""
    found: dict[Entity, set[str]] = {Entity.PERSON: set(), Entity.HOUSEHOLD: set()}
    for name in names:
        spec = book.inputs[name]
        if form_of(spec) is not Form.ALONE and spec.entity is not None:
            found[spec.entity].add(stored_name(spec))
    return found

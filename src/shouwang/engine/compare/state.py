"""Facts of many persons folded into the inputs of a day, as columns. One household: ``household.py``, the same meaning."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from shouwang.engine.backends import arrays
from shouwang.engine.base_columns import base_column
from shouwang.engine.book import Book
from shouwang.engine.compare.periods import calendar_year_start, last_full_months, school_year_start
from shouwang.engine.frame import Array, Column, FactColumns, Frame, People
from shouwang.engine.inputs import InputSpec, ItemSpec
from shouwang.engine.packed import on_day
from shouwang.engine.rule import Entity
from shouwang.engine.tree import GREATEST
from shouwang.lib.dates import day_number


def fold_facts(
    book: Book,
    people: People,
    person_facts: FactColumns,
    household_facts: FactColumns,
    as_of: date,
    *,
    covered_feeds: Collection[str],
    names: Collection[str] | None = None,
) -> Frame:
    """Every input of the book (or only ``names``) as of a day.

    Facts that begin after ``as_of`` are not yet true and count for nothing. Where a subject has no fact, an input with
    ``absent: zero`` is 0 if the feed of its item is in ``covered_feeds``, else unknown. Two values for one day: unknown.
    """
    frame = Frame(people.area_codes, people.offsets())
    wanted = [spec for name, spec in book.inputs.items() if names is None or name in names]
    for entity, facts, columns, length in (
        (Entity.PERSON, person_facts, frame.person, frame.persons),
        (Entity.HOUSEHOLD, household_facts, frame.household, frame.households),
    ):
        histories = _histories(facts)
        nothing = History.none()
        for spec in wanted:
            if spec.entity is not entity:
                continue
            if spec.item is None:
                columns[spec.name] = base_column(spec, people, frame, as_of)
                continue
            item = book.items[spec.item]
            zero = spec.absent == "zero" and item.feed in covered_feeds
            columns[spec.name] = _fold(spec, item, histories.get(item.name, nothing), as_of, length=length, zero=zero)
    return frame


@dataclass(frozen=True, slots=True)
class Span:
    """Which facts of an item a fold looks at on a day (``backends.arrays``: which, day, low, high)."""

    which: int
    day: int
    low: int = 0
    high: int = 0

    def counts(self, start: Array, end: Array) -> Array:
        """Per fact, whether it is looked at."""
        seen: Array = start <= self.day
        if self.which == arrays.IN_FORCE:
            return seen & (end > self.day)
        if self.which == arrays.WITHIN:
            return seen & (start >= self.low) & (start < self.high)
        return seen & (start < self.high) & (end > self.low) if self.which == arrays.OVERLAPPING else seen


def span_of(spec: InputSpec, item: ItemSpec, as_of: date) -> Span:
    """What an input's fold looks at on a day."""
    day = day_number(as_of)
    match spec.fold:
        case "first_day" | "last_day" | "days_since_nonzero" | "sum_nonzero_day":
            return Span(arrays.ALL, day)
        case "sum_calendar_year":
            return Span(arrays.WITHIN, day, day_number(calendar_year_start(as_of)), day + 1)
        case "sum_school_year":
            return Span(arrays.WITHIN, day, day_number(school_year_start(as_of)), day + 1)
        case "sum_days":
            return Span(arrays.WITHIN, day, day_number(as_of - timedelta(days=spec.window)) + 1, day + 1)
        case "sum_last_month" | "count_last_months" | "distinct_values_last_month":
            first, after = (day_number(each) for each in last_full_months(as_of, spec.window or 1))
            over = spec.fold == "distinct_values_last_month" and item.kind == "state"
            return Span(arrays.OVERLAPPING if over else arrays.WITHIN, day, first, after)
    return Span(arrays.IN_FORCE if item.kind == "state" else arrays.ALL, day)


@dataclass(frozen=True, slots=True)
class History:
    """One item's facts, sorted by subject and start: ``value`` int64, the rest int32."""

    subject: Array
    value: Array
    start: Array
    end: Array

    @classmethod
    def none(cls) -> History:
        """No facts."""
        empty = np.empty(0, dtype=np.int32)
        return cls(empty, empty.astype(np.int64), empty, empty)

    def only(self, mask: Array) -> History:
        """The facts of a mask."""
        return self if mask.all() else History(self.subject[mask], self.value[mask], self.start[mask], self.end[mask])

    def firsts(self) -> Array:
        """The rows at which a new subject begins."""
        return np.flatnonzero(np.concatenate(([True], self.subject[1:] != self.subject[:-1]))[: len(self.subject)])

    def lasts(self) -> Array:
        """Each subject's last row."""
        return np.append(self.firsts()[1:], len(self.subject))[: len(self.firsts())] - 1

    def contradicted(self, lasts: Array) -> Array:
        """Per subject, whether rows that begin with the last one give another value."""
        same = (self.subject[1:] == self.subject[:-1]) & (self.start[1:] == self.start[:-1])
        differs = same & (self.value[1:] != self.value[:-1])
        found = np.zeros(len(lasts), dtype=bool)
        rows = np.flatnonzero(differs)
        whose = np.searchsorted(lasts, rows)
        found[whose[self.start[lasts[whose]] == self.start[rows]]] = True
        return found


def _histories(facts: FactColumns) -> dict[str, History]:
    """Facts by item."""
    codes = facts.item.astype(np.int16)
    key = (facts.subject.astype(np.int64) << 32) + (facts.true_from.astype(np.int64) + 2**31)
    order = np.argsort(key, kind="stable")
    order = order[np.argsort(codes[order], kind="stable")]
    bounds = np.searchsorted(codes[order], np.arange(len(facts.items) + 1))
    found = {}
    for position, item in enumerate(facts.items):
        part = order[bounds[position] : bounds[position + 1]]
        if len(part):
            found[item] = History(
                facts.subject[part].astype(np.int32),
                facts.value[part].astype(np.int64),
                facts.true_from[part].astype(np.int32),
                facts.true_to[part].astype(np.int32),
            )
    return found


def _fold(spec: InputSpec, item: ItemSpec, history: History, as_of: date, *, length: int, zero: bool) -> Column:
    """One input's column: ``zero`` fills whoever has no fact that counts."""
    if not len(history.subject):
        return Column(
            np.zeros(length, dtype=bool if spec.unit == "bool" else np.int64), np.full(length, zero, dtype=bool)
        )
    values, known = np.zeros(length, dtype=np.int64), np.full(length, zero, dtype=bool)
    who, stored, sure = fold_history(spec, item, history, as_of)
    numbers, fits = on_day(spec, stored, as_of)
    sure = sure & fits
    values[who] = np.where(sure, numbers, 0)
    known[who] = sure
    return Column(values != 0 if spec.unit == "bool" else values, known)


def fold_history(
    spec: InputSpec, item: ItemSpec, history: History, as_of: date, *, compiled: bool = False
) -> tuple[Array, Array, Array]:
    """Fold one item's facts: the subjects with a fact that counts, what theirs come to, which can be told.

    What they come to is as it is stored (int64; ``packed.on_day`` reads it). ``compiled``: by the compiled loop where numba
    is installed, which gives the same.
    """
    if compiled:
        span = span_of(spec, item, as_of)
        facts = (history.subject, history.value, history.start, history.end)
        found = arrays.fold(spec.fold, *facts, which=span.which, day=span.day, low=span.low, high=span.high)
        if found is not None:
            return found
    counted = _counted(spec, item, history, as_of)
    if not len(counted.subject):
        nobody = np.empty(0, dtype=np.int64)
        return nobody, nobody, nobody.astype(bool)
    firsts, lasts = counted.firsts(), counted.lasts()
    amounts, sure = _amounts(spec.fold, counted, firsts, lasts)
    return counted.subject[firsts], amounts.astype(np.int64), sure


def _counted(spec: InputSpec, item: ItemSpec, history: History, as_of: date) -> History:
    """The facts a fold looks at."""
    found = history.only(span_of(spec, item, as_of).counts(history.start, history.end))
    match spec.fold:
        case "days_since_nonzero" | "sum_nonzero_day":
            return _last_day(found.only(found.value != 0))
        case "previous":
            return _before(history, found)
        case "distinct_values_last_month":
            return _by_value(found)
    return found


def _last_day(history: History) -> History:
    """The rows of each subject's last day."""
    if not len(history.subject):
        return history
    firsts, lasts = history.firsts(), history.lasts()
    return history.only(history.start == np.repeat(history.start[lasts], lasts - firsts + 1))


def _before(history: History, current: History) -> History:
    """The states that began before each subject's current one."""
    if not len(current.subject):
        return History.none()
    began = np.full(int(history.subject[-1]) + 1, np.iinfo(np.int64).min, dtype=np.int64)
    began[current.subject[current.firsts()]] = current.start[current.lasts()]
    return history.only(history.start < began[history.subject])


def _by_value(history: History) -> History:
    order = np.lexsort((history.value, history.subject))
    return History(history.subject[order], history.value[order], history.start[order], history.end[order])


def _amounts(fold: str, counted: History, firsts: Array, lasts: Array) -> tuple[Array, Array]:
    """What each subject's facts come to, and whether it can be told."""
    sure = np.ones(len(firsts), dtype=bool)
    match fold:
        case "latest" | "previous" | "days_until":
            return counted.value[lasts], ~counted.contradicted(lasts)
        case "latest_day" | "last_day" | "days_since" | "days_since_nonzero":
            return counted.start[lasts], sure
        case "first_day":
            return counted.start[firsts], sure
        case "any":
            return np.logical_or.reduceat(counted.value != 0, firsts).astype(np.int64), sure
        case "count_active":
            return lasts - firsts + 1, sure
        case "count_last_months":
            months = counted.start.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
            return _changes(months, firsts), sure
        case "distinct_values_last_month":
            return _changes(counted.value, firsts), sure
    return _sums(counted.value, firsts, int((lasts - firsts).max()) + 1)


def _changes(sorted_values: Array, firsts: Array) -> Array:
    """How many different values each subject has; its rows are sorted by them."""
    fresh = np.concatenate(([True], sorted_values[1:] != sorted_values[:-1]))
    fresh[firsts] = True
    return np.add.reduceat(fresh.astype(np.int64), firsts)


def _sums(values: Array, firsts: Array, longest: int) -> tuple[Array, Array]:
    """Each subject's sum; one that does not fit in 64 bits cannot be told."""
    if max(-int(values.min()), int(values.max())) * longest <= GREATEST:
        return np.add.reduceat(values, firsts), np.ones(len(firsts), dtype=bool)
    exact = np.add.reduceat(values.astype(object), firsts)
    fits = np.array([abs(int(each)) <= GREATEST for each in exact], dtype=bool)
    return np.where(fits, exact, 0).astype(np.int64), fits

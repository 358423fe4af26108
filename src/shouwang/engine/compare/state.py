"""Facts of many persons folded into the inputs of a day. One implementation, for a county and for one household."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from shouwang.engine.base_columns import base_column
from shouwang.engine.book import Book
from shouwang.engine.call import Case
from shouwang.engine.compare.periods import calendar_year_start, last_full_months, school_year_start
from shouwang.engine.frame import OPEN, UNKNOWN_DAY, Array, Column, FactColumns, Frame, People
from shouwang.engine.inputs import InputSpec, ItemSpec
from shouwang.engine.rule import Entity
from shouwang.engine.tree import GREATEST
from shouwang.lib.dates import day_number


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a single household."""

    birth_date: date | None = None
    sex: int = 0
    relation: int = 0


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact of a single household: of the member at ``person``, or of the household (None)."""

    item: str
    value: int
    true_from: date
    true_to: date | None = None
    person: int | None = None


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
    day = day_number(as_of)
    wanted = [spec for name, spec in book.inputs.items() if names is None or name in names]
    for entity, facts, columns, length in (
        (Entity.PERSON, person_facts, frame.person, frame.persons),
        (Entity.HOUSEHOLD, household_facts, frame.household, frame.households),
    ):
        histories = _histories(facts, day)
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


def case_from_facts(
    book: Book,
    area_code: str,
    members: Sequence[Member],
    facts: Iterable[FactRow],
    as_of: date,
    *,
    covered_feeds: Collection[str],
) -> Case:
    """One household's facts as a Case, through the same fold as a whole county."""
    rows = list(facts)
    birth_days = [UNKNOWN_DAY if each.birth_date is None else day_number(each.birth_date) for each in members]
    people = People(
        area_codes=np.array([area_code], dtype="<U12"),
        household_index=np.zeros(len(members), dtype=np.int64),
        birth_day=np.array(birth_days, dtype=np.int32),
        sex=np.array([each.sex for each in members], dtype=np.int64),
        relation=np.array([each.relation for each in members], dtype=np.int64),
    )
    own = _columns([row for row in rows if row.person is not None])
    shared = _columns([row for row in rows if row.person is None])
    return fold_facts(book, people, own, shared, as_of, covered_feeds=covered_feeds).case(0)


def _columns(rows: Sequence[FactRow]) -> FactColumns:
    items = sorted({row.item for row in rows})
    code = {item: position for position, item in enumerate(items)}
    return FactColumns(
        items=items,
        subject=np.array([row.person or 0 for row in rows], dtype=np.int64),
        item=np.array([code[row.item] for row in rows], dtype=np.int64),
        value=np.array([row.value for row in rows], dtype=np.int64),
        true_from=np.array([day_number(row.true_from) for row in rows], dtype=np.int32),
        true_to=np.array([OPEN if row.true_to is None else day_number(row.true_to) for row in rows], dtype=np.int32),
    )


@dataclass(frozen=True, slots=True)
class History:
    """One item's facts up to the day, sorted by subject and start: int64 columns."""

    subject: Array
    value: Array
    start: Array
    end: Array

    @classmethod
    def none(cls) -> History:
        """No facts."""
        empty = np.empty(0, dtype=np.int64)
        return cls(empty, empty, empty, empty)

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


def _histories(facts: FactColumns, day: int) -> dict[str, History]:
    """Facts already true on the day, by item."""
    true = facts.true_from <= day
    codes = facts.item[true].astype(np.int16)
    key = (facts.subject[true].astype(np.int64) << 32) + (facts.true_from[true].astype(np.int64) + 2**31)
    order = np.argsort(key, kind="stable")
    order = order[np.argsort(codes[order], kind="stable")]
    rows = np.flatnonzero(true)[order]
    bounds = np.searchsorted(codes[order], np.arange(len(facts.items) + 1))
    found = {}
    for position, item in enumerate(facts.items):
        part = rows[bounds[position] : bounds[position + 1]]
        if len(part):
            found[item] = History(
                facts.subject[part],
                facts.value[part].astype(np.int64),
                facts.true_from[part].astype(np.int64),
                facts.true_to[part].astype(np.int64),
            )
    return found


def _fold(spec: InputSpec, item: ItemSpec, history: History, as_of: date, *, length: int, zero: bool) -> Column:
    """One input's column: ``zero`` fills whoever has no fact that counts."""
    if not len(history.subject):
        return Column(
            np.zeros(length, dtype=bool if spec.unit == "bool" else np.int64), np.full(length, zero, dtype=bool)
        )
    values, known = np.zeros(length, dtype=np.int64), np.full(length, zero, dtype=bool)
    who, amounts, sure = fold_history(spec, item, history, as_of)
    values[who] = np.where(sure, amounts, 0)
    known[who] = sure
    return Column(values != 0 if spec.unit == "bool" else values, known)


def fold_history(spec: InputSpec, item: ItemSpec, history: History, as_of: date) -> tuple[Array, Array, Array]:
    """Fold one item's facts up to the day: the subjects with a fact that counts, what theirs come to, which can be told."""
    counted = _counted(spec, item, history, as_of)
    if not len(counted.subject):
        nobody = np.empty(0, dtype=np.int64)
        return nobody, nobody, nobody.astype(bool)
    firsts, lasts = counted.firsts(), counted.lasts()
    amounts, sure = _amounts(spec.fold, counted, firsts, lasts, day_number(as_of))
    return counted.subject[firsts], amounts, sure


def _counted(spec: InputSpec, item: ItemSpec, history: History, as_of: date) -> History:
    """The facts a fold looks at."""
    day = day_number(as_of)
    in_force = history.end > day if item.kind == "state" else np.ones(len(history.end), dtype=bool)
    match spec.fold:
        case "first_day" | "last_day":
            return history
        case "days_since_nonzero" | "sum_nonzero_day":
            return _last_day(history.only(history.value != 0))
        case "previous":
            return _before(history, history.only(in_force))
        case "sum_calendar_year":
            return history.only(history.start >= day_number(calendar_year_start(as_of)))
        case "sum_school_year":
            return history.only(history.start >= day_number(school_year_start(as_of)))
        case "sum_days":
            return history.only(history.start > day_number(as_of - timedelta(days=spec.window)))
        case "sum_last_month" | "count_last_months" | "distinct_values_last_month":
            first, after = (day_number(each) for each in last_full_months(as_of, spec.window or 1))
            starts_within = (history.start >= first) & (history.start < after)
            if spec.fold == "distinct_values_last_month" and item.kind == "state":
                return _by_value(history.only((history.start < after) & (history.end > first)))
            found = history.only(starts_within)
            return _by_value(found) if spec.fold == "distinct_values_last_month" else found
    return history.only(in_force)


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


def _amounts(fold: str, counted: History, firsts: Array, lasts: Array, day: int) -> tuple[Array, Array]:
    """What each subject's facts come to, and whether it can be told."""
    sure = np.ones(len(firsts), dtype=bool)
    match fold:
        case "latest" | "previous":
            return counted.value[lasts], ~counted.contradicted(lasts)
        case "days_until":
            return counted.value[lasts] - day, ~counted.contradicted(lasts)
        case "latest_day" | "last_day":
            return counted.start[lasts], sure
        case "first_day":
            return counted.start[firsts], sure
        case "days_since" | "days_since_nonzero":
            return day - counted.start[lasts], sure
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

"""Linked facts folded into the packed columns of a segment. The meaning of every fold is ``compare.state``'s.

A linked file is sorted by slot and day, so folding a run of slots reads one slice of it. Only those who have facts are
folded; a column is written as the rows that hold something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from shouwang.engine.backends import arrays
from shouwang.engine.book import Book
from shouwang.engine.compare import store_files
from shouwang.engine.compare.column_files import Columns, ColumnsWriter
from shouwang.engine.compare.periods import calendar_year_start, last_full_months, school_year_start
from shouwang.engine.compare.state import History, fold_history
from shouwang.engine.fingerprint import fingerprint_of
from shouwang.engine.frame import OPEN, Array
from shouwang.engine.inputs import InputSpec, ItemSpec
from shouwang.engine.packed import KINDS, NARROWEST, Form, form_of, nothing, untold
from shouwang.engine.rule import Entity
from shouwang.lib.dates import day_number


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


def folds_by_item(book: Book) -> dict[str, list[InputSpec]]:
    """Item → the inputs folded from it."""
    found: dict[str, list[InputSpec]] = {}
    for spec in book.inputs.values():
        if spec.item is not None:
            found.setdefault(spec.item, []).append(spec)
    return found


def folds_fingerprint(book: Book) -> str:
    """What the stored columns depend on besides facts and day: equal for books whose folds are the same."""
    named = [
        (spec.name, repr((spec.fold, spec.window, spec.unit, spec.item, book.items[spec.item].kind)).encode())
        for specs in folds_by_item(book).values()
        for spec in specs
        if spec.item is not None
    ]
    return fingerprint_of(sorted(named))


class Linked:
    """One linked file: ``slots`` int32 ascending, ``start`` and ``end`` int32, values by item.

    ``open_columns`` opens it whenever it is read: of thousands of files a process may not hold all open.
    """

    def __init__(self, name: str, path: Path, open_columns: Callable[[Path], Columns] = Columns) -> None:
        self.name = name
        self._path, self._open = path, open_columns
        about = self.columns.about
        self.entity = Entity(about["subject"])
        self.items: list[str] = about["items"]
        self.whole: set[str] = set(about["whole"])
        self.starts: list[int] = about["starts"]
        self.ends: list[int] = about["ends"]
        slots = self.slots
        self._first, self._last = int(slots[0]), int(slots[-1])

    @property
    def columns(self) -> Columns:
        """The file's columns."""
        return self._open(self._path)

    @property
    def slots(self) -> Array:
        """Whom each fact is about."""
        return self.columns["slots"]

    def reaches(self, runs: Runs) -> bool:
        """Whether the file may have facts of these subjects."""
        return bool(self._first <= runs.last.max() and self._last >= runs.first.min())

    def start(self) -> Array:
        """First day of each fact."""
        return self.columns["start"]

    def end(self) -> Array:
        """First day it is no longer true; OPEN where that is not known."""
        columns = self.columns
        return columns["end"] if "end" in columns else np.full(columns.length("slots"), OPEN, dtype=np.int32)

    def rows_of(self, runs: Runs) -> tuple[Array | slice, Array]:
        """The facts of the subjects of ``runs``, and for each its subject's place there (int32, ascending)."""
        slots = self.slots
        if len(runs.first) > 1:
            return arrays.rows_of_runs(slots, runs.first, runs.last, runs.place - runs.first)
        # of the same kind, or the whole file would be converted for every part
        begin = np.searchsorted(slots, runs.first.astype(slots.dtype))
        end = np.searchsorted(slots, runs.last.astype(slots.dtype), side="right")
        rows = slice(int(begin[0]), int(end[0]))
        return rows, slots[rows] + np.int32(runs.place[0] - runs.first[0])

    def facts(self, item: str, rows: Array | slice) -> tuple[Array, Array | None]:
        """What these rows say of an item (int64), and which of them say anything (ascending; None: all)."""
        stored = self.columns[f"item/{item}"][rows]
        if item not in self.whole:
            said = np.flatnonzero(stored != untold(stored.dtype))
            if len(said) < len(stored):
                return stored[said].astype(np.int64), said
        return stored.astype(np.int64), None


@dataclass(frozen=True, slots=True)
class Runs:
    """Slots in the order of their rows, as runs of neighbours: first and last slot, row of the first."""

    first: Array
    last: Array
    place: Array
    rows: int

    @classmethod
    def of(cls, slots: Array) -> Runs:
        """The runs of slots."""
        if not len(slots):
            none = np.empty(0, dtype=np.int64)
            return cls(none, none, none, 0)
        place = np.concatenate((np.zeros(1, dtype=np.int64), np.flatnonzero(np.diff(slots) != 1) + 1))
        ends = np.append(place[1:], len(slots)) - 1
        return cls(slots[place].astype(np.int64), slots[ends].astype(np.int64), place, len(slots))


@dataclass(frozen=True, slots=True)
class Few:
    """A packed column as the rows that hold something: ``rows`` int32 ascending, ``stored`` of the column's kind."""

    rows: Array
    stored: Array


def pack_few(unit: str, rows: Array, values: Array, told: Array) -> Few:
    """Pack folded values of the rows that have any, as ``packed.pack`` packs a whole column."""
    told = told & (values > nothing(np.int64))
    kept = values[told]
    least, most = (int(kept.min()), int(kept.max())) if len(kept) else (0, 0)
    kind = next(
        each
        for each in KINDS
        if nothing(each) < least
        and most <= np.iinfo(each).max
        and np.iinfo(each).bits >= np.iinfo(NARROWEST.get(unit, np.int16)).bits
    )
    stored = np.where(told, values, 0).astype(kind)
    stored[~told] = untold(kind)
    return Few(rows.astype(np.int32), stored)


def fold_linked(book: Book, entity: Entity, slots: Array, files: Iterable[Linked], as_of: date) -> dict[str, Few]:
    """Every input of ``entity`` folded from linked files, for the subjects at ``slots`` (their order is the rows')."""
    runs = Runs.of(slots)
    parts: dict[str, list[tuple[Array, ...]]] = {}
    for file in files:
        if file.entity is not entity or not runs.rows or not file.reaches(runs):
            continue
        rows, local = file.rows_of(runs)
        if not len(local):
            continue
        start = _copied(file.start(), rows)
        end = _copied(file.end(), rows) if file.ends else np.full(len(start), OPEN, dtype=np.int32)
        for item in file.items:
            value, said = file.facts(item, rows)
            if len(value):
                known = (local, start, end) if said is None else (local[said], start[said], end[said])
                parts.setdefault(item, []).append((*known, value))
    folds = folds_by_item(book)
    columns: dict[str, Few] = {}
    for item, pieces in parts.items():
        if item in folds:
            for spec, few in _fold_item(book, item, folds[item], _joined(pieces, runs.rows), as_of):
                columns[spec.name] = few
    return columns


def _copied(column: Array, rows: Array | slice) -> Array:
    """Some rows of a column; no view, for that would hold its file open."""
    return column[rows].copy() if isinstance(rows, slice) else column[rows]


def _joined(pieces: list[tuple[Array, ...]], length: int) -> tuple[Array, ...]:
    if len(pieces) == 1:
        return pieces[0]
    local, start, end, value = (np.concatenate(each) for each in zip(*pieces, strict=True))
    order = arrays.order_of(local, start, 0, length)
    return local[order], start[order], end[order], value[order]


def _fold_item(
    book: Book, item_name: str, specs: Sequence[InputSpec], facts: tuple[Array, ...], as_of: date
) -> Iterator[tuple[InputSpec, Few]]:
    item = book.items[item_name]
    local, start, end, value = facts
    day = day_number(as_of)
    history: History | None = None
    for spec in specs:
        span = span_of(spec, item, as_of)
        folded = arrays.fold(
            spec.fold, local, value, start, end, which=span.which, day=day, low=span.low, high=span.high
        )
        if folded is None:
            if history is None:
                true = start <= day
                history = History(*(each[true].astype(np.int64) for each in (local, value, start, end)))
            who, amounts, sure = fold_history(spec, item, history, as_of)
            form = form_of(spec)
            if form is Form.SINCE:
                amounts = day - amounts
            elif form is Form.UNTIL:
                amounts = amounts + day
            folded = who, np.where(sure, amounts, 0).astype(np.int64), sure
        who, amounts, sure = folded
        if len(who):
            yield (
                spec,
                pack_few(spec.unit, who, (amounts != 0).astype(np.int64) if spec.unit == "bool" else amounts, sure),
            )


def write_folded(path: Path, folded: Mapping[Entity, tuple[int, Mapping[str, Few]]]) -> None:
    """Write the folded columns of a part: entity → (rows, columns)."""
    with store_files.written(path) as file:
        writer = ColumnsWriter(file)
        for entity, (length, columns) in folded.items():
            for name in sorted(columns):
                few = columns[name]
                writer.few(f"{entity.value}/{name}", length, nothing(few.stored.dtype), few.rows, few.stored)
        writer.finish({})


def touched_by_time(book: Book, file: Linked, before: date, after: date) -> Array:
    """The slots of a linked file of which some fact is looked at on one day and not on the other (ascending, int32)."""
    folds = folds_by_item(book)
    pairs: set[tuple[str, Span, Span]] = set()
    for item in file.items:
        for spec in folds.get(item, ()):
            pairs.add((item, span_of(spec, book.items[item], before), span_of(spec, book.items[item], after)))
            if spec.fold == "previous":
                days = day_number(before), day_number(after)
                pairs.add((item, Span(arrays.ALL, days[0]), Span(arrays.ALL, days[1])))
    spans = {(one, other) for _, one, other in pairs if _may_differ(file, one, other)}
    if not spans:
        return np.empty(0, dtype=np.int32)
    start, end = file.start(), file.end()
    found = np.zeros(len(start), dtype=bool)
    for one, other in spans:
        found |= one.counts(start, end) != other.counts(start, end)
    return np.unique(file.slots[found])


def _may_differ(file: Linked, one: Span, other: Span) -> bool:
    """Whether any day on which a fact of the file begins or ends makes the two spans differ."""
    starts = np.array(file.starts, dtype=np.int64)
    ends = np.array([*file.ends, OPEN], dtype=np.int64)
    if one.which in {arrays.ALL, arrays.WITHIN}:
        nobody = np.full(len(starts), OPEN)
        return bool((one.counts(starts, nobody) != other.counts(starts, nobody)).any())
    if ((starts > min(one.day, other.day)) & (starts <= max(one.day, other.day))).any():
        return True
    if one.which == arrays.IN_FORCE:
        return bool(((ends > min(one.day, other.day)) & (ends <= max(one.day, other.day))).any())
    began = (starts >= min(one.high, other.high)) & (starts < max(one.high, other.high))
    ended = (ends > min(one.low, other.low)) & (ends <= max(one.low, other.low))
    return bool(began.any() or ended.any())

"""Linked facts folded into the packed columns of a segment. The meaning of every fold is ``compare.state``'s.

A linked file is sorted by slot and day, so folding a run of slots reads one slice of it. Only those who have facts are
folded; a column is written as the rows that hold something.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from shouwang.engine.backends import arrays
from shouwang.engine.book import Book
from shouwang.engine.compare import store_files
from shouwang.engine.compare.column_files import Columns, ColumnsWriter
from shouwang.engine.compare.state import History, Span, fold_history, span_of
from shouwang.engine.fingerprint import fingerprint_of
from shouwang.engine.frame import OPEN, Array
from shouwang.engine.inputs import InputSpec
from shouwang.engine.packed import KINDS, NARROWEST, nothing, untold
from shouwang.engine.rule import Entity
from shouwang.lib.dates import day_number


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

    def table(self, rows: Array | slice, subject: Array) -> FactTable:
        """These rows as a table, with the subjects as they are called there."""
        end = _copied(self.end(), rows) if self.ends else np.full(len(subject), OPEN, dtype=np.int32)
        return FactTable(
            subject, _copied(self.start(), rows), end, {item: self.facts(item, rows) for item in self.items}
        )

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
    """Pack folded values of the rows that have any. Values that only the two marks of int64 could hold become "untold"."""
    if unit == "bool":
        values = (values != 0).astype(np.int64)
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


@dataclass(frozen=True, slots=True)
class FactTable:
    """Facts of many items, a row each of one subject from one day on, sorted by both.

    ``subject`` (row of the person or household), ``start``, ``end`` int32 · ``values``: item → what is said of it (int64), and
    in which rows (an index of them, ascending; None: in all).
    """

    subject: Array
    start: Array
    end: Array
    values: Mapping[str, tuple[Array, Array | None]]


def fold_linked(book: Book, entity: Entity, slots: Array, files: Iterable[Linked], as_of: date) -> dict[str, Few]:
    """Every input of ``entity`` folded from linked files, for the subjects at ``slots`` (their order is the rows')."""
    runs = Runs.of(slots)
    return fold_tables(book, _tables_of(entity, runs, files), runs.rows, as_of)


def _tables_of(entity: Entity, runs: Runs, files: Iterable[Linked]) -> Iterator[FactTable]:
    for file in files:
        if file.entity is entity and runs.rows and file.reaches(runs):
            rows, local = file.rows_of(runs)
            if len(local):
                yield file.table(rows, local)


def _copied(column: Array, rows: Array | slice) -> Array:
    """Some rows of a column; no view, for that would hold its file open."""
    return column[rows].copy() if isinstance(rows, slice) else column[rows]


def fold_tables(
    book: Book, tables: Iterable[FactTable], length: int, as_of: date, names: Collection[str] | None = None
) -> dict[str, Few]:
    """Every input (or only ``names``) folded from tables of facts, for subjects of ``length`` rows. Nobody's: no column."""
    parts: dict[str, list[History]] = {}
    for table in tables:
        for item, (value, said) in table.values.items():
            if len(value):
                whose = (table.subject, table.start, table.end)
                subject, start, end = whose if said is None else (each[said] for each in whose)
                parts.setdefault(item, []).append(History(subject, value, start, end))
    folds = folds_by_item(book)
    columns: dict[str, Few] = {}
    for item, pieces in parts.items():
        specs = [spec for spec in folds.get(item, ()) if names is None or spec.name in names]
        if specs:
            history = _joined(pieces, length)
            for spec in specs:
                who, amounts, sure = fold_history(spec, book.items[item], history, as_of, compiled=True)
                if len(who):
                    columns[spec.name] = pack_few(spec.unit, who, amounts, sure)
    return columns


def _joined(pieces: list[History], length: int) -> History:
    if len(pieces) == 1:
        return pieces[0]
    parts = ([getattr(each, name) for each in pieces] for name in ("subject", "value", "start", "end"))
    whole = History(*map(np.concatenate, parts))
    order = arrays.order_of(whole.subject, whole.start, 0, length)
    return History(whole.subject[order], whole.value[order], whole.start[order], whole.end[order])


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

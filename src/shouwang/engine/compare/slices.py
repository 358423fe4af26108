"""What one process of a cluster does with a piece of a register: spread facts by key, link them, fold and judge a slice.

A slice is a run of whole households in the register's order, so of neighbouring divisions. What travels between the steps
are columns of many rows in one Arrow message, never rows. Nothing here knows which engine moves them.

Register folder: ``persons.parquet`` (person_id, key or null, household_row never falling, birth_day, sex, relation) ·
``households.parquet`` (household_id, area) · ``areas.parquet`` (area_code; an area is a row here). Fact file: one column
of ``key``, ``person_id`` or ``household_id``, ``true_from``, optional ``true_to`` (excluded; null: open), and an integer
column per item, null where the row does not speak of it. Rows that ``linking`` refuses are left out here too.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shouwang.engine.backends.judge import MOST_TARGETS, words_of
from shouwang.engine.book import Book, load_book
from shouwang.engine.compare.linking import SAYS_NOTHING, FactRows
from shouwang.engine.compare.rosters import is_whole
from shouwang.engine.compare.state import fold_facts
from shouwang.engine.frame import OPEN, UNKNOWN_DAY, Array, Column, FactColumns, Frame, People
from shouwang.engine.packed import Verdicts
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity
from shouwang.lib.area_codes import ancestors_of

PERSONS, HOUSEHOLDS, AREAS = "persons.parquet", "households.parquet", "areas.parquet"
SPACES = ("key", "person_id", "household_id")
"""The columns a fact file may name its subjects by; each is looked up in the register's column of the same name."""
TIMES = ("true_from", "true_to")
READING = "shouwang.engine.backends.evaluate:evaluate_many"
UNLINKED = -1
"""The slice of facts whose subject the register does not know."""
SPREAD = (("part", pa.int32()), ("source", pa.int32()), ("payload", pa.binary()))
LINKED = (("slice", pa.int32()), ("source", pa.int32()), ("payload", pa.binary()))
TALLY = (
    ("slice", pa.int32()),
    ("source", pa.int32()),
    ("households", pa.int64()),
    ("persons", pa.int64()),
    ("facts", pa.int64()),
)
_MIX = np.uint64(0x9E3779B97F4A7C15)


class OtherLawError(RuntimeError):
    """A process has another version of the rules than the one that started the run."""


class FactFileError(ValueError):
    """A fact file cannot be read as one; the message is Chinese and names the file."""


@dataclass(frozen=True, slots=True)
class Law:
    """What is judged: ``book`` a rule package, or ``module:function`` that gives a Book; both are loaded by name.

    ``fingerprint`` of the book that started the run: a process that loads another one refuses to judge. ``reading``:
    ``module:function`` that takes and gives what ``evaluate_columns`` does.
    """

    book: str
    fingerprint: str
    as_of: date
    parameters: ParameterTable
    targets: tuple[str, ...]
    reading: str = READING

    def load(self) -> Book:
        """The book. Raises OtherLawError if it is not the one that started the run."""
        book = book_named(self.book)
        if book.fingerprint != self.fingerprint:
            raise OtherLawError(f"这台机器上的规则“{self.book}”与发起计算的版本不同：请在所有机器上安装同一版本后重算")
        return book

    def evaluate(self, book: Book, frame: Frame) -> Frame:
        """The targets over a frame, by the law's reading."""
        results = _named(self.reading)(book, frame, self.as_of, self.parameters, self.targets)
        assert isinstance(results, Frame)
        return results


def _named(name: str) -> Callable[..., object]:
    module, _, function = name.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), function)
    return found


@cache
def book_named(name: str) -> Book:
    """Load a rule package, or call ``module:function``; once per process."""
    if ":" not in name:
        return load_book(name)
    book = _named(name)()
    assert isinstance(book, Book)
    return book


@dataclass(frozen=True, slots=True)
class FactSource:
    """A fact file: how it names its subjects, whether it says when a state ends, and the items that are read of it."""

    path: str
    space: str
    has_end: bool
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """A register folder cut into slices of so many households."""

    folder: str
    households: int
    slice_of: int

    @classmethod
    def at(cls, folder: Path, slice_of: int) -> Register:
        """Look at a folder. Raises FileNotFoundError."""
        return cls(str(folder), pq.ParquetFile(folder / HOUSEHOLDS).metadata.num_rows, slice_of)

    @property
    def slices(self) -> range:
        """The numbers of the slices."""
        return range(-(-self.households // self.slice_of))

    def bounds(self, number: int) -> tuple[int, int]:
        """First household row of a slice, and the one after its last."""
        return number * self.slice_of, min((number + 1) * self.slice_of, self.households)

    def areas(self) -> list[str]:
        """The codes of its divisions."""
        codes: list[str] = pq.read_table(Path(self.folder) / AREAS, columns=["area_code"])["area_code"].to_pylist()
        return codes


@dataclass(frozen=True, slots=True)
class Run:
    """A comparison of a register with fact files: what every process is told. ``covered`` division → feeds delivered."""

    register: Register
    sources: tuple[FactSource, ...]
    parts: int
    law: Law
    covered: Mapping[str, frozenset[str]]
    out: str


def fact_source(path: Path, book: Book, wanted: Collection[str]) -> FactSource:
    """Look at a fact file; of its items only those in ``wanted`` will be read. Raises FactFileError."""
    schema = pq.read_schema(path)
    names = schema.names
    spaces = [name for name in SPACES if name in names]
    if len(spaces) != 1 or "true_from" not in names:
        raise FactFileError(f"{path}：应有 true_from，以及 {'、'.join(SPACES)} 中的一列")
    wrong = [name for name in names if not is_whole(schema.field(name).type)]
    if wrong:
        raise FactFileError(f"{path}：列 {'、'.join(wrong)} 不是整数（金额以分为单位，日期为日数）")
    items = [name for name in names if name not in (*SPACES, *TIMES)]
    subject = Entity.HOUSEHOLD if spaces[0] == "household_id" else Entity.PERSON
    for name in items:
        if name not in book.items:
            raise FactFileError(f"{path}：没有名为“{name}”的数据项")
        if book.items[name].subject is not subject:
            raise FactFileError(f"{path}：数据项“{name}”不属于按 {spaces[0]} 记的对象")
    return FactSource(str(path), spaces[0], "true_to" in names, tuple(name for name in items if name in wanted))


def pieces_of(run: Run) -> list[tuple[int, int]]:
    """(source, row group) of everything that must be spread; source −1−i is the register's column ``SPACES[i]``."""
    pieces = []
    for number, source in enumerate(run.sources):
        if source.items:
            pieces += [(number, group) for group in range(pq.ParquetFile(source.path).num_row_groups)]
    for space in {source.space for source in run.sources if source.items}:
        path = Path(run.register.folder) / (HOUSEHOLDS if space == "household_id" else PERSONS)
        pieces += [(-1 - SPACES.index(space), group) for group in range(pq.ParquetFile(path).num_row_groups)]
    return pieces


def spread(run: Run, pieces: Iterable[tuple[int, int]]) -> Iterator[pa.Table]:
    """Read row groups and give their rows by part: whatever has one key comes to one part."""
    for source, group in pieces:
        table = _register_ids(run, source, group) if source < 0 else _fact_rows(run.sources[source], group)
        ids = table["id"].to_numpy()
        part = ((ids.view(np.uint64) * _MIX) >> np.uint64(32)) % np.uint64(run.parts)
        yield _dealt(table, part.astype(np.int16), source, SPREAD)


def _register_ids(run: Run, source: int, group: int) -> pa.Table:
    space = SPACES[-1 - source]
    own = space != "household_id"
    file = pq.ParquetFile(Path(run.register.folder) / (PERSONS if own else HOUSEHOLDS))
    first = sum(file.metadata.row_group(before).num_rows for before in range(group))
    table = file.read_row_group(group, columns=[space, "household_row"] if own else [space])
    rows = pa.array(np.arange(first, first + table.num_rows, dtype=np.int32))
    homes = table["household_row"].cast(pa.int32()) if own else rows
    table = pa.table({"id": table[space].cast(pa.int64()), "row": rows, "household_row": homes})
    return table.filter(table["id"].is_valid())


def _fact_rows(source: FactSource, group: int) -> pa.Table:
    columns = [source.space, "true_from", *(["true_to"] if source.has_end else []), *source.items]
    table = pq.ParquetFile(source.path).read_row_group(group, columns=columns)
    reason = FactRows(table, source.space, source.items, ends=source.has_end).reason
    refused = (reason != 0) & (reason != SAYS_NOTHING)  # it may speak of items that are not asked for
    table = table.set_column(0, "id", table[source.space].cast(pa.int64())).combine_chunks()
    return table.filter(pa.array(~refused)) if refused.any() else table


def _dealt(table: pa.Table, places: Array, source: int, schema: Sequence[tuple[str, pa.DataType]]) -> pa.Table:
    """The rows of a table by place: one Arrow message for each place that has any, in the rows' order."""
    order = np.argsort(places, kind="stable")
    table = table.take(pa.array(order)).combine_chunks()
    distinct, starts = np.unique(places[order], return_index=True)
    ends = [*starts[1:].tolist(), len(order)]
    messages = [_message(table.slice(start, end - start)) for start, end in zip(starts.tolist(), ends, strict=True)]
    numbers = pa.array(distinct.astype(np.int32))
    columns = [numbers, pa.array([source] * len(messages), pa.int32()), pa.array(messages, pa.binary())]
    return pa.Table.from_arrays(columns, schema=pa.schema(schema))


def _message(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    message: bytes = sink.getvalue().to_pybytes()
    return message


def _messages(table: pa.Table) -> dict[int, pa.Table]:
    """Source → its rows, joined. Messages of one source may come in any order: their rows are told apart by nothing."""
    found: dict[int, list[pa.Table]] = {}
    for source, payload in zip(table["source"].to_pylist(), table["payload"], strict=True):
        if source is not None and payload.is_valid:
            found.setdefault(source, []).append(pa.ipc.open_stream(payload.as_buffer()).read_all())
    return {source: pa.concat_tables(tables).combine_chunks() for source, tables in found.items()}


def link(run: Run, table: pa.Table) -> pa.Table:
    """Facts of one part → facts by slice, ``row`` (of the person or household) in place of the key.

    A key that two persons have tells neither of them from the other: its facts are linked to nobody.
    """
    messages = _messages(table)
    known = {source: _sorted_ids(rows) for source, rows in messages.items() if source < 0}
    found = [pa.schema(LINKED).empty_table()]
    for source, rows in messages.items():
        if source < 0:
            continue
        ids = rows["id"].to_numpy()
        place, own_rows, slices = _looked_up(known.get(-1 - SPACES.index(run.sources[source].space)), ids, run)
        row = pa.array(np.where(place >= 0, own_rows, ids), pa.int64())
        found.append(_dealt(rows.set_column(0, "row", row), slices, source, LINKED))
    return pa.concat_tables(found)


def _sorted_ids(rows: pa.Table) -> tuple[Array, Array, Array]:
    ids, own, homes = (rows[name].to_numpy() for name in ("id", "row", "household_row"))
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    again = ids[1:] == ids[:-1]
    alone = ~(np.append(again, False) | np.append(False, again))
    order = order[alone]
    return ids[alone], own[order], homes[order]


def _looked_up(known: tuple[Array, Array, Array] | None, ids: Array, run: Run) -> tuple[Array, Array, Array]:
    """Place of each id among the known (−1: not there), its row in the register and its slice."""
    nowhere = np.full(len(ids), -1, dtype=np.int64)
    if known is None or not len(known[0]):
        return nowhere, nowhere, nowhere.astype(np.int32)
    place = np.searchsorted(known[0], ids)
    place[place == len(known[0])] = 0
    there = known[0][place] == ids
    slices = np.where(there, known[2][place] // run.register.slice_of, UNLINKED).astype(np.int32)
    return np.where(there, place, -1), known[1][place].astype(np.int64), slices


def judge_slice(run: Run, number: int, table: pa.Table) -> pa.Table:
    """Fold a slice's facts, judge it, write its words beside those of the others; the tally of what was done.

    Of the slice ``UNLINKED`` the keys are kept, a file for each fact file. A file appears whole or not at all.
    """
    messages = _messages(table)
    if number == UNLINKED:
        for source, rows in messages.items():
            ids = rows.select(["row"]).rename_columns([run.sources[source].space])
            write_whole(ids.sort_by(ids.column_names[0]), Path(run.out) / f"unlinked-{source:05d}.parquet")
        return _tally([(number, source, 0, 0, rows.num_rows) for source, rows in messages.items()])
    book = run.law.load()
    held = held_by(run.register, number)
    frame = fold_slice(run, book, held, messages)
    verdicts = verdicts_of(book, run.law, frame)
    for name, ids, holds, untold in (
        ("person", held.person_ids, verdicts.person_holds, verdicts.person_untold),
        ("household", held.household_ids, verdicts.household_holds, verdicts.household_untold),
    ):
        words = {f"{name}_id": ids, "holds": holds.view(np.int64), "untold": untold.view(np.int64)}
        write_whole(pa.table(words), Path(run.out) / f"{name}s-{number:05d}.parquet")
    facts = sum(rows.num_rows for rows in messages.values())
    return _tally([(number, 0, frame.households, frame.persons, facts)])


def _tally(rows: Sequence[tuple[int, int, int, int, int]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(TALLY)
    return pa.table([pa.array(each, kind) for each, (_, kind) in zip(columns, TALLY, strict=True)], pa.schema(TALLY))


def write_whole(table: pa.Table, path: Path) -> None:
    """Write a Parquet file that is seen whole or not at all; a repeated attempt writes the same bytes over it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        pq.write_table(table, file, compression="zstd", compression_level=1)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


@dataclass(frozen=True, slots=True)
class Held:
    """A slice of a register: its people, their lasting numbers, and the rows of the register at which it begins."""

    people: People
    person_ids: Array
    household_ids: Array
    first_person: int
    first_household: int


def held_by(register: Register, number: int) -> Held:
    """Read one slice of the register: only the row groups it lies in."""
    first, after = register.bounds(number)
    folder = Path(register.folder)
    homes = _rows_between(folder / HOUSEHOLDS, ["household_id", "area"], first, after)
    names = ["person_id", "household_row", "birth_day", "sex", "relation"]
    begin, persons = _rows_where(folder / PERSONS, names, "household_row", first, after)
    codes = np.array(register.areas(), dtype="<U12")
    people = People(
        area_codes=codes[homes["area"].to_numpy()],
        household_index=persons["household_row"].to_numpy().astype(np.int64) - first,
        birth_day=persons["birth_day"].fill_null(int(UNKNOWN_DAY)).to_numpy().astype(np.int32),
        sex=persons["sex"].fill_null(0).to_numpy().astype(np.int64),
        relation=persons["relation"].fill_null(0).to_numpy().astype(np.int64),
    )
    own, shared = persons["person_id"].to_numpy(), homes["household_id"].to_numpy()
    return Held(people, own.astype(np.int64), shared.astype(np.int64), begin, first)


def _rows_between(path: Path, columns: list[str], first: int, after: int) -> pa.Table:
    file = pq.ParquetFile(path)
    begins, groups = 0, []
    start = None
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if begins < after and begins + rows > first:
            groups.append(group)
            start = begins if start is None else start
        begins += rows
    return file.read_row_groups(groups, columns=columns).slice(first - (start or 0), after - first)


def _rows_where(path: Path, columns: list[str], sorted_by: str, first: int, after: int) -> tuple[int, pa.Table]:
    """The rows whose sorted column lies in [first, after), and the row of the file at which they begin."""
    file = pq.ParquetFile(path)
    column = file.schema_arrow.names.index(sorted_by)
    begins, groups, start = 0, [], None
    for group in range(file.num_row_groups):
        metadata = file.metadata.row_group(group)
        range_of = metadata.column(column).statistics
        known = range_of is not None and range_of.has_min_max
        if not known or (range_of.min < after and range_of.max >= first):
            groups.append(group)
            start = begins if start is None else start
        begins += metadata.num_rows
    table = file.read_row_groups(groups, columns=columns)
    where = table[sorted_by].to_numpy()
    begin, end = (int(each) for each in np.searchsorted(where, [first, after]))
    return (start or 0) + begin, table.slice(begin, end - begin)


def fold_slice(run: Run, book: Book, held: Held, messages: Mapping[int, pa.Table]) -> Frame:
    """The inputs the targets rest on, folded from a slice's linked facts."""
    codes = [str(code) for code in np.unique(held.people.area_codes)]
    names = book.inputs_for(run.law.targets, run.law.as_of, codes)
    own, shared = (
        _fact_columns(
            book,
            [
                (run.sources[source], rows)
                for source, rows in sorted(messages.items(), key=lambda each: each[0])
                if (run.sources[source].space == "household_id") is (entity is Entity.HOUSEHOLD)
            ],
            held.first_household if entity is Entity.HOUSEHOLD else held.first_person,
        )
        for entity in (Entity.PERSON, Entity.HOUSEHOLD)
    )

    def folded(feeds: Collection[str]) -> Frame:
        return fold_facts(book, held.people, own, shared, run.law.as_of, covered_feeds=feeds, names=names)

    by_code = {code: feeds_in(run.covered, code) for code in codes}
    everywhere = frozenset.intersection(*by_code.values()) if by_code else frozenset[str]()
    somewhere = frozenset[str]().union(*by_code.values())
    frame = folded(everywhere)
    if somewhere != everywhere:
        _speak_where_delivered(book, frame, folded(somewhere), by_code, somewhere - everywhere)
    return frame


def feeds_in(covered: Mapping[str, frozenset[str]], area_code: str) -> frozenset[str]:
    """The feeds delivered for a division, by itself or with one above it."""
    return frozenset[str]().union(*(covered.get(code, ()) for code in ancestors_of(area_code)))


def _speak_where_delivered(
    book: Book, frame: Frame, spoken: Frame, by_code: Mapping[str, frozenset[str]], partly: Collection[str]
) -> None:
    """Take the silence of feeds that were delivered in some divisions only from ``spoken``, there."""
    distinct, where = np.unique(frame.area_codes, return_inverse=True)
    for columns, others, own in ((frame.household, spoken.household, False), (frame.person, spoken.person, True)):
        for name in columns:
            item = book.inputs[name].item
            feed = book.items[item].feed if item else ""
            if feed in partly:
                there = np.array([feed in by_code[str(code)] for code in distinct], dtype=bool)[where]
                there = there[frame.household_of] if own else there
                known = np.where(there, others[name].known, columns[name].known)
                columns[name] = Column(columns[name].values, known)


def _fact_columns(book: Book, tables: Sequence[tuple[FactSource, pa.Table]], first: int) -> FactColumns:
    """Wide rows of many files as facts, one row each; subjects counted from ``first``."""
    items = sorted({item for source, _ in tables for item in source.items})
    found: list[tuple[Array, Array, Array, Array, Array]] = []
    for source, rows in tables:
        subject, start = rows["row"].to_numpy() - first, rows["true_from"].to_numpy().astype(np.int32)
        end = None
        if source.has_end:
            end = rows["true_to"].fill_null(int(OPEN)).to_numpy().astype(np.int32)
        for item in source.items:
            column = rows[item].combine_chunks()
            said = np.ones(len(start), dtype=bool) if not column.null_count else ~np.asarray(column.is_null())
            values = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
            until = end if end is not None else _end_of(book.items[item].kind, start)
            code = np.full(int(said.sum()), items.index(item), dtype=np.int16)
            found.append((subject[said], code, values[said], start[said], until[said]))
    if not found:
        return FactColumns.none()
    return FactColumns(items, *(np.concatenate(each) for each in zip(*found, strict=True)))


def _end_of(kind: str, start: Array) -> Array:
    return np.full(len(start), OPEN, dtype=np.int32) if kind == "state" else start + np.int32(1)


def verdicts_of(book: Book, law: Law, frame: Frame) -> Verdicts:
    """The law's targets over a frame, as words. Raises ValueError for more targets than a word has bits."""
    if len(law.targets) > MOST_TARGETS:
        raise ValueError(f"一次最多判断 {MOST_TARGETS} 项，这里有 {len(law.targets)} 项：请分几次计算")
    return words_of(law.evaluate(book, frame), law.targets)


@dataclass(frozen=True, slots=True)
class Reading:
    """Inputs that lie ready in a register folder, beside its keys: what every process is told to compute from them."""

    register: Register
    law: Law
    out: str


def evaluate_slice(reading: Reading, number: int) -> pa.Table:
    """Compute the targets of one slice and write them, null where unknown; the tally of what was done."""
    book, register = reading.law.load(), reading.register
    frame = frame_of_slice(register, number, book)
    results = reading.law.evaluate(book, frame)
    for name, columns in (("person", results.person), ("household", results.household)):
        arrays = {each: pa.array(columns[each].values, mask=~columns[each].known) for each in sorted(columns)}
        if arrays:
            write_whole(pa.table(arrays), Path(reading.out) / f"{name}s-{number:05d}.parquet")
    return _tally([(number, 0, frame.households, frame.persons, 0)])


def frame_of_slice(register: Register, number: int, book: Book) -> Frame:
    """Read one slice of a folder whose columns are inputs of the book, null where unknown."""
    first, after = register.bounds(number)
    folder = Path(register.folder)
    sides = {
        Entity.HOUSEHOLD: [n for n in pq.read_schema(folder / HOUSEHOLDS).names if n in book.inputs],
        Entity.PERSON: [n for n in pq.read_schema(folder / PERSONS).names if n in book.inputs],
    }
    homes = _rows_between(folder / HOUSEHOLDS, ["area", *sides[Entity.HOUSEHOLD]], first, after)
    named = ["household_row", *sides[Entity.PERSON]]
    _, persons = _rows_where(folder / PERSONS, named, "household_row", first, after)
    index = persons["household_row"].to_numpy().astype(np.int64) - first
    offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(index, minlength=after - first))))
    codes = np.array(register.areas(), dtype="<U12")
    return Frame(
        codes[homes["area"].to_numpy()],
        offsets,
        {name: _column(homes[name], book.inputs[name].unit) for name in sides[Entity.HOUSEHOLD]},
        {name: _column(persons[name], book.inputs[name].unit) for name in sides[Entity.PERSON]},
    )


def _column(column: pa.ChunkedArray, unit: str) -> Column:
    known = ~np.asarray(column.is_null().combine_chunks()) if column.null_count else np.ones(len(column), dtype=bool)
    empty = False if pa.types.is_boolean(column.type) else 0
    values = column.fill_null(empty).to_numpy()
    return Column(values.astype(bool if unit == "bool" else np.int64), known)

"""What one process of a cluster does with a piece of a register: spread facts by key, link them, fold and judge a slice.

A slice is a run of whole households in the register's order, so of neighbouring divisions. What travels between the steps
are columns of many rows in one Arrow message, never rows. Nothing here knows which engine moves them. What a row means,
whose it is, how facts fold and how a segment is judged is the national store's (``linking``, ``folding``, ``judging``).

Register folder: ``persons.parquet`` (person_id, key or null, household_row never falling, birth_day, sex, relation) ·
``households.parquet`` (household_id, area) · ``areas.parquet`` (area_code; an area is a row here). Fact file: as
``linking.columns_of`` has it; its metadata are not asked. Rows that ``linking`` refuses are left out here too.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shouwang.engine.backends import arrays
from shouwang.engine.backends.evaluate import evaluate_many
from shouwang.engine.book import Book, load_book
from shouwang.engine.compare.covering import feeds_around
from shouwang.engine.compare.folding import FactTable, fold_tables
from shouwang.engine.compare.judging import judge_in_pieces
from shouwang.engine.compare.linking import NUMBER_COLUMNS, SAYS_NOTHING, FactRows, columns_of
from shouwang.engine.compare.regrouping import widened
from shouwang.engine.compare.rosters import ROSTER_COLUMNS, in_order, roster_columns
from shouwang.engine.frame import Array, Column, Frame
from shouwang.engine.packed import Segment, columns_needed, nothing
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity

PERSONS, HOUSEHOLDS, AREAS = "persons.parquet", "households.parquet", "areas.parquet"
SPACES = tuple(NUMBER_COLUMNS)
"""The columns a fact file may name its subjects by; each is looked up in the register's column of the same name."""
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


@dataclass(frozen=True, slots=True)
class Law:
    """What is judged: ``book`` a rule package, or ``module:function`` that gives a Book; both are loaded by name.

    ``fingerprint`` of the book that started the run: a process that loads another one refuses to judge. ``compiled``: by
    machine code, by NumPy, or (None) by machine code where it is installed and pays.
    """

    book: str
    fingerprint: str
    as_of: date
    parameters: ParameterTable
    targets: tuple[str, ...]
    compiled: bool | None = None

    def load(self) -> Book:
        """The book. Raises OtherLawError if it is not the one that started the run."""
        book = book_named(self.book)
        if book.fingerprint != self.fingerprint:
            raise OtherLawError(f"这台机器上的规则“{self.book}”与发起计算的版本不同：请在所有机器上安装同一版本后重算")
        return book


@cache
def book_named(name: str) -> Book:
    """Load a rule package, or call ``module:function``; once per process."""
    if ":" not in name:
        return load_book(name)
    module, _, function = name.partition(":")
    book = getattr(importlib.import_module(module), function)()
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
    """Look at a fact file; of its items only those in ``wanted`` will be read. Raises StoreError."""
    number, items, ends = columns_of(path, pq.read_schema(path), book.items)
    return FactSource(str(path), number, ends, tuple(name for name in items if name in wanted))


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
    known = {SPACES[-1 - source]: _Known.of(rows) for source, rows in messages.items() if source < 0}
    found = [pa.schema(LINKED).empty_table()]
    for source, rows in messages.items():
        if source >= 0:
            asked = rows["id"].to_numpy()
            here = known.get(run.sources[source].space)
            row, home = (asked, np.full(len(asked), -1)) if here is None else here.rows_of(asked)
            slices = np.where(home >= 0, home // run.register.slice_of, UNLINKED).astype(np.int32)
            found.append(_dealt(rows.set_column(0, "row", pa.array(row, pa.int64())), slices, source, LINKED))
    return pa.concat_tables(found)


@dataclass(frozen=True, slots=True)
class _Known:
    """The register's numbers of one kind, and of each its row and its household's."""

    numbers: arrays.Numbers
    row: Array
    household_row: Array

    @classmethod
    def of(cls, rows: pa.Table) -> _Known:
        """The numbers that one subject alone has."""
        ids, row, household_row = (rows[name].to_numpy() for name in ("id", "row", "household_row"))
        numbers, places, _ = arrays.distinct(ids, np.arange(len(ids), dtype=np.int32))
        return cls(arrays.Numbers(numbers, places), row, household_row)

    def rows_of(self, asked: Array) -> tuple[Array, Array]:
        """Each asked number's row and its household's: of those nobody has the number itself, and -1."""
        place = self.numbers.slots_of(asked)
        there = np.flatnonzero(place >= 0)
        row, home = asked.copy(), np.full(len(asked), -1, dtype=np.int64)
        row[there], home[there] = self.row[place[there]], self.household_row[place[there]]
        return row, home


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
    law, book = run.law, run.law.load()
    segment = fold_slice(run, book, held_by(run.register, number), messages)
    covered = partial(feeds_around, run.covered)
    verdicts = judge_in_pieces(
        book, segment, law.as_of, law.parameters, covered, law.targets, compiled=law.compiled, threads=1
    )
    for name, ids, holds, untold in (
        ("person", segment.person_ids, verdicts.person_holds, verdicts.person_untold),
        ("household", segment.household_ids, verdicts.household_holds, verdicts.household_untold),
    ):
        words = {f"{name}_id": ids, "holds": holds.view(np.int64), "untold": untold.view(np.int64)}
        write_whole(pa.table(words), Path(run.out) / f"{name}s-{number:05d}.parquet")
    facts = sum(rows.num_rows for rows in messages.values())
    return _tally([(number, 0, segment.households, segment.persons, facts)])


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
    """The households of a slice without their facts, and the row of the register at which its persons begin and its homes."""

    segment: Segment
    first: dict[Entity, int]


def held_by(register: Register, number: int) -> Held:
    """Read one slice of the register: only the row groups it lies in. Raises StoreError for one that is out of order."""
    first, after = register.bounds(number)
    folder = Path(register.folder)
    homes = _rows_between(folder / HOUSEHOLDS, ["household_id", "area"], first, after)
    begin, persons = _rows_where(folder / PERSONS, list(ROSTER_COLUMNS), "household_row", first, after)
    columns = roster_columns(persons)
    places, area = np.unique(homes["area"].to_numpy(), return_inverse=True)
    codes = register.areas()
    segment = Segment(
        [codes[place] for place in places.tolist()],
        area.astype(np.int32),
        _offsets(columns.pop("household_row"), first, after),
        homes["household_id"].to_numpy().astype(np.int64),
        columns.pop("person_id"),
        columns,
    )
    return Held(segment, {Entity.PERSON: begin, Entity.HOUSEHOLD: first})


def _offsets(household_row: Array, first: int, after: int) -> Array:
    """Where the members of each household begin. Raises StoreError if persons are not in the order of households."""
    sizes = np.bincount(in_order(household_row, first, after) - first, minlength=after - first)
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))


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


def fold_slice(run: Run, book: Book, held: Held, messages: Mapping[int, pa.Table]) -> Segment:
    """A slice with the columns the targets rest on, folded from its linked facts."""
    segment, law = held.segment, run.law
    names = book.inputs_for(law.targets, law.as_of, segment.areas)
    needed = columns_needed(book, names)
    for entity, columns, length in (
        (Entity.PERSON, segment.person, segment.persons),
        (Entity.HOUSEHOLD, segment.household, segment.households),
    ):
        tables = (
            _fact_table(run.sources[source], rows, held.first[entity], length)
            for source, rows in sorted(messages.items())
            if NUMBER_COLUMNS[run.sources[source].space] is entity
        )
        folded = fold_tables(book, tables, length, law.as_of, names)
        for name in needed[entity] - columns.keys():
            # all slices alike, so that one program judges them
            kind = np.dtype(np.int8 if book.inputs[name].unit == "bool" else np.int64)
            columns[name] = np.full(length, nothing(kind), dtype=kind)
            if (few := folded.get(name)) is not None:
                columns[name][few.rows] = widened(few.stored, kind)
    return segment


def _fact_table(source: FactSource, rows: pa.Table, first: int, length: int) -> FactTable:
    """Linked rows sorted by subject and day; subjects counted from ``first``."""
    facts = FactRows(rows, "row", source.items, ends=source.has_end)
    subject = (facts.number - first).astype(np.int32)
    order = arrays.order_of(subject, facts.start.astype(np.int32), 0, length)
    _, start, end, *said = facts.taken(order, subject)
    values = zip(source.items, said[::2], said[1::2], strict=True)
    return FactTable(
        subject[order], start, end, {item: (value[speaks], np.flatnonzero(speaks)) for item, value, speaks in values}
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """Inputs that lie ready in a register folder, beside its keys: what every process is told to compute from them."""

    register: Register
    law: Law
    out: str


def evaluate_slice(reading: Reading, number: int) -> pa.Table:
    """Compute the targets of one slice and write them, null where unknown; the tally of what was done."""
    law, book = reading.law, reading.law.load()
    frame = frame_of_slice(reading.register, number, book, law)
    results = evaluate_many(book, frame, law.as_of, law.parameters, law.targets, compiled=law.compiled)
    for name, columns in (("person", results.person), ("household", results.household)):
        told = {each: pa.array(columns[each].values, mask=~columns[each].known) for each in sorted(columns)}
        if told:
            write_whole(pa.table(told), Path(reading.out) / f"{name}s-{number:05d}.parquet")
    return _tally([(number, 0, frame.households, frame.persons, 0)])


def frame_of_slice(register: Register, number: int, book: Book, law: Law) -> Frame:
    """Read one slice of a folder whose columns are inputs of the book, null where unknown: those the targets rest on."""
    first, after = register.bounds(number)
    folder = Path(register.folder)
    codes = np.array(register.areas(), dtype="<U12")
    area = _rows_between(folder / HOUSEHOLDS, ["area"], first, after)["area"].to_numpy()
    asked = book.inputs_for(law.targets, law.as_of, codes[np.unique(area)].tolist())
    shared, own = (
        [name for name in pq.read_schema(folder / file).names if name in asked] for file in (HOUSEHOLDS, PERSONS)
    )
    homes = _rows_between(folder / HOUSEHOLDS, shared, first, after)
    named = ["household_row", *own]
    _, persons = _rows_where(folder / PERSONS, named, "household_row", first, after)
    offsets = _offsets(persons["household_row"].to_numpy(), first, after)
    return Frame(
        codes[area],
        offsets,
        {name: _column(homes[name], book.inputs[name].unit) for name in shared},
        {name: _column(persons[name], book.inputs[name].unit) for name in own},
    )


def _column(column: pa.ChunkedArray, unit: str) -> Column:
    known = ~np.asarray(column.is_null().combine_chunks()) if column.null_count else np.ones(len(column), dtype=bool)
    empty = False if pa.types.is_boolean(column.type) else 0
    values = column.fill_null(empty).to_numpy()
    return Column(values.astype(bool if unit == "bool" else np.int64), known)

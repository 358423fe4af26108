"""The sides of ``bench/eligibility.py`` that live in the project's own environment: DuckDB SQL by hand, and our rules on columns.

Each reads a part's two Parquet files (the columns the rules ask for), judges the thirty-three rules and sums every result up;
or judges alone what it holds in memory already in the form that suits it best (DuckDB: its own tables; ours: arrays). Compiled
rules also judge the files a state keeps, mapped.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.applicants import Applicants, made, standards
from bench.common_subset import AS_OF, Told, judge_by_hand, rows_by_hand, subset_of
from bench.turns import serve
from shouwang.engine.backends.arrays import take
from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.layout import Wanted
from shouwang.engine.book import load_book
from shouwang.engine.compare.column_files import Columns as KeptColumns
from shouwang.engine.frame import Array, Column, Frame
from shouwang.engine.packed import Segment, untold
from shouwang.engine.rule import Entity

KEYS = ("household", "person", "area", "members")
NUMBERS = ("household", "person")
"""Columns no side reads: results come back by row."""
MOST_MEMORY = "8GB"


class ByHand:
    """DuckDB, fed part by part."""

    def __init__(self, applicants: Applicants, threads: int) -> None:
        self.applicants = applicants
        self.connection = duckdb.connect()
        spill = applicants.folder / "spill"
        self.connection.execute(f"SET threads = {threads}")
        self.connection.execute(f"SET memory_limit = '{MOST_MEMORY}'")
        self.connection.execute(f"SET temp_directory = '{spill}'")
        self.connection.execute("SET max_temp_directory_size = '40GB'")
        self.connection.execute(f"CREATE TABLE places AS FROM '{applicants.folder / 'places.parquet'}'")

    def run(self, part: int) -> Told:
        """Judge a part out of its files."""
        self._see(f"'{self.applicants.persons_of(part)}'", f"'{self.applicants.households_of(part)}'")
        return judge_by_hand(self.connection)

    def whole(self) -> Told:
        """Judge all parts in one statement."""
        folder = self.applicants.folder
        self._see(f"'{folder}/persons-*.parquet'", f"'{folder}/households-*.parquet'")
        return judge_by_hand(self.connection)

    def load(self, part: int) -> None:
        """Take a part into tables of the database's own."""
        for name, path in (
            ("kept_persons", self.applicants.persons_of(part)),
            ("kept_households", self.applicants.households_of(part)),
        ):
            self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM '{path}'")

    def judge(self) -> Told:
        """Judge what was taken."""
        self._see("kept_persons", "kept_households")
        return judge_by_hand(self.connection)

    def rows(self, part: int, path: str) -> None:
        """Write every result of a part."""
        self._see(f"'{self.applicants.persons_of(part)}'", f"'{self.applicants.households_of(part)}'")
        _write(path, *rows_by_hand(self.connection))

    def _see(self, persons: str, households: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW persons AS FROM {persons}")
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW households AS FROM {households}")


class Columns:
    """Our rules on NumPy columns, one thread."""

    def __init__(self, applicants: Applicants, threads: int) -> None:
        self.applicants = applicants
        self.threads = threads
        self.subset = subset_of(load_book("shouwang.rules"))
        self.parameters = standards(self.subset, applicants.codes)
        self.codes = np.array(applicants.codes, dtype="<U12")
        self.kept: Frame | None = None

    def run(self, part: int) -> Told:
        """Judge a part out of its files."""
        self.load(part)
        return self.judge()

    def load(self, part: int) -> None:
        """Read a part into arrays."""
        shared = _read(self.applicants.households_of(part), self.threads)
        own = _read(self.applicants.persons_of(part), self.threads)
        members, area = np.asarray(shared["members"]), np.asarray(shared["area"])
        offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(members, dtype=np.int64)))
        self.kept = Frame(self.codes[area], offsets, _columns(shared), _columns(own))

    def judge(self) -> Told:
        """Judge what was read."""
        results = self._results()
        return {
            name: (int(np.count_nonzero(column.known)), _sum(column.values))
            for columns in (results.household, results.person)
            for name, column in columns.items()
        }

    def rows(self, part: int, path: str) -> None:
        """Write every result of a part."""
        self.load(part)
        results = self._results()
        _write(path, *(_table(columns) for columns in (results.household, results.person)))

    def _results(self) -> Frame:
        assert self.kept is not None
        return evaluate_columns(self.subset, self.kept, AS_OF, self.parameters)


class Compiled(Columns):
    """Our rules as machine code compiled from their trees, over packed columns: the form in which a state is kept."""

    def __init__(self, applicants: Applicants, threads: int) -> None:
        super().__init__(applicants, threads)
        from shouwang.engine.backends import compiled

        self.engine = compiled
        self.segment: Segment | None = None
        self.results: Frame | None = None
        self.rooms: dict[str, Array] = {}

    def load(self, part: int) -> None:
        """Read a part into packed columns."""
        shared = _read(self.applicants.households_of(part), self.threads)
        own = _read(self.applicants.persons_of(part), self.threads)
        self.segment = Segment(
            self.applicants.codes,
            np.asarray(shared["area"]).astype(np.int32),
            np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(np.asarray(shared["members"]), dtype=np.int64))),
            np.arange(shared.num_rows),
            np.arange(own.num_rows),
            self._packed(own),
            self._packed(shared),
        )

    def state(self, part: int) -> Told:
        """Judge a part as a state keeps it: nothing is copied."""
        own, shared = (KeptColumns(path) for path in self.applicants.state_of(part))
        offsets = shared["offsets"]
        self.segment = Segment(
            self.applicants.codes,
            shared["area"],
            offsets,
            np.arange(len(offsets) - 1),
            np.arange(int(offsets[-1])),
            {name: own[name] for name in own.names()},
            {name: shared[name] for name in shared.names() if name not in {"area", "offsets"}},
        )
        return self.judge()

    def _packed(self, table: pa.Table) -> dict[str, Array]:
        """Null as packed columns say it; the same memory serves every part."""
        found = {}
        for name in table.column_names:
            if name not in KEYS:
                chunked = table.column(name)
                kind = np.dtype(np.int8 if pa.types.is_boolean(chunked.type) else chunked.type.to_pandas_dtype())
                found[name] = stored = self._room(name, len(chunked), kind)
                at = 0
                for piece in chunked.chunks:
                    valid, values = (
                        None if each is None else np.frombuffer(each, np.uint8) for each in piece.buffers()
                    )
                    if not pa.types.is_boolean(piece.type):
                        values = values.view(kind)[piece.offset : piece.offset + len(piece)]
                    take(values, valid, piece.offset, stored[at : at + len(piece)], untold(kind))
                    at += len(piece)
        return found

    def _room(self, name: str, length: int, kind: np.dtype[Any]) -> Array:
        kept = self.rooms.get(name)
        if kept is None or len(kept) < length:
            kept = self.rooms[name] = np.empty(length + length // 50, dtype=kind)
        return kept[:length]

    def _results(self) -> Frame:
        assert self.segment is not None
        segment, wanted = self.segment, Wanted(tuple(self.subset.definitions), narrow=True)
        given = self.engine.segment_given(self.subset, segment, AS_OF, lambda _: ())
        results = Frame(self.codes[segment.area[:0]], segment.offsets[:1])
        for work in self.engine.works_of(self.subset, given, AS_OF, self.parameters, wanted):
            outputs = []
            for place, size, entity in work.program.layout.outputs:
                kind, _, name = place.partition(":")
                own = entity is Entity.PERSON
                columns, length = (
                    (results.person if own else results.household),
                    segment.persons if own else len(segment.area),
                )
                if name not in columns:
                    truth = self.subset.unit_of(name) == "bool"
                    values = self._room(f"of {name}", length, np.dtype(bool if truth else f"i{size}"))
                    columns[name] = Column(values, self._room(f"known {name}", length, np.dtype(bool)))
                outputs.append(columns[name].values if kind == "of" else columns[name].known)
            self.engine.run(work, segment.offsets, outputs, self.threads)
        return results


SIDES: dict[str, type[Any]] = {"duckdb": ByHand, "columns": Columns, "compiled": Compiled}
if find_spec("shouwang.engine.backends.compiled") is None:
    del SIDES["compiled"]


def _read(path: Path, threads: int) -> pa.Table:
    file = pq.ParquetFile(path)
    needed = [name for name in file.schema_arrow.names if name not in NUMBERS]
    return file.read(needed, use_threads=threads > 1)


def _columns(table: pa.Table) -> dict[str, Column]:
    return {name: _column(table.column(name)) for name in table.column_names if name not in KEYS}


def _column(chunked: pa.ChunkedArray) -> Column:
    """Piece by piece into one array of each kind, which costs less than joining the pieces first."""
    truth = pa.types.is_boolean(chunked.type)
    values = np.empty(len(chunked), dtype=bool if truth else np.int64)
    known = np.ones(len(chunked), dtype=bool)
    at = 0
    for piece in chunked.chunks:
        here = slice(at, at + len(piece))
        if piece.null_count:
            known[here] = piece.is_valid()
        values[here] = piece.fill_null(False if truth else 0) if piece.null_count else piece
        at += len(piece)
    return Column(values, known)


def _sum(values: Array) -> int:
    return int(np.count_nonzero(values) if values.dtype == bool else values.sum(dtype=np.int64))


def _table(columns: dict[str, Column]) -> pa.Table:
    return pa.table({name: pa.array(column.values, mask=~column.known) for name, column in columns.items()})


def _write(path: str, households: pa.Table, persons: pa.Table) -> None:
    for table, end in ((households, "households"), (persons, "persons")):
        with pa.OSFile(f"{path}.{end}", "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)


def main() -> None:
    """Serve the side named on the command line: name, number of people, threads."""
    name, people, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    applicants = made(subset_of(load_book("shouwang.rules")), people)
    pa.set_cpu_count(threads)
    side = SIDES[name](applicants, threads)
    serve(
        {
            each: getattr(side, each)
            for each in ("run", "state", "load", "judge", "rows", "whole")
            if hasattr(side, each)
        }
    )


if __name__ == "__main__":
    main()

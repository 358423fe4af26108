"""The same rules on a cluster: Spark moves the pieces, its Python processes read, link, fold and judge them.

Spark is the carrier: rows never pass its own engine one by one, only Arrow messages of many rows do (``slices.py``). The
folders must be seen by every machine under the same path. Needs the extra ``[spark]`` and Java 17.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.functions import vectorized_udf  # type: ignore[attr-defined]  # not in its stub
from pyspark.util import PythonEvalType

import shouwang
from shouwang.engine.backends import slices
from shouwang.engine.backends.slices import FactSource, Law, Reading, Register, Run

HOUSEHOLDS_PER_SLICE = 100_000
ROWS_PER_PART = 1_500_000
_SQL_TYPES = {pa.int32(): "int", pa.int64(): "long", pa.binary(): "binary"}


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run went over. ``unlinked``: by fact file that was read, how many of its rows speak of nobody in the register.

    A file that holds no item the targets rest on is not read.
    """

    households: int
    persons: int
    facts: int
    unlinked: Mapping[str, int]


@contextmanager
def local_session(folder: Path, *, threads: int = 2, memory: str = "2g") -> Iterator[SparkSession]:
    """Spark inside this process's machine, on loopback, its working files under ``folder``; ends with the block."""
    builder: Any = SparkSession.builder
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": memory,
        "spark.local.dir": str(folder / "spark"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.log.level": "ERROR",
        "spark.ui.showConsoleProgress": "false",
        "spark.executorEnv.PYTHONPATH": ":".join([str(Path(shouwang.__path__[0]).parent), *filter(None, sys.path)]),
    }.items():
        builder = builder.config(name, value)
    session = builder.master(f"local[{threads}]").appName("shouwang").getOrCreate()
    session.sparkContext.pythonExec = sys.executable
    try:
        yield session
    finally:
        session.stop()


def apply_in_arrow(
    frame: DataFrame, key: str, work: Callable[[Any, pa.Table], pa.Table], schema: Sequence[tuple[str, pa.DataType]]
) -> DataFrame:
    """``frame.groupBy(key).applyInArrow(work, schema)``, which in pyspark 4.3 asks for pandas and then does not use it."""
    made = vectorized_udf(work, _ddl(schema), PythonEvalType.SQL_GROUPED_MAP_ARROW_UDF)
    called = made(*[frame[name] for name in frame.columns])
    return DataFrame(frame.groupBy(key)._jgd.flatMapGroupsInArrow(called._jc), frame.sparkSession)


def map_in_arrow(
    frame: DataFrame,
    work: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
    schema: Sequence[tuple[str, pa.DataType]],
) -> DataFrame:
    """``frame.mapInArrow(work, schema)``, without pandas."""
    made = vectorized_udf(work, _ddl(schema), PythonEvalType.SQL_MAP_ARROW_ITER_UDF)
    called = made(*[frame[name] for name in frame.columns])
    return DataFrame(frame._jdf.mapInArrow(called._jc, False, None), frame.sparkSession)


def _ddl(schema: Sequence[tuple[str, pa.DataType]]) -> str:
    return ", ".join(f"{name} {_SQL_TYPES[kind]}" for name, kind in schema)


def judge_register(
    session: SparkSession,
    register: Path,
    facts: Sequence[Path],
    law: Law,
    *,
    covered: Mapping[str, Collection[str]],
    out: Path,
    households_per_slice: int = HOUSEHOLDS_PER_SLICE,
) -> Tally:
    """Compare a register folder with fact files: link, fold, judge. Three passes: spread by key, link, judge by slice.

    ``covered`` division → feeds whose silence speaks there and below. ``out`` (must be empty or absent) receives
    ``persons-N.parquet`` and ``households-N.parquet`` (lasting number, ``holds``, ``untold``: bit i speaks of
    ``law.targets[i]``) in the register's order, and ``unlinked-N.parquet``, the keys of fact file N nobody has.
    Raises FactFileError for a file that cannot be read, FileExistsError for results that are there already.
    """
    _prepare(out)
    whole = Register.at(register, households_per_slice)
    sources = _sources(whole, facts, law)
    rows = sum(pq.ParquetFile(each.path).metadata.num_rows for each in sources)
    parts = max(1, -(-(rows + pq.ParquetFile(register / slices.PERSONS).metadata.num_rows) // ROWS_PER_PART))
    feeds = {code: frozenset(each) for code, each in covered.items()}
    run = Run(whole, sources, parts, law, feeds, str(out))
    linked = _every_slice(session, whole)
    if pieces := slices.pieces_of(run):
        asked = session.createDataFrame(pieces, "source int, row_group int").repartition(len(pieces))
        parted = map_in_arrow(asked, _spreading(run), slices.SPREAD).repartition(parts, "part")
        linked = linked.union(apply_in_arrow(parted, "part", _linking(run), slices.LINKED))
    tasks = min(len(whole.slices) + 1, session.sparkContext.defaultParallelism * 8)
    judged = apply_in_arrow(linked.repartition(tasks, "slice"), "slice", _judging(run), slices.TALLY)
    return _add_up(judged, sources)


def evaluate_persons(
    session: SparkSession, folder: Path, law: Law, out: Path, *, households_per_slice: int = HOUSEHOLDS_PER_SLICE
) -> Tally:
    """Compute the law's targets for households whose inputs lie ready as columns of a register folder, null unknown.

    ``out`` (must be empty or absent) receives ``persons-N.parquet`` and ``households-N.parquet``: one column for each
    target, null where unknown, rows in the folder's order. Raises FileExistsError for results that are there already.
    """
    _prepare(out)
    whole = Register.at(folder, households_per_slice)
    asked = _every_slice(session, whole).repartition(max(1, len(whole.slices)), "slice")
    computed = apply_in_arrow(asked, "slice", _evaluating(Reading(whole, law, str(out))), slices.TALLY)
    return _add_up(computed, ())


def _prepare(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} 里已有文件：请换一个空文件夹")


def _sources(register: Register, facts: Sequence[Path], law: Law) -> tuple[FactSource, ...]:
    book = law.load()
    inputs = book.inputs_for(law.targets, law.as_of, register.areas())
    wanted = {item for name in inputs if (item := book.inputs[name].item) is not None}
    return tuple(slices.fact_source(path, book, wanted) for path in facts)


def _every_slice(session: SparkSession, register: Register) -> DataFrame:
    """A row without facts for each slice, so that those nobody speaks of are judged too."""
    rows = [(number, None, None) for number in register.slices]
    return session.createDataFrame(rows, _ddl(slices.LINKED))


def _add_up(judged: DataFrame, sources: Sequence[FactSource]) -> Tally:
    rows = judged.collect()
    linked = [row for row in rows if row["slice"] != slices.UNLINKED]
    unlinked = dict.fromkeys((source.path for source in sources if source.items), 0)
    for row in rows:
        if row["slice"] == slices.UNLINKED:
            unlinked[sources[row["source"]].path] += row["facts"]
    households, persons, facts = (sum(row[name] for row in linked) for name in ("households", "persons", "facts"))
    return Tally(households, persons, facts, unlinked)


def _spreading(run: Run) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            pieces = zip(batch["source"].to_pylist(), batch["row_group"].to_pylist(), strict=True)
            for table in slices.spread(run, pieces):
                yield from table.to_batches(max_chunksize=1)

    return work


def _linking(run: Run) -> Callable[[Any, pa.Table], pa.Table]:
    def work(_: Any, table: pa.Table) -> pa.Table:
        return slices.link(run, table)

    return work


def _judging(run: Run) -> Callable[[Any, pa.Table], pa.Table]:
    def work(key: Any, table: pa.Table) -> pa.Table:
        return slices.judge_slice(run, key[0].as_py(), table)

    return work


def _evaluating(reading: Reading) -> Callable[[Any, pa.Table], pa.Table]:
    def work(key: Any, _: pa.Table) -> pa.Table:
        return slices.evaluate_slice(reading, key[0].as_py())

    return work

"""Spark as a carrier: it schedules, shuffles and repeats; its Python processes do the work, on Arrow messages of many rows.

Needs the extra ``[spark]`` and Java 17. Of pandas there is no need: pyspark 4.3 asks for it before ``applyInArrow`` and
``mapInArrow`` and then does not use it, so what lies behind that question is called here.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.functions import vectorized_udf  # type: ignore[attr-defined]  # not in its stub
from pyspark.util import PythonEvalType

import shouwang

Session = SparkSession
Rows = DataFrame
Schema = Sequence[tuple[str, pa.DataType]]
_SQL_TYPES = {pa.int32(): "int", pa.int64(): "long", pa.binary(): "binary"}


@contextmanager
def local_session(folder: Path, *, threads: int = 2, memory: str = "2g") -> Iterator[Session]:
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


def listed(session: Session, rows: Sequence[tuple[int | None, ...]], schema: Schema) -> Rows:
    """Rows of numbers, null where None."""
    return session.createDataFrame(rows, _ddl(schema))


def for_each(
    session: Session,
    pieces: Sequence[tuple[int, int]],
    work: Callable[[tuple[int, int]], Iterable[pa.Table]],
    schema: Schema,
) -> Rows:
    """The rows ``work`` gives for each piece, by ``mapInArrow``: each piece a task of its own."""

    def mapped(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for piece in zip(batch["first"].to_pylist(), batch["second"].to_pylist(), strict=True):
                for table in work(piece):
                    yield from table.to_batches(max_chunksize=1)
        _set_apart()

    asked = listed(session, pieces, (("first", pa.int32()), ("second", pa.int32()))).repartition(max(1, len(pieces)))
    made = vectorized_udf(mapped, _ddl(schema), PythonEvalType.SQL_MAP_ARROW_ITER_UDF)
    called = made(*[asked[name] for name in asked.columns])
    return DataFrame(asked._jdf.mapInArrow(called._jc, False, None), session)


def for_each_group(
    rows: Rows, key: str, work: Callable[[int, pa.Table], pa.Table], schema: Schema, *, tasks: int
) -> Rows:
    """``rows.groupBy(key).applyInArrow``: what ``work`` makes of each number of ``key`` and the rows that have it."""

    def applied(group: Any, table: pa.Table) -> pa.Table:
        made = work(group[0].as_py(), table)
        _set_apart()
        return made

    dealt = rows.repartition(tasks, key)
    called_by = vectorized_udf(applied, _ddl(schema), PythonEvalType.SQL_GROUPED_MAP_ARROW_UDF)
    called = called_by(*[dealt[name] for name in dealt.columns])
    return DataFrame(dealt.groupBy(key)._jgd.flatMapGroupsInArrow(called._jc), dealt.sparkSession)


_apart: set[int] = set()
"""How many modules were loaded whenever this process has set things apart."""


def _set_apart() -> None:
    """Keep what is loaded out of the garbage collector's sight: pyspark collects after each task, and would look through
    every module and rule each time."""
    if len(sys.modules) not in _apart:
        _apart.add(len(sys.modules))
        gc.collect()
        gc.freeze()


def _ddl(schema: Schema) -> str:
    return ", ".join(f"{name} {_SQL_TYPES[kind]}" for name, kind in schema)

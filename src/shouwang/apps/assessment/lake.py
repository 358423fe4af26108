"""Where the rows of runs lie, and how a file comes into being: whole, on disk, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

PEOPLE, HOUSEHOLDS, FACTS = "people.parquet", "households.parquet", "facts.parquet"
WAITING = "waiting.parquet"
SIGNALS, DIFF = "signals.parquet", "diff.parquet"


def folder_of(run: UUID) -> Path:
    """Return the folder of a run's files."""
    return Path(settings.LAKE_DIR) / "runs" / str(run)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file atomically: temp name, fsync, rename, fsync of the folder. Equal tables give equal bytes."""
    _write(path, lambda temporary: pq.write_table(table, temporary, compression="zstd", version="2.6"))


def read_table(path: Path) -> pa.Table:
    """Read a whole Parquet file."""
    return pq.read_table(path)


def read_changes(run: UUID, kind: str) -> pa.Table:
    """Read the rows of a run's diff of one kind, in the columns of signals."""
    table = pq.read_table(folder_of(run) / DIFF, filters=[("change", "=", kind)]).drop_columns(["change"])
    empty = pa.nulls(len(table), pa.string())
    return table.append_column("evidence", empty)


def sweep(run: UUID) -> None:
    """Remove what killed processes left half-written in a run's folder."""
    for path in folder_of(run).glob(".*.tmp"):
        path.unlink(missing_ok=True)


def remove_run(run: UUID) -> None:
    """Remove the files of an abandoned run."""
    shutil.rmtree(folder_of(run), ignore_errors=True)


def _write(path: Path, write: Callable[[Path], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""Many rows at a time on SQLite and PostgreSQL: paced batches and plain inserts without building model objects."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection

Row = TypeVar("Row")
BATCH_SECONDS = 0.2  # well under the promised 0.5 s, for slower disks and a busy machine


def paced(rows: Iterable[Row], first: int = 1000, most: int = 20_000) -> Iterator[list[Row]]:
    """Cut rows into batches whose handling takes about BATCH_SECONDS: people wait for the writer no longer than that."""
    source, size = iter(rows), first
    while batch := list(islice(source, size)):
        started = time.perf_counter()
        yield batch
        spent = time.perf_counter() - started
        size = max(100, min(most, int(len(batch) * min(1.5, BATCH_SECONDS / max(spent, 0.001)))))


def chunked(values: Sequence[Row], size: int = 800) -> Iterator[Sequence[Row]]:
    """Cut values into pieces that fit one statement's parameters."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert plain rows (see ``plain``) in the running transaction; COPY on PostgreSQL."""
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", list(rows))  # noqa: S608 — names from code


def plain(value: Any) -> Any:
    """Return a value as both databases take it in a plain statement: dates as text, moments and uuids as stored."""
    if value is None or type(value) in {str, int}:
        return value
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return value


def day_sql(column: str) -> str:
    """Return SQL for a date column as days since 1970-01-01."""
    if connection.vendor == "postgresql":
        return f"({column} - DATE '1970-01-01')"
    return f"CAST(julianday({column}) - 2440587.5 AS INTEGER)"

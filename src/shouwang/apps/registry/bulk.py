"""Many rows at a time on SQLite and PostgreSQL: paced batches and plain inserts without building model objects."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model

Row = TypeVar("Row")
Found = TypeVar("Found", bound=Model)
BATCH_SECONDS = 0.2  # well under the promised 0.5 s, for slower disks and a busy machine


def paced(rows: Iterable[Row], first: int = 1000, most: int = 20_000) -> Iterator[list[Row]]:
    """Cut rows into batches whose handling takes about BATCH_SECONDS: people wait for the writer no longer than that."""
    source, size = iter(rows), first
    while batch := list(islice(source, size)):
        started = time.perf_counter()
        yield batch
        spent = time.perf_counter() - started
        size = max(100, min(most, int(len(batch) * min(1.5, BATCH_SECONDS / max(spent, 0.001)))))


def chunked(values: Sequence[Row], size: int = 4000) -> Iterator[Sequence[Row]]:
    """Cut values into pieces that fit one statement's parameters."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def rows_among(
    select: str, column: str, values: Iterable[Any], arguments: Sequence[Any] = ()
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of ``select`` (SQL up to its last AND or WHERE, taking ``arguments``) where a column is one of the values.

    Plain rows, as the database has them: for thousands of values at a time, where building a query set would cost more than the reading.
    """
    with connection.cursor() as cursor:
        for part in chunked(list(values)):
            place, given = _among(column, part)
            cursor.execute(f"{select} {place}", [*arguments, *given])
            yield from cursor.fetchall()


def found_among(
    model: type[Found], column: str, values: Iterable[Any], where: str = "", arguments: Sequence[Any] = ()
) -> Iterator[Found]:
    """Yield the objects of a model for which ``where`` (SQL taking ``arguments``) holds and a column is one of the values."""
    for part in chunked(list(values)):
        place, given = _among(column, part)
        clause = f"{where} AND {place}" if where else place
        yield from model._default_manager.raw(
            f"SELECT * FROM {model._meta.db_table} WHERE {clause}",  # noqa: S608 — names from code
            [*arguments, *given],
        )


def _among(column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", [list(values)]
    return f"{column} IN ({', '.join(['%s'] * len(values))})", list(values)


def fresh_uuids(count: int) -> list[UUID]:
    """Return random uuids, all drawn at once."""
    drawn = os.urandom(16 * count)
    return [UUID(bytes=drawn[at : at + 16], version=4) for at in range(0, len(drawn), 16)]


def uuid_of(value: Any) -> UUID:
    """Return a uuid column of a plain row as a uuid."""
    return value if isinstance(value, UUID) else UUID(value)


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

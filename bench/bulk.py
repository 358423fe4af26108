"""Fills tables by the database's own bulk road, so that a bench measures its own work and not the filling."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from django.apps import apps
from django.db import connection, transaction


def fill(model: str, given: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows of the named columns into a model's table; its other columns take the model's defaults."""
    meta = apps.get_model(model)._meta
    others = [field for field in meta.concrete_fields if field.column not in given and not field.primary_key]
    defaults = tuple(field.get_default() for field in others if field.column != "uuid")
    own = [field.column for field in others if field.column != "uuid"]
    has_uuid = any(field.column == "uuid" for field in others)
    columns = ", ".join([*given, *own, *(["uuid"] if has_uuid else [])])
    postgres = connection.vendor == "postgresql"

    def whole() -> Iterator[tuple[Any, ...]]:
        for row in rows:
            full = (*row, *defaults, *((uuid.uuid4(),) if has_uuid else ()))
            yield tuple(_plain(value, postgres=postgres) for value in full)

    with transaction.atomic():
        if postgres:
            with connection.cursor() as cursor, cursor.copy(f"copy {meta.db_table} ({columns}) from stdin") as copy:
                for row in whole():
                    copy.write_row(row)
        else:
            connection.ensure_connection()
            marks = ", ".join("?" for _ in columns.split(", "))
            connection.connection.executemany(f"insert into {meta.db_table} ({columns}) values ({marks})", whole())


def _plain(value: Any, *, postgres: bool) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value)
    if postgres or value is None or isinstance(value, int | str | bytes):
        return value
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, datetime):  # as Django keeps it: UTC, without a zone
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value


def analyze() -> None:
    """Let the planner know what was filled in."""
    with connection.cursor() as cursor:
        cursor.execute("analyze")

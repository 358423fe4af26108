"""Whom the register's changes touched since an earlier reading: by when they were committed, not by what date they bear.

A transaction may be open while a run reads and commit afterwards with an earlier ``known_from``; a long import bears one
``known_from`` from its first batch to its last. So a mark says what a reading can have seen. On SQLite, which has one
writer at a time, that is the last number given of facts, categories and change notes. On PostgreSQL it is the oldest
transaction still open: what it and all later ones write may be missing, what older ones wrote is there.
Change notes are written by the database itself (migration 0003), whoever writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from django.db import connection

from shouwang.apps.registry.models import Category, Change, Fact
from shouwang.apps.registry.selectors.carriers import Carrier, columns

Mark = Mapping[str, int]
_FACT, _CATEGORY, _CHANGE = (model._meta.db_table for model in (Fact, Category, Change))
_STORE, _NEXT = "store", "transaction"
_VERBS = {"sqlite": ("update", "delete"), "postgresql": ("insert", "update", "delete")}


def mark_now(carried: Carrier) -> Mark:
    """Return the mark of a reading: taken before its first query, in its transaction where it has one of its own."""
    if connection.vendor == "postgresql":
        store, oldest = columns(
            carried,
            "SELECT (SELECT system_identifier FROM pg_control_system()) # "
            "(SELECT oid::bigint FROM pg_database WHERE datname = current_database()), "
            "pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
            [],
            "ii",
        )
        return {_STORE: int(store[0]), _NEXT: int(oldest[0])}
    last = columns(
        carried,
        "SELECT " + ", ".join(f"coalesce((SELECT max(id) FROM {table}), 0)" for table in (_FACT, _CATEGORY, _CHANGE)),  # noqa: S608
        [],
        "iii",
    )
    return dict(zip((_FACT, _CATEGORY, _CHANGE), (int(column[0]) for column in last), strict=True))


def touched_since(carried: Carrier, now: Mark, before: Mark) -> tuple[Any, Any] | None:
    """Return the person and the household numbers with changes a reading of ``before`` may not have seen.

    None where the mark is of another database, or of one taken back to an earlier state, or where notes are not being
    kept: a database brought back without its triggers, a table that SQLite rebuilt, triggers switched off.
    """
    if not _notes_are_kept(carried):
        return None
    if set(now) != set(before) or now.get(_STORE) != before.get(_STORE):
        return None
    if any(before[name] > now[name] for name in now if name != _STORE):
        return None
    if connection.vendor == "postgresql":
        sql = (
            f"SELECT coalesce(f.person_id, 0), coalesce(f.household_id, 0) FROM {_CHANGE} n "  # noqa: S608
            f"JOIN {_FACT} f ON f.id BETWEEN n.first_id AND n.last_id WHERE n.kind = 'fact' AND n.written_in >= %s "
            f"UNION SELECT c.person_id, 0 FROM {_CHANGE} n "
            f"JOIN {_CATEGORY} c ON c.id BETWEEN n.first_id AND n.last_id WHERE n.kind = 'category' AND n.written_in >= %s "
            f"UNION SELECT coalesce(n.person_id, 0), coalesce(n.household_id, 0) FROM {_CHANGE} n "
            "WHERE n.kind = '' AND n.written_in >= %s"
        )
        arguments = [before[_NEXT]] * 3
    else:
        sql = (
            f"SELECT coalesce(person_id, 0), coalesce(household_id, 0) FROM {_FACT} WHERE id > %s "  # noqa: S608
            f"UNION SELECT person_id, 0 FROM {_CATEGORY} WHERE id > %s "
            f"UNION SELECT coalesce(person_id, 0), coalesce(household_id, 0) FROM {_CHANGE} WHERE id > %s"
        )
        arguments = [before[_FACT], before[_CATEGORY], before[_CHANGE]]
    people, homes = columns(carried, sql, arguments, "ii")
    return np.unique(people), np.unique(homes)


def _notes_are_kept(carried: Carrier) -> bool:
    """Whether every trigger of migration 0003 is there and on."""
    names = [f"{table}_noted_{verb}" for table in (_FACT, _CATEGORY) for verb in _VERBS[connection.vendor]]
    among = ", ".join(["%s"] * len(names))
    sql = (
        f"SELECT count(*) FROM pg_trigger WHERE tgname IN ({among}) AND tgenabled IN ('O', 'A')"  # noqa: S608
        if connection.vendor == "postgresql"
        else f"SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name IN ({among})"  # noqa: S608
    )
    (found,) = columns(carried, sql, names, "i")
    return int(found[0]) == len(names)

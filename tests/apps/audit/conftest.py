from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from shouwang.apps.audit.record import record
from shouwang.apps.audit.sealing import heads_file


@pytest.fixture(autouse=True)
def _fresh_heads(db: None) -> Iterator[None]:
    """Each test's log begins anew, so its noted heads do too."""
    heads_file().unlink(missing_ok=True)
    yield
    heads_file().unlink(missing_ok=True)


@pytest.fixture
def write() -> Callable[[int], list[int]]:
    """Return a writer of n events that returns their numbers."""

    def written(count: int) -> list[int]:
        with transaction.atomic():
            return [
                record(None, "view", subject_kind="person", subject_uuid=f"u{number}", details={"n": number}).pk
                for number in range(count)
            ]

    return written


@pytest.fixture
def tamper() -> Callable[..., Any]:
    """Return a way to run raw SQL with the append-only triggers out of the way, as somebody with the database's password could."""

    def run(*statements: str) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET session_replication_role = replica")
                for statement in statements:
                    cursor.execute(statement)
                cursor.execute("SET session_replication_role = DEFAULT")
                return
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%%'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                cursor.execute(statement)
            for _, sql in triggers:
                cursor.execute(sql)

    return run

"""What every test stands on: folders of its own, keys of its own, a fixed day, the standing cast."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, TransactionTestCase

from shouwang.apps.accounts.access import Actor
from shouwang.lib import clock

_FOLDER = tempfile.TemporaryDirectory(prefix="shouwang-tests-")
_DATA = Path(_FOLDER.name)
settings.DATA_DIR = _DATA
settings.LAKE_DIR = _DATA / "lake"
settings.KEY_DIR = _DATA / "keys"
settings.STATIC_ROOT = _DATA / "static"
settings.STATIC_ROOT.mkdir()
settings.DEMO = False
if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that threads and child processes meet the same locks as in service.
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(_DATA / "test.sqlite3")


@pytest.fixture(autouse=True)
def _fixed_day() -> Iterator[None]:
    from tests.cast import TODAY

    with clock.pinned(TODAY):
        yield


@pytest.fixture
def cast(db: None) -> object:
    from tests.cast import make_cast

    return make_cast()


@pytest.fixture
def sign_in() -> Callable[[Actor], Client]:
    from tests.cast import signed_in

    return signed_in


@pytest.fixture
def cun(cast: object) -> Actor:
    return cast.cun


@pytest.fixture
def zhen(cast: object) -> Actor:
    return cast.zhen


@pytest.fixture
def xian(cast: object) -> Actor:
    return cast.xian


@pytest.fixture
def shi(cast: object) -> Actor:
    return cast.shi


@pytest.fixture
def sheng(cast: object) -> Actor:
    return cast.sheng


@pytest.fixture
def linxiang(cast: object) -> Actor:
    return cast.linxiang


def _flush_past_the_guards(flush: Callable[[TransactionTestCase], None]) -> Callable[[TransactionTestCase], None]:
    """Let a test with real commits be cleaned up: the append-only triggers step aside for the flush, then come back."""

    def flushed(case: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                tables = ("audit_event", "audit_seal")
                aside = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
                back = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
            else:
                cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                triggers = cursor.fetchall()
                aside = [f"DROP TRIGGER {name}" for name, _ in triggers]
                back = [sql for _, sql in triggers]
            for statement in aside:
                cursor.execute(statement)
        flush(case)
        with connection.cursor() as cursor:
            for statement in back:
                cursor.execute(statement)

    return flushed


TransactionTestCase._fixture_teardown = _flush_past_the_guards(TransactionTestCase._fixture_teardown)

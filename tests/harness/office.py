"""A whole office of its own for harnesses: a fresh database (SQLite file or PostgreSQL), keys and lake in one folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def fresh_office(url: str = "") -> Iterator[dict[str, str]]:
    """Yield the environment of an empty office: a SQLite file, or a new database beside the one ``url`` names."""
    with tempfile.TemporaryDirectory(prefix="shouwang-office-") as folder, _database(url, Path(folder)) as database:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
        yield kept | {
            "SHOUWANG_DATA_DIR": folder,
            "SHOUWANG_DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "shouwang.config.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }


@contextlib.contextmanager
def _database(url: str, folder: Path) -> Iterator[str]:
    if not url.startswith("postgresql"):
        yield f"sqlite:///{folder / 'office.sqlite3'}"
        return
    import psycopg

    name = f"harness_{uuid4().hex[:12]}"
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def start() -> None:
    """Set Django up in a harness's child process and build the tables."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)

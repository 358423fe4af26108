"""What a register of the invented country takes in the offices' database, and how long its copy and its return take.

PostgreSQL: size on disk, ``pg_dump`` (custom format, one process), ``pg_restore`` into an empty database (one process, the
indexes built anew). SQLite: size of the file, copy by the database's own online backup. People, households, memberships,
categories and facts of three years; no alerts, no audit.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.harness.cluster import binaries, cluster


def fill_here(people: int) -> None:
    """Fill the configured database; print how many rows it then holds, and of PostgreSQL the size."""
    from bench.warn_run import load
    from shouwang.config.start import start

    start(today="2026-11-02")
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    load(people)
    figure: dict[str, object] = {
        name: apps.get_model(f"registry.{name}").objects.count() for name in ("Person", "Household", "Fact")
    }
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("vacuum analyze")
            cursor.execute("select pg_database_size(current_database())")
            figure["bytes"] = cursor.fetchone()[0]
    print(json.dumps(figure), flush=True)


def filled(people: int, settings: dict[str, str]) -> dict[str, int]:
    """Fill a database in a process of its own; return what it told."""
    again = [sys.executable, __file__, "--here", "--people", str(people)]
    done = subprocess.run(again, check=True, env={**os.environ, **settings}, stdout=subprocess.PIPE)
    told: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return told


def on_postgres(people: int, folder: str) -> dict[str, object]:
    """Fill a private PostgreSQL, dump it, restore it beside itself."""
    with cluster() as url:
        told = filled(people, {"SHOUWANG_DATA_DIR": folder, "SHOUWANG_DATABASE_URL": url})
        dump = Path(folder) / "copy.dump"
        other = f"{url.rpartition('/')[0]}/again"
        seconds = []
        for command in (
            [binaries() / "pg_dump", "--format=custom", f"--file={dump}", url],
            [binaries() / "createdb", f"--maintenance-db={url}", "again"],
            [binaries() / "pg_restore", "--exit-on-error", f"--dbname={other}", dump],
        ):
            began = time.perf_counter()
            subprocess.run([str(part) for part in command], check=True)
            seconds.append(time.perf_counter() - began)
        return {
            **told,
            "bytes_a_person": round(told["bytes"] / people),
            "copy_bytes_a_person": round(dump.stat().st_size / people),
            "copy_s": round(seconds[0], 1),
            "restore_s": round(seconds[2], 1),
        }


def on_sqlite(people: int, folder: str) -> dict[str, object]:
    """Fill a SQLite file, copy it while open."""
    told: dict[str, object] = dict(filled(people, {"SHOUWANG_DATA_DIR": folder}))
    path = max(Path(folder).rglob("*.sqlite3"), key=lambda each: each.stat().st_size)
    began = time.perf_counter()
    with sqlite3.connect(path) as whole, sqlite3.connect(Path(folder) / "copy.sqlite3") as copy:
        whole.backup(copy)
    size = (Path(folder) / "copy.sqlite3").stat().st_size
    return {
        **told,
        "bytes": size,
        "bytes_a_person": round(size / people),
        "copy_s": round(time.perf_counter() - began, 1),
    }


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--here", action="store_true", help="fill the configured database in this process")
    options = parser.parse_args()
    if options.here:
        fill_here(options.people)
        return
    for name, measure in (("postgresql", on_postgres), ("sqlite", on_sqlite)):
        with tempfile.TemporaryDirectory() as folder:
            found = measure(options.people, folder)
        print(json.dumps({"bench": "database_sizes", "database": name, "people": options.people, **found}), flush=True)


if __name__ == "__main__":
    main()

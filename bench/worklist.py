"""The worklist's and the dashboard's server time with a million alerts, on SQLite and on PostgreSQL: median and worst of ten, in milliseconds."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.harness.cluster import cluster

TODAY = date(2026, 11, 2)
VISITS = 10
BATCH = 20_000


TOWNSHIPS = ("990101100", "990101101", "990101102", "990101103", "990101200", "990101201")


def rows(
    count: int, fields: list[str], households: list[int], villages: list[str] | None = None
) -> Iterator[tuple[Any, ...]]:
    """Alerts spread over six townships (or these villages), four states, three levels and three years."""
    states = ("open", "open", "handling", "feedback", "closed", "closed")
    for number in range(count):
        state = states[number % len(states)]
        opened = TODAY - timedelta(days=1000 - number * 1000 // count)
        given = {
            "uuid": uuid.UUID(int=number + 1),
            "rule": "medical_spending_general",
            "level": "红橙黄"[number % 3],
            "direction": "in",
            "household_id": households[number % len(households)],
            "subject_key": f"bench:{number}",
            "subject_name": f"测试{number % 977}",
            "area_code": villages[number * 7919 % len(villages)]
            if villages
            else f"{TOWNSHIPS[number % 6]}{201 + number % 20}",
            "evidence": "{}",
            "state": state,
            "disposition": "",
            "reason": "",
            "handling_level": "township",
            "opened_on": opened,
            "last_seen_on": opened,
            "times_seen": 1,
            "clock_from": opened,
            "due_on": opened + timedelta(days=14),
            "closed_on": opened + timedelta(days=9) if state == "closed" else None,
            "version": 0,
        }
        yield tuple(given[field] for field in fields)


def fill(count: int, villages: list[str] | None = None) -> None:
    """Put the alerts in by the database's own bulk road; the bench measures reading, not this."""
    from django.apps import apps

    from bench.bulk import analyze
    from bench.bulk import fill as fill_table
    from shouwang.lib import clock

    household = apps.get_model("registry.Household")
    household.objects.bulk_create(
        [household(number=f"bench-{n}", area_code="990101100201", created_at=clock.now()) for n in range(1000)]
    )
    households = list(household.objects.values_list("id", flat=True))
    fields = [
        "uuid",
        "rule",
        "level",
        "direction",
        "household_id",
        "subject_key",
        "subject_name",
        "area_code",
        "state",
        "opened_on",
    ]
    fields += ["last_seen_on", "clock_from", "due_on", "closed_on"]
    fill_table("monitoring.Alert", fields, rows(count, fields, households, villages))
    analyze()


def visit(count: int) -> None:
    """Sign the demo's people in and time their pages."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    call_command("migrate", verbosity=0)
    from shouwang.apps.accounts.models import User
    from shouwang.cli.demo import make_users

    make_users()
    fill(count)
    settings.ALLOWED_HOSTS = ["testserver"]
    for who in ("zhen", "xian", "sheng"):
        client = Client()
        client.force_login(User.objects.get(username=who), backend="django.contrib.auth.backends.ModelBackend")
        for name, path in (
            ("worklist", "/"),
            ("state=open", "/?state=open"),
            ("level=红", "/?level=红"),
            ("overdue", "/?overdue=on"),
            ("deep page", None),
        ):
            url = path or f"/?state=any&after={TODAY - timedelta(days=900)}.{count // 10}"
            samples = []
            for _ in range(VISITS):
                began = time.perf_counter()
                answer = client.get(url)
                samples.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, (url, answer.status_code)
            figure = {"bench": "worklist", "database": connection.vendor, "alerts": count, "who": who, "page": name}
            print(
                json.dumps(
                    figure | {"median_ms": round(statistics.median(samples), 1), "worst_ms": round(max(samples), 1)},
                    ensure_ascii=False,
                ),
                flush=True,
            )


def main() -> None:
    """Run the same visits on both databases, each in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--here", action="store_true", help="run in this process on the configured database")
    options = parser.parse_args()
    if options.here:
        from shouwang.config.start import start

        start(today=TODAY.isoformat())
        visit(options.alerts)
        return
    again = [sys.executable, __file__, "--here", "--alerts", str(options.alerts)]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(again, check=True, env={**os.environ, "SHOUWANG_DATA_DIR": folder})
    with tempfile.TemporaryDirectory() as folder, cluster() as url:
        subprocess.run(again, check=True, env={**os.environ, "SHOUWANG_DATA_DIR": folder, "SHOUWANG_DATABASE_URL": url})


if __name__ == "__main__":
    main()

"""The whole warning run on a register of any size: snapshot from the database, fold, judge, compare, alerts opened.

Prints the run's own stage timings, people a second and the peak memory of the process that ran it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.harness.cluster import cluster

from bench.bulk import analyze, fill
from shouwang.lib.dates import date_of
from shouwang.synth.facts import OPEN

AS_OF = date(2026, 10, 31)
SEED = 7


def load(people: int) -> None:
    """Put an invented register into the database: persons, households, memberships, categories, facts, linked deliveries."""
    from shouwang.apps.assessment.selectors import book
    from shouwang.lib import clock
    from shouwang.synth import country_parts

    now = clock.now()
    counties: set[str] = set()
    for part in country_parts(people, SEED, AS_OF):
        population = part.known.people
        villages = [part.villages[place] for place in part.home.tolist()]
        counties |= {village[:6].ljust(12, "0") for village in villages}
        homes = [villages[household] for household in population.household.tolist()]
        numbers = range(part.first_household + 1, part.first_household + len(villages) + 1)
        fill(
            "registry.Household",
            ["id", "number", "area_code", "created_at"],
            zip(numbers, map(str, numbers), villages, [now] * len(villages), strict=True),
        )
        births = population.birth_day.tolist()
        persons = (
            (
                part.first_person + row + 1,
                f"测{row % 9973}",
                date_of(births[row]),
                1 if population.male[row] else 2,
                homes[row],
                now,
            )
            for row in range(len(births))
        )
        fill("registry.Person", ["id", "name", "birth_date", "sex", "area_code", "created_at"], persons)
        members = (
            (
                part.first_person + row + 1,
                part.first_household + household + 1,
                f"{relation:02d}",
                date(2020, 1, 1),
                now,
            )
            for row, (household, relation) in enumerate(
                zip(population.household.tolist(), population.relation.tolist(), strict=True)
            )
        )
        fill("registry.Membership", ["person_id", "household_id", "relation", "valid_from", "known_from"], members)
        fill("registry.Category", ["person_id", "kind", "valid_from", "known_from", "source"], categories_of(part, now))
        named = ["item", "value", "true_from", "true_to", "known_from", "source", "key"]
        fill("registry.Fact", ["person_id", *named], facts_of(part.persons, part.first_person + 1, now))
        fill("registry.Fact", ["household_id", *named], facts_of(part.households, part.first_household + 1, now))
        print(json.dumps({"loaded": part.first_person + len(births)}), file=sys.stderr, flush=True)
    feeds = {item.feed for item in book().items.values()}
    deliveries = (
        (feed, "2026-10", county, f"{feed}_{county[:6]}_2026-10.csv", 0, "0" * 64, "linked", now)
        for county in counties
        for feed in feeds
    )
    fill(
        "exchange.Delivery",
        ["feed", "period", "area_code", "file_name", "size", "sm3", "state", "received_at"],
        deliveries,
    )
    analyze()


def facts_of(table: Any, first: int, now: Any) -> Iterator[tuple[Any, ...]]:
    """Yield a part's facts as rows; categories are rows of their own table."""
    columns = {name: values.tolist() for name, values in table.columns().items()}
    for place, (subject, item, value, begin, end) in enumerate(
        zip(*(columns[name] for name in ("subject", "item", "value", "true_from", "true_to")), strict=True)
    ):
        if not table.items[item].startswith("category."):
            yield (
                subject + first,
                table.items[item],
                value,
                date_of(begin),
                None if end == OPEN else date_of(end),
                now,
                "register",
                str(place),
            )


def categories_of(part: Any, now: Any) -> Iterator[tuple[Any, ...]]:
    """Yield a part's categories."""
    columns = {name: values.tolist() for name, values in part.persons.columns().items()}
    for subject, item, begin in zip(columns["subject"], columns["item"], columns["true_from"], strict=True):
        if part.persons.items[item].startswith("category."):
            yield (
                subject + part.first_person + 1,
                part.persons.items[item].removeprefix("category."),
                date_of(begin),
                now,
                "register",
            )


def run(people: int) -> None:
    """Load, then run twice: everything new, then everything still."""
    from django.core.management import call_command
    from django.db import connection

    from shouwang.apps.assessment.services import import_standards, run_warnings
    from shouwang.apps.monitoring.services import open_alerts
    from shouwang.synth.county.standards import write_standards

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        write_standards(Path(folder) / "county.csv")
        national = (Path(folder) / "county.csv").read_text(encoding="utf-8").replace("990101000000", "990000000000")
        standards = Path(folder) / "province.csv"
        standards.write_text(national, encoding="utf-8")
        import_standards(standards)
    load(people)
    for turn in ("first", "again"):
        began = time.perf_counter()
        judged = open_alerts(run_warnings("000000000000", AS_OF))
        seconds = time.perf_counter() - began
        figure = {
            "bench": "warn_run",
            "database": connection.vendor,
            "people": people,
            "turn": turn,
            "seconds": round(seconds, 1),
            "people_per_second": round(people / seconds),
        }
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            json.dumps(
                figure | {"peak_mib": peak, "counts": judged.counts, "timings": judged.timings}, ensure_ascii=False
            ),
            flush=True,
        )


def main() -> None:
    """Run on SQLite, or with --postgres on a private PostgreSQL."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--here", action="store_true", help="run in this process on the configured database")
    options = parser.parse_args()
    if options.here:
        from shouwang.config.start import start

        start(today="2026-11-02")
        run(options.people)
        return
    again = [sys.executable, __file__, "--here", "--people", str(options.people)]
    with tempfile.TemporaryDirectory() as folder:
        settings = {**os.environ, "SHOUWANG_DATA_DIR": folder}
        if options.postgres:
            with cluster() as url:
                subprocess.run(again, check=True, env={**settings, "SHOUWANG_DATABASE_URL": url})
        else:
            subprocess.run(again, check=True, env=settings)


if __name__ == "__main__":
    main()

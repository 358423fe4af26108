"""A changed 低保 standard against the law in force over invented households: seconds to fold, to pair and to sum up.

One process. ``--people`` beyond one part of the synthetic country streams part by part, as the job over a province does.
``--register`` puts the people into a database of its own first and times the whole request: counting, reading, computing, storing.
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
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from shouwang.engine.book import load_book
from shouwang.engine.compare.state import fold_facts
from shouwang.engine.frame import FactColumns, People
from shouwang.engine.parameters import Assertion
from shouwang.engine.reform import Reform
from shouwang.engine.reform_text import change_from_text
from shouwang.engine.simulate import Simulation, Summary
from shouwang.rules.simulated import GROUP_INPUTS, benefits_of, groups_of
from shouwang.synth.country import AS_OF, Part, country_parts
from shouwang.synth.facts import FactTable

SEED = 7
PROVINCE = "990000000000"
STANDARDS = (
    ("dibao_rural", 60_000, "person-month"),
    ("dibao_margin_line", 90_000, "person-month"),
    ("dibao_margin_rural", 90_000, "person-month"),
    ("employment_cost_percent", 30, "percent"),
    ("exempt_basic_pension", 1, "bool"),
)


def columns_of(table: FactTable) -> FactColumns:
    """A part's facts as the engine reads them."""
    found = table.columns()
    return FactColumns(
        table.items, found["subject"], found["item"], found["value"], found["true_from"], found["true_to"]
    )


def people_of(part: Part) -> People:
    """A part's people as the engine reads them."""
    known = part.known.people
    return People(
        area_codes=np.array(part.villages)[part.home],
        household_index=known.household,
        birth_day=known.birth_day.astype(np.int32),
        sex=np.where(known.male, 1, 2),
        relation=known.relation,
    )


def request(people: int) -> None:
    """Load a register into the configured database and time one simulation over all of it, as a page asks for it."""
    from django.core.management import call_command

    from bench.warn_run import load
    from shouwang.apps.accounts import services as accounts
    from shouwang.apps.accounts.selectors import actor_by_username
    from shouwang.apps.assessment import selectors, services
    from shouwang.engine.parameter_csv import write_assertions
    from shouwang.lib import clock

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "standards.csv"
        specs = selectors.book().parameter_specs
        rows = [
            Assertion(item, PROVINCE, value, per, date(2025, 1, 1), source="local")
            for item, value, per in STANDARDS
            if item in specs
        ]
        write_assertions(path, rows)
        services.import_standards(path)
    user = accounts.create_user(None, username="sheng", name="省")
    accounts.assign_post(None, user=user, title="省", level="province", area_code=PROVINCE, valid_from=date(2026, 1, 1))
    load(people)
    actor = actor_by_username("sheng", clock.today())
    reform = Reform((change_from_text(selectors.book(), PROVINCE, "dibao_rural=+10%"),))
    for turn in ("first", "again"):
        began, spent = time.perf_counter(), time.process_time()
        made = services.simulate(actor, PROVINCE, AS_OF, reform)
        figure = {
            "bench": "simulate",
            "what": "whole request",
            "turn": turn,
            "households": made.summary["total"]["all"],
            "people": people,
            "seconds": round(time.perf_counter() - began, 2),
            "cpu_seconds": round(time.process_time() - spent, 2),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        print(json.dumps(figure, ensure_ascii=False), flush=True)


def main() -> None:
    """Run and print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--register", type=int, metavar="PEOPLE", help="the whole request on a database of so many people"
    )
    parser.add_argument("--here", action="store_true", help="with --register: on the configured database")
    parser.add_argument("--households", type=int, default=50_000)
    parser.add_argument("--people", type=int, help="instead of --households: the whole country of so many people")
    options = parser.parse_args()
    if options.register and options.here:
        from shouwang.config.start import start

        start(today="2026-11-02")
        request(options.register)
        return
    if options.register:
        again = [sys.executable, __file__, "--here", "--register", str(options.register)]
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(again, check=True, env={**os.environ, "SHOUWANG_DATA_DIR": folder})
        return
    book = load_book("shouwang.rules")
    declared = [
        Assertion(item, PROVINCE, value, per, date(2025, 1, 1), source="local")
        for item, value, per in STANDARDS
        if item in book.parameter_specs
    ]
    parameters = book.table(declared)
    reform = Reform((change_from_text(book, PROVINCE, "dibao_rural=+10%"),))
    feeds = {item.feed for item in book.items.values()}
    seconds: Counter[str] = Counter()
    summary, persons = Summary(), 0
    began = time.perf_counter()
    run = Simulation(book, AS_OF, parameters, reform, benefits_of(book))
    seconds["prepare"] += time.perf_counter() - began
    for part in country_parts(options.people or options.households * 4, SEED, AS_OF):
        whole, own, shared = people_of(part), columns_of(part.persons), columns_of(part.households)
        mark = time.perf_counter()
        names = run.inputs(whole.area_codes) | set(GROUP_INPUTS)
        frame = fold_facts(book, whole, own, shared, AS_OF, covered_feeds=feeds, names=names)
        sex = whole.sex
        if not options.people:
            frame = frame.take(np.arange(min(options.households, frame.households)))
            sex = sex[: frame.persons]
        folded = time.perf_counter()
        paired = run.run(frame)
        compared = time.perf_counter()
        summary.add(paired, frame.area_codes.astype("<U6"), groups_of(frame, sex))
        ended = time.perf_counter()
        seconds.update({"fold": folded - mark, "pair": compared - folded, "sum": ended - compared})
        persons += frame.persons
        if not options.people:
            break
    total = {stage: round(each, 2) for stage, each in seconds.items()}
    figure = {
        "bench": "simulate",
        "households": summary.total["all"],
        "people": persons,
        "seconds": total | {"all": round(sum(seconds.values()), 2)},
        "households_per_second": round(summary.total["all"] / sum(seconds.values())),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "total": summary.total,
    }
    print(json.dumps(figure, ensure_ascii=False))


if __name__ == "__main__":
    main()

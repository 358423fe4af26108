"""A changed 低保 standard against the law in force over invented households: seconds to fold, to pair and to sum up.

One process. ``--people`` beyond one part of the synthetic country streams part by part, as the job over a province does.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections import Counter
from datetime import date

import numpy as np

from shouwang.engine.book import load_book
from shouwang.engine.compare.state import fold_facts
from shouwang.engine.frame import FactColumns, People
from shouwang.engine.parameters import Assertion
from shouwang.engine.reform_text import change_from_text
from shouwang.engine.simulate import Reform, Simulation, Summary
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


def main() -> None:
    """Run and print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--households", type=int, default=50_000)
    parser.add_argument("--people", type=int, help="instead of --households: the whole country of so many people")
    options = parser.parse_args()
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

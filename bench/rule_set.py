"""The whole rule set over an invented country, county by county: facts folded, every rule computed on columns.

Prints seconds for folding and for judging, people a second, how much came out known, and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.population import AS_OF, counties, parameters
from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.book import load_book
from shouwang.engine.frame import Frame


def main() -> None:
    """Judge the country."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--compiled", action="store_true", help="by the compiled rules instead of NumPy")
    options = parser.parse_args()
    evaluate: Callable[..., Frame] = evaluate_columns
    if options.compiled:
        from shouwang.engine.backends.compiled import evaluate_compiled

        evaluate = evaluate_compiled
    book = load_book("shouwang.rules")
    table = parameters(book)
    spent = {"made": 0.0, "fold": 0.0, "judge": 0.0}
    people = households = facts = known = values = 0
    turn = time.perf_counter()
    for county in counties(book, options.people):
        turn = _took(spent, "made", turn)
        frame = county.frame(book)
        turn = _took(spent, "fold", turn)
        results = evaluate(book, frame, AS_OF, table)
        turn = _took(spent, "judge", turn)
        people, households = people + frame.persons, households + frame.households
        facts += len(county.person_facts.subject) + len(county.household_facts.subject)
        for column in (*results.person.values(), *results.household.values()):
            known, values = known + int(column.known.sum()), values + len(column.known)
        turn = time.perf_counter()
    figure = {
        "bench": "rule_set",
        "reading": "compiled" if options.compiled else "columns",
        "rules": len(book.definitions),
        "inputs": len(book.inputs),
        "people": people,
        "households": households,
        "facts": facts,
        "values": values,
        "known_percent": round(100 * known / values),
        "made_s": round(spent["made"], 1),
        "fold_s": round(spent["fold"], 1),
        "judge_s": round(spent["judge"], 1),
        "cpu_s": round(time.process_time(), 1),
        "people_per_second": round(people / (spent["fold"] + spent["judge"])),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(figure))


def _took(spent: dict[str, float], stage: str, since: float) -> float:
    now = time.perf_counter()
    spent[stage] += now - since
    return now


if __name__ == "__main__":
    main()

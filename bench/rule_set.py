"""The whole rule set over an invented country, county by county: facts folded, every rule computed on columns.

Prints seconds for folding and for judging (by NumPy, and by compiled rules: ``compile_s`` is their first county, which
compiles them or loads what an earlier run compiled), people a second, how much came out known, and the peak memory of the
process. The results of both are compared, value by value: exit code 1 where they differ.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.population import AS_OF, counties, parameters
from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.compiled import evaluate_compiled
from shouwang.engine.book import load_book
from shouwang.engine.frame import Frame


def main() -> None:
    """Judge the country."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000_000)
    options = parser.parse_args()
    book = load_book("shouwang.rules")
    table = parameters(book)
    spent = {"made": 0.0, "fold": 0.0, "judge": 0.0, "compile": 0.0, "compiled": 0.0, "compared": 0.0}
    cpu = {"judge": 0.0, "compile": 0.0, "compiled": 0.0}
    apart = 0
    people = households = facts = known = values = 0
    turn = time.perf_counter()
    for county in counties(book, options.people):
        turn = _took(spent, "made", turn)
        frame = county.frame(book)
        turn = _took(spent, "fold", turn)
        began = time.process_time()
        results = evaluate_columns(book, frame, AS_OF, table)
        cpu["judge"] += time.process_time() - began
        turn = _took(spent, "judge", turn)
        if not people:
            began = time.process_time()
            evaluate_compiled(book, frame, AS_OF, table)
            cpu["compile"] += time.process_time() - began
            turn = _took(spent, "compile", turn)
        began = time.process_time()
        same = evaluate_compiled(book, frame, AS_OF, table)
        cpu["compiled"] += time.process_time() - began
        turn = _took(spent, "compiled", turn)
        apart += _apart(results, same)
        _took(spent, "compared", turn)
        people, households = people + frame.persons, households + frame.households
        facts += len(county.person_facts.subject) + len(county.household_facts.subject)
        for column in (*results.person.values(), *results.household.values()):
            known, values = known + int(column.known.sum()), values + len(column.known)
        turn = time.perf_counter()
    figure = {
        "bench": "rule_set",
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
        "compile_s": round(spent["compile"], 1),
        "compiled_s": round(spent["compiled"], 1),
        "judge_cpu_s": round(cpu["judge"], 2),
        "compile_cpu_s": round(cpu["compile"], 2),
        "compiled_cpu_s": round(cpu["compiled"], 2),
        "compiled_over_columns_cpu": round(cpu["compiled"] / cpu["judge"], 3),
        "values_apart": apart,
        "cpu_s": round(time.process_time(), 1),
        "people_per_second": round(people / (spent["fold"] + spent["judge"])),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(figure))
    sys.exit(bool(apart))


def _apart(one: Frame, two: Frame) -> int:
    found = 0
    for mine, theirs in ((one.household, two.household), (one.person, two.person)):
        assert mine.keys() == theirs.keys()
        for name, column in mine.items():
            other = theirs[name]
            found += int(((column.values != other.values) | (column.known != other.known)).sum())
    return found


def _took(spent: dict[str, float], stage: str, since: float) -> float:
    now = time.perf_counter()
    spent[stage] += now - since
    return now


if __name__ == "__main__":
    main()

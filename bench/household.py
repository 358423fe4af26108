"""One household judged, and judged with its explanation, warm: median and p95 in milliseconds, and their ratio."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from shouwang.engine.book import load_book
from shouwang.engine.call import evaluate
from shouwang.engine.explain import explain
from shouwang.rules.worked_case import read_case_file

CASES = Path(__file__).resolve().parents[1] / "tests/data/household.yaml"
ROUNDS = 2000
WARM = 100


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the median and the 95th percentile of the work in milliseconds."""
    samples = []
    for number in range(ROUNDS + WARM):
        began = time.perf_counter()
        work()
        if number >= WARM:
            samples.append((time.perf_counter() - began) * 1000)
    return statistics.median(samples), statistics.quantiles(samples, n=20)[-1]


def main() -> None:
    """Time the whole rule set and one explanation on one household of three."""
    book = load_book("shouwang.rules")
    worked = read_case_file(CASES, book)[0]
    given = (book, worked.case, worked.as_of, worked.parameters)
    rules = len(evaluate(*given).household) + len(evaluate(*given).persons[0])
    whole = timed(lambda: evaluate(*given))
    one = timed(lambda: evaluate(*given, targets=["dibao_gap_amount"]))
    told = timed(lambda: explain(*given, "dibao_gap_amount"))
    for name, (median, p95) in (("all rules", whole), ("低保 only", one), ("低保 explained", told)):
        print(
            json.dumps(
                {"bench": "household", "what": name, "median_ms": round(median, 3), "p95_ms": round(p95, 3)},
                ensure_ascii=False,
            )
        )
    print(json.dumps({"bench": "household", "rules": rules, "explained_over_called": round(told[0] / one[0], 1)}))


if __name__ == "__main__":
    main()

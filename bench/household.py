"""One household under the whole rule set, and one question explained, warm: median and p95 in milliseconds.

Two households: the worked case of three (few facts reported, so most results name what they lack), and an invented one of
four with every fact known.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.engine.agreement import MOST_MEMBERS, random_frame, random_parameters

from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, evaluate
from shouwang.engine.explain import explain
from shouwang.engine.parameters import ParameterTable
from shouwang.rules.worked_case import read_case_file

CASES = Path(__file__).resolve().parents[1] / "tests/data/household.yaml"
TARGET = "dibao_gap_amount"
ROUNDS = 1000
WARM = 100
MEMBERS = 4


def timed(work: Callable[[], object]) -> tuple[float, float, float]:
    """Return the median, the 95th percentile and the best of the work in milliseconds; the best is least disturbed."""
    samples = []
    for number in range(ROUNDS + WARM):
        began = time.perf_counter()
        work()
        if number >= WARM:
            samples.append((time.perf_counter() - began) * 1000)
    return statistics.median(samples), statistics.quantiles(samples, n=20)[-1], min(samples)


def known_household(book: Book, as_of: date) -> Case:
    """Return an invented household of four of which every fact is known."""
    frame = random_frame(book, MOST_MEMBERS * 200, as_of, seed=11)
    columns = (*frame.household.values(),)
    whole = np.logical_and.reduce([column.known for column in columns]) & (frame.sizes == MEMBERS)
    for row in np.flatnonzero(whole).tolist():
        case = frame.case(row)
        if all(value is not None for member in case.members for value in member.values()):
            return Case("990101001001", case.household, case.members)
    raise LookupError("no household of four with every fact known")


def measure(book: Book, who: str, case: Case, as_of: date, parameters: ParameterTable) -> None:
    """Print what one household takes."""
    given = (book, case, as_of, parameters)
    outcome = evaluate(*given)
    values = [*outcome.household.values(), *(value for person in outcome.persons for value in person.values())]
    told = timed(lambda: explain(*given, TARGET))
    one = timed(lambda: evaluate(*given, targets=[TARGET]))
    for what, (median, p95, best) in (
        ("whole rule set", timed(lambda: evaluate(*given))),
        ("whole rule set and one explanation", timed(lambda: (evaluate(*given), explain(*given, TARGET)))),
        (TARGET, one),
        (f"{TARGET} explained", told),
    ):
        spent = {"median_ms": round(median, 3), "p95_ms": round(p95, 3), "best_ms": round(best, 3)}
        figure = {"bench": "household", "who": who, "what": what} | spent
        print(json.dumps(figure, ensure_ascii=False))
    summary = {
        "bench": "household",
        "who": who,
        "members": len(case.members),
        "rules": len(book.versions_on(as_of, case.area_code)),
        "values": len(values),
        "unknown": sum(value is None for value in values),
        "explained_over_called": round(told[0] / one[0], 1),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(summary, ensure_ascii=False))


def main() -> None:
    """Time both households."""
    book = load_book("shouwang.rules")
    worked = read_case_file(CASES, book)[0]
    measure(book, "worked case", worked.case, worked.as_of, worked.parameters)
    measure(book, "all known", known_household(book, worked.as_of), worked.as_of, random_parameters(book, seed=1))


if __name__ == "__main__":
    main()

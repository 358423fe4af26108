"""Every rule of the law on random households, read three ways: called one by one, as columns, as SQL on DuckDB; with
``--compiled N`` also as machine code, against columns (the first time each set of local variants is compiled).

Prints how many values were compared; ends with exit code 1 and the first household on which two readings part.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.engine.agreement import Difference, areas_of, differences, random_frame, random_parameters

from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.compiled import evaluate_compiled
from shouwang.engine.book import Book, load_book
from shouwang.engine.parameters import ParameterTable

DAYS = tuple(
    map(
        date.fromisoformat,
        ("2013-12-31", "2016-06-30", "2021-07-01", "2023-10-08", "2025-12-31", "2026-01-01", "2026-10-31"),
    )
)
CHUNK = 8_000


@cache
def law() -> tuple[Book, ParameterTable]:
    """Return the law and an invented county's parameters, once per process."""
    book = load_book("shouwang.rules")
    return book, random_parameters(book, seed=1)


def compare(part: tuple[date, int, int]) -> tuple[int, list[Difference]]:
    """Compare the readings on one chunk of households."""
    as_of, households, seed = part
    book, parameters = law()
    return differences(book, random_frame(book, households, as_of, seed), as_of, parameters)


def compiled_apart(part: tuple[date, int, int]) -> tuple[int, list[str]]:
    """Compare compiled rules with columns, value by value: how many values, and the rules that differ."""
    as_of, households, seed = part
    book, parameters = law()
    frame = random_frame(book, households, as_of, seed)
    one, two = (each(book, frame, as_of, parameters) for each in (evaluate_columns, evaluate_compiled))
    pairs = [
        (name, column, theirs[name])
        for mine, theirs in ((one.household, two.household), (one.person, two.person))
        for name, column in mine.items()
    ]
    wrong = [
        name
        for name, column, other in pairs
        if not np.array_equal(column.values, other.values) or not np.array_equal(column.known, other.known)
    ]
    return sum(len(column.known) for _, column, _ in pairs), wrong


def chunks(households: int) -> Iterator[tuple[date, int, int]]:
    """Yield the days in turn, chunk by chunk, until every household is dealt out."""
    seed, most = 0, min(CHUNK, -(-households // len(DAYS)))
    while households > 0:
        size = min(most, households)
        yield DAYS[seed % len(DAYS)], size, seed
        households, seed = households - size, seed + 1


def main() -> None:
    """Deal the households out to the workers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--households", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--compiled", type=int, default=0, help="households more, compiled against columns, last day")
    options = parser.parse_args()
    book, _ = law()
    began, compared, apart, done = time.perf_counter(), 0, [], 0
    with ProcessPoolExecutor(options.workers) as pool:
        parts = list(chunks(options.households))
        for (_, households, _), (number, found) in zip(parts, pool.map(compare, parts), strict=True):
            compared, done = compared + number, done + households
            apart += found
            print(f"\r{done} of {options.households}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    figure = {
        "bench": "readings_agree",
        "rules": len(book.definitions),
        "versions": sum(map(len, book.definitions.values())),
        "days": len(DAYS),
        "areas": len(areas_of(book)),
        "households": done,
        "values": compared,
        "differences": len(apart),
        "seconds": round(time.perf_counter() - began, 1),
        "workers": options.workers,
        "peak_mib_of_a_worker": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }
    print(json.dumps(figure))
    values, wrong = 0, set()
    for seed in range(-(-options.compiled // CHUNK)):
        number, found = compiled_apart((DAYS[-1], CHUNK, 10_000 + seed))
        values, wrong = values + number, wrong | set(found)
    if options.compiled:
        print(json.dumps({"bench": "readings_agree", "reading": "compiled", "values": values, "apart": sorted(wrong)}))
    if apart:
        print(apart[0])
    sys.exit(bool(apart) or bool(wrong))


if __name__ == "__main__":
    main()

"""Every rule of the law on random households, read three ways: called one by one, as columns, as SQL on DuckDB.

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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.engine.agreement import Difference, areas_of, differences, random_frame, random_parameters

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
    if apart:
        print(apart[0])
    sys.exit(bool(apart))


if __name__ == "__main__":
    main()

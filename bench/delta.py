"""A day's change through the national store: linked, touched households folded and judged, what differs written down.

0.01, 0.1, 1 and 10 % of each feed's rows come new and the register facts of as many persons change; once on the day of the
last run, once a day later (then time itself moves every age and term, and everybody is judged again). Beside it DuckDB's one
query over everything. What a day comes to must equal the same files linked and judged from nothing, else exit code 1: each
of them up to two million people, beyond that the 1 % days.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench import comparison
from bench.comparison import BUDGET, EXACT_UNTIL, Figures, register, sql, store_of
from bench.measured import THREADS, Stage, lines_kept, lines_of, load_now, read_through, run_stage, size_of
from bench.nation_data import AS_OF, CHANGES, NEXT_DAY, SHARES, Nation, nation
from bench.nation_rules import TARGETS, bench_book
from bench.nation_sides import base_feeds, check_of_view, copied_store
from bench.population import parameters
from shouwang.engine.compare.store import open_store

DAYS = {"same": AS_OF, "next": NEXT_DAY}
CHECKED = "0.01"


def changed_files(made: Nation, share: str) -> list[Path]:
    """Return the deliveries of a day of change."""
    return [made.change(share, name) for name in (*SHARES, "register-persons")]


def delta(made: Nation, share: str, day: date) -> Figures:
    """Link a day's deliveries and run, in a copy of the whole nation's store."""
    book = bench_book()
    table = parameters(book)
    folder = copied_store(store_of(made, "full"), store_of(made, f"delta-{share}-{day}"))
    before = size_of(folder)
    store = open_store(folder)
    files = changed_files(made, share)
    with Stage() as stage:
        rows = sum(each.rows for each in store.link_all([(path, None) for path in files]))
        linked = stage.so_far()
        report = store.run(book, day, table, TARGETS, budget=BUDGET)
    changes = {key: sum(each[key] for each in report.counts.values()) for key in ("raised", "cleared", "lost")}
    with store.view() as view:
        checksums = check_of_view(view)
    grown = size_of(folder) - before
    shutil.rmtree(folder)
    return stage.figures | {
        "rows": rows,
        "link_wall_s": linked["wall_s"],
        "link_cpu_s": linked["cpu_s"],
        "run_seconds": dict(report.seconds),
        "touched_households": report.touched,
        "folded_households": report.folded,
        "judged_households": report.judged,
        **changes,
        "grown_mb": round(grown / 1e6),
        **checksums,
    }


def whole(made: Nation, share: str, day: date) -> Figures:
    """Link everything and judge from nothing, and return the checksums."""
    book = bench_book()
    folder = copied_store(store_of(made, "register"), store_of(made, f"whole-{share}-{day}"))
    store = open_store(folder)
    for path in (*base_feeds(made), *changed_files(made, share)):
        store.link(path)
    store.run(book, day, parameters(book), TARGETS, budget=BUDGET)
    with store.view() as view:
        found = check_of_view(view)
    shutil.rmtree(folder)
    return found


def fitted(points: Sequence[Figures], unit: str) -> Figures:
    """Return fixed cost and slope by least squares of the relative errors, and the largest of these."""
    rows = np.array([point["rows"] for point in points], dtype=float)
    cost = np.array([max(point[unit], 1e-3) for point in points])
    terms = np.stack((np.ones(len(rows)), rows), axis=1)
    (fixed, slope), *_ = np.linalg.lstsq(terms / cost[:, None], np.ones(len(rows)), rcond=None)
    apart = np.abs(terms @ np.array([fixed, slope]) / cost - 1)
    return {
        f"fixed_{unit}": round(float(fixed), 3),
        f"slope_{unit}_per_million_rows": round(float(slope) * 1e6, 3),
        f"largest_error_{unit[:-2]}": round(float(apart.max()), 2),
    }


def one_query_of(made: Nation, words: Sequence[str]) -> Figures:
    """Return the figures of DuckDB's one query: those kept of ``comparison.py`` over the same data, else measured now."""
    kept = [each for each in lines_of(f"comparison-{made.people}") if each.get("stage") in {"sql", "sql-list"}]
    if kept:
        return min(kept, key=lambda each: float(each["wall_s"])) | {"from": "comparison.py"}
    read_through(made.folder / "feeds", made.folder / "wide")
    return run_stage(Path(__file__), "sql", *words) | {"from": "this run"}


def staged(made: Nation, name: str) -> Figures:
    """Run one stage for the process that asked."""
    if name == "sql":
        return sql(made, "union")
    if name == "register":
        return register(made)
    if name == "full":
        return comparison.compare(made, "full", BUDGET, base_feeds(made), TARGETS)
    what, share, day = name.split(":")
    return {"delta": delta, "whole": whole}[what](made, share, DAYS[day])


def main() -> None:
    """Measure every day of change, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--keep", action="store_true", help="keep the stores")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    options = parser.parse_args()
    made = nation(options.people)
    if options.stage:
        print(json.dumps(staged(made, options.stage)))
        return
    words = ("--people", str(options.people))
    try:
        sys.exit(measured(made, words))
    finally:
        if not options.keep:
            shutil.rmtree(store_of(made, "full").parent, ignore_errors=True)


def measured(made: Nation, words: Sequence[str]) -> int:
    """Run every case, one after another; return how many days did not come to what a whole judgement gives."""
    here, wrong = Path(__file__), 0
    head = {"bench": "delta", "people": made.people, "households": made.households}
    with lines_kept(f"delta-{made.people}") as tell:
        query = one_query_of(made, words)
        tell(head | {"side": "DuckDB", **{key: query[key] for key in ("wall_s", "cpu_s", "from")}, "threads": THREADS})
        comparison.compile_once()
        if not (store_of(made, "full") / "CURRENT").exists():
            run_stage(here, "register", *words)
            run_stage(here, "full", *words)
        for day in DAYS:
            points: list[Figures] = []
            for share in CHANGES:
                found = run_stage(here, f"delta:{share}:{day}", *words)
                points.append(found)
                if made.people <= EXACT_UNTIL or share == CHECKED:
                    expected = run_stage(here, f"whole:{share}:{day}", *words)
                    found["equal"] = all(found[key] == expected[key] for key in ("holds", "untold"))
                    wrong += not found["equal"]
                over = {
                    f"over_sql_{unit[:-2]}": float(f"{found[unit] / query[unit]:.3g}") for unit in ("wall_s", "cpu_s")
                }
                tell(head | {"side": "ours", "day": day, "share": float(share), **found, **over, "load": load_now()})
            tell(head | {"side": "fit", "day": day, **fitted(points, "wall_s"), **fitted(points, "cpu_s")})
    return wrong


if __name__ == "__main__":
    main()

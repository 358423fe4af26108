"""The full comparison of a whole nation: eight feeds, 22 warning rules; the national store beside DuckDB's one query.

Each side in processes of its own, two threads, over the same Parquet files, in one run. Results must be equal: how many
words, their sum and their sum weighed by ids; up to two million people every row, also of what cannot be told; else exit
code 1. Beside it: the one-off sort and id map of the register, judging again from the stored state, a mode of 1.5 GB, DuckDB
by parts, and all our feeds with all our warning rules.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.limits import Limits, floor_of, measure
from bench.measured import THREADS, Stage, lines_kept, load_now, read_through, run_stage, size_of
from bench.nation_data import AS_OF, MORE_SHARES, Nation, nation
from bench.nation_rules import TARGETS, bench_book
from bench.nation_sides import (
    base_feeds,
    by_parts,
    check_of_view,
    copied_store,
    database,
    one_query,
    registers_own,
    rows_by_sql,
    values_for,
    words_in_order,
)
from bench.population import parameters
from shouwang.engine.compare.store import LOW, NORMAL, open_store
from shouwang.engine.packed import columns_needed

EXACT_UNTIL = 2_000_000
BUDGET, SMALL = NORMAL, LOW
WARM_PEOPLE = 700_000
"""Enough that compiling pays, so that the programs are compiled and kept before anything is timed."""
TURNS = 3
"""Judging from the stored state: the first finds the columns on the disk or in the page cache, the last in memory."""

Figures = dict[str, Any]


def store_of(made: Nation, name: str) -> Path:
    """Return where a store of this nation is kept while the bench runs."""
    return made.folder.with_name(f"store-{made.people}") / name


def sql(made: Nation, form: str) -> Figures:
    """DuckDB's one query over the raw files, or (form ``parts``) linking first and part by part."""
    spill = made.folder.with_name(f"spill-{made.people}")
    values = values_for(bench_book(), AS_OF)
    with database(spill) as connection, Stage(spill) as stage:
        found = by_parts(connection, made, values, spill / "linked") if form == "parts" else None
        found = found or one_query(connection, made, values, form)
    return stage.figures | {"checksum": found}


def register(made: Nation) -> Figures:
    """Write the register into the store (sort, id map), and what the register itself says: once, before the first feed."""
    folder = store_of(made, "register")
    shutil.rmtree(folder, ignore_errors=True)
    with Stage() as stage:
        store = open_store(folder, create=True)
        store.register_people(made.folder / "register")
    people = stage.figures
    with Stage() as stage:
        for path in registers_own(made):
            store.link(path)
    return {"register": people, "own_facts": stage.figures, "disk_mb": round(size_of(folder) / 1e6)}


def compare(made: Nation, name: str, budget: int, feeds: Sequence[Path], targets: Sequence[str]) -> Figures:
    """Link the feeds, fold, judge: the whole comparison, as the store does it in one evening."""
    book = bench_book()
    table = parameters(book)
    store = open_store(copied_store(store_of(made, "register"), store_of(made, name)))
    with Stage() as linking:
        rows = sum(each.rows for each in store.link_all([(path, None) for path in feeds], budget=budget))
    with Stage() as running:
        report = store.run(book, AS_OF, table, targets, budget=budget)
    both = {key: round(linking.figures[key] + running.figures[key], 2) for key in ("wall_s", "cpu_s", "written_mb")} | {
        key: max(linking.figures[key], running.figures[key]) for key in ("peak_mib", "own_peak_mib")
    }
    seconds = {stage: round(spent, 2) for stage, spent in report.seconds.items()}
    return both | {
        "rows": rows,
        "targets": len(targets),
        "link_wall_s": linking.figures["wall_s"],
        "link_cpu_s": linking.figures["cpu_s"],
        "run_wall_s": running.figures["wall_s"],
        "run_cpu_s": running.figures["cpu_s"],
        "run_seconds": seconds,
        "judged": report.judged,
        "disk_mb": round(size_of(store_of(made, name)) / 1e6),
    }


def again(made: Nation) -> Figures:
    """Judge the whole nation once more from the stored state; the words must be those the store keeps."""
    book = bench_book()
    table = parameters(book)
    view = open_store(store_of(made, "full")).view()
    turns: list[Figures] = []
    told = held = 0
    for _ in range(TURNS):
        told = held = 0
        with Stage() as stage:
            for segment, verdicts in view.judged(book, table, TARGETS, budget=BUDGET, threads=THREADS):
                held += int(np.count_nonzero(verdicts.person_holds)) + int(np.count_nonzero(verdicts.household_holds))
                told += segment.persons
        turns.append(stage.figures)
    needed = columns_needed(book, book.inputs_for(TARGETS, AS_OF, ["990000000000"]))
    columns = {entity: set(names) for entity, names in needed.items()}
    size = 0
    for segment in view.segments(columns):
        kept = [*segment.person.items(), *segment.household.items()]
        size += sum(column.nbytes for name, column in kept if any(name in names for names in columns.values()))
    return turns[-1] | {
        "first_wall_s": turns[0]["wall_s"],
        "first_cpu_s": turns[0]["cpu_s"],
        "persons": told,
        "words": held,
        "state_bytes": size,
        "result_bytes": 16 * (made.people + made.households),
    }


def check(made: Nation, name: str) -> Figures:
    """Return the checksums of a store's words, and up to two million people how many rows differ from the SQL's."""
    view = open_store(store_of(made, name)).view()
    found: Figures = check_of_view(view)
    if made.people <= EXACT_UNTIL:
        by_sql = rows_by_sql(made, values_for(bench_book(), AS_OF), made.folder.with_name(f"spill-{made.people}"))
        found["rows_apart"] = 0
        seen = {False: 0, True: 0}
        for segment, verdicts in view.verdicts():
            words = words_in_order(verdicts)
            for household, ids in ((False, segment.person_ids), (True, segment.household_ids)):
                seen[household] += len(ids)
                for own, other in zip(words[household], by_sql[household], strict=True):
                    found["rows_apart"] += int(np.count_nonzero(own != other[ids - 1]))
        found["rows_apart"] += made.people - seen[False] + made.households - seen[True]
    return found


def stages(made: Nation) -> dict[str, Callable[[], Figures]]:
    """Return what can be run in a process of its own."""
    book = bench_book()
    warnings = [each.name for each in book.warnings(AS_OF)]
    bench_own = [name for name in TARGETS if name.startswith("bench_")]
    more = [made.folder / "more" / f"{name}.parquet" for name in (*MORE_SHARES, "disaster")]
    return {
        "sql": lambda: sql(made, "union"),
        "sql-list": lambda: sql(made, "list"),
        "sql-parts": lambda: sql(made, "parts"),
        "register": lambda: register(made),
        "full": lambda: compare(made, "full", BUDGET, base_feeds(made), TARGETS),
        "small": lambda: compare(made, "small", SMALL, base_feeds(made), TARGETS),
        "everything": lambda: compare(
            made, "everything", BUDGET, [*base_feeds(made), *more], [*dict.fromkeys([*warnings, *bench_own])]
        ),
        "again": lambda: again(made),
        "check": lambda: check(made, "full"),
        "check-small": lambda: check(made, "small"),
    }


def floors(made: Nation, limits: Limits, figures: dict[str, Figures]) -> list[Figures]:
    """Return what had to be read at least, for each of our figures and for the SQL's."""
    files = base_feeds(made)
    delivered = sum(path.stat().st_size for path in files)
    rows = sum(made.counts[path.stem] for path in files)
    wide = size_of(made.folder / "wide")
    state, results = figures["again"]["state_bytes"], figures["again"]["result_bytes"]
    asked = {
        "sql": {"disk_bytes": delivered + wide, "touches": rows},
        "full": {"disk_bytes": delivered, "touches": rows, "memory_bytes": state + results},
        "again": {"memory_bytes": state + results},
    }
    return [
        {"what": name, **needs, **floor_of(limits, figures[name]["wall_s"], **needs)} for name, needs in asked.items()
    ]


def main() -> None:
    """Compare, and tell; or run one stage for the process that asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--keep", action="store_true", help="keep the stores, for bench/delta.py")
    parser.add_argument("--no-parts", action="store_true", help="leave out DuckDB by parts")
    parser.add_argument("--form", choices=("union", "list"), help="only this form of DuckDB's one query")
    parser.add_argument("--no-everything", action="store_true", help="leave out all our feeds and rules")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stage:
        print(json.dumps(stages(nation(options.people))[options.stage]()))
        return
    made = nation(options.people)
    words = ("--people", str(options.people))
    try:
        sys.exit(whole(made, words, options))
    finally:
        if not options.keep:
            shutil.rmtree(store_of(made, "full").parent, ignore_errors=True)


def whole(made: Nation, words: Sequence[str], options: argparse.Namespace) -> int:
    """Run every stage, one after another; return how many results were not equal."""
    here = Path(__file__)
    wrong = 0
    head = {"bench": "comparison", "people": made.people, "households": made.households}
    with lines_kept(f"comparison-{made.people}") as tell:
        limits = measure()
        tell(head | {"side": "machine", **{key: _short(value) for key, value in asdict(limits).items()}})
        compiled = compile_once()
        tell(head | {"side": "ours", "stage": "compile once, kept on disk", **compiled})
        read_through(made.folder / "feeds", made.folder / "wide", made.folder / "register")
        figures: dict[str, Figures] = {}
        forms = {"union": ("sql",), "list": ("sql-list",)}.get(options.form, ("sql", "sql-list"))
        for name in (*forms, *(() if options.no_parts else ("sql-parts",))):
            figures[name] = run_stage(here, name, *words)
            tell(head | {"side": "DuckDB", "stage": name, "threads": THREADS, **figures[name], "load": load_now()})
        best = min((name for name in figures if name != "sql-parts"), key=lambda name: figures[name]["wall_s"])
        figures["sql"] = figures[best]
        once = run_stage(here, "register", *words)
        tell(head | {"side": "ours", "stage": "register", **once, "load": load_now()})
        read_through(made.folder / "feeds")
        asked = ("full", "check", "again", "small", "check-small", *(() if options.no_everything else ("everything",)))
        for name in asked:
            figures[name] = run_stage(here, name, *words)
            tell(head | {"side": "ours", "stage": name, **figures[name], "load": load_now()})
            if name in {"check-small", "everything"}:
                shutil.rmtree(store_of(made, name.removeprefix("check-")), ignore_errors=True)
        for name in ("check", "check-small"):
            wrong += figures[name]["holds"] != figures["sql"]["checksum"] or bool(figures[name].get("rows_apart"))
        wrong += figures["again"]["words"] != figures["sql"]["checksum"][0]
        tell(head | ratios(figures, best, wrong))
        for floor in floors(made, limits, figures):
            tell(head | {"side": "floor", **floor})
    return wrong


def ratios(figures: dict[str, Figures], best: str, wrong: int) -> Figures:
    """Return ours as a share of DuckDB's one query, in wall and in CPU time."""
    found: Figures = {"side": "ratio", "against": best, "results_unequal": wrong}
    for name in ("full", "small", "again", "everything", "sql-parts"):
        if name in figures:
            for unit in ("wall_s", "cpu_s"):
                label = f"{name}_over_sql_{unit[:-2]}"
                found[label] = _short(figures[name][unit] / figures["sql"][unit])
    return found


def compile_once() -> Figures:
    """Run a small nation through, so that every kernel is compiled and kept; return what that took."""
    small = nation(WARM_PEOPLE)
    here, words = Path(__file__), ("--people", str(WARM_PEOPLE))
    with Stage() as stage:
        for name in ("register", "full", "again", "everything"):
            run_stage(here, name, *words)
    shutil.rmtree(store_of(small, "full").parent, ignore_errors=True)
    return {"wall_s": stage.figures["wall_s"], "cpu_s": stage.figures["cpu_s"]}


def _short(value: Any) -> Any:
    return float(f"{value:.3g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()

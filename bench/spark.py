"""Spark ``local[2]``: our rules in ``applyInArrow`` against Spark SQL written by hand, on the same files, results compared.

Two works: the 22 warning rules over a register and eight raw feeds, link included; the 33 results of tiered eligibility. Each
side reads Parquet and writes its results as Parquet. Both run in one session, in turns; the time of the session's own start
stands apart. CPU is that of the whole tree of processes. Afterwards, without Spark, the rules are computed on this machine
in one process, and the results must be equal: ours byte for byte, the SQL's row for row. Ends with exit code 1 if not.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
from bench import spark_sql
from bench.applicants import Applicants, made, standards
from bench.common_subset import AS_OF as APPLIED_ON
from bench.common_subset import HOUSEHOLD_RESULTS, PERSON_RESULTS, subset_of
from bench.eligibility_sides import Columns
from bench.nation_data import AS_OF, WHOLE_COUNTRY, Nation, nation
from bench.nation_plain import frame_of, words_of
from bench.nation_rules import TARGETS, bench_book
from shouwang.engine.backends.spark import local_session
from shouwang.engine.book import Book, load_book
from shouwang.engine.compare.cluster import evaluate_persons, judge_register
from shouwang.engine.compare.slices import Law
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity
from shouwang.synth.county.standards import VALUES

FOLDER = Path(__file__).resolve().parents[1] / "var" / "bench" / "spark"
SET_LOCALLY = ("recent_days", "asset_recent_days", "authorisation_notice_days", "pension_tolerance")
LOCAL = {item: amount for item, amount, _, _, _ in VALUES if item in SET_LOCALLY}
TICK = os.sysconf("SC_CLK_TCK")
PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


def subset_book() -> Book:
    """Return the thirty-three rules, for whoever loads them by name."""
    return subset_of(load_book("shouwang.rules"))


def warning_standards(book: Book) -> ParameterTable:
    """Return what the law sets, and the demo county's figures for the whole country where it leaves them open."""
    specs = book.parameter_specs
    since = min(row.start for row in book.parameters.assertions() if row.start)
    return book.table(
        Assertion(item, WHOLE_COUNTRY, value, specs[item].per or specs[item].unit, since, source="local")
        for item, value in LOCAL.items()
    )


def tree() -> dict[int, tuple[float, float]]:
    """Return process → its own CPU seconds and resident MiB: this process and all below it."""
    parent: dict[int, int] = {}
    figures: dict[int, tuple[float, float]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parent[int(entry.name)] = int(fields[1])
            figures[int(entry.name)] = sum(map(int, fields[11:13])) / TICK, int(fields[21]) * PAGE_MIB
    found = {}
    for process, figure in figures.items():
        above = process
        while above not in {0, os.getpid()}:
            above = parent.get(above, 0)
        if above == os.getpid():
            found[process] = figure
    return found


class Watch:
    """Wall, CPU and the most resident memory of the tree of processes while the block runs.

    A process that ends meanwhile (Spark lets idle ones go) counts with what it had used when it was last seen.
    """

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}

    @contextmanager
    def block(self) -> Iterator[None]:
        most, over = 0.0, threading.Event()
        wall = time.perf_counter()
        before = {process: seconds for process, (seconds, _) in tree().items()}
        used = dict(before)

        def look() -> None:
            nonlocal most
            while True:
                ended = over.wait(0.5)
                seen = tree()
                used.update({process: seconds for process, (seconds, _) in seen.items()})
                most = max(most, sum(mib for _, mib in seen.values()))
                if ended:
                    return

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        try:
            yield
        finally:
            self.figures = {"wall_s": round(time.perf_counter() - wall, 1)}
            over.set()
            looking.join()
            self.figures["cpu_s"] = round(sum(used.values()) - sum(before.values()), 1)
            self.figures["peak_mib"] = round(most)


def told(**figures: object) -> None:
    """Print one JSON line."""
    print(json.dumps({"bench": "spark", **figures, "load": round(os.getloadavg()[0], 1)}), flush=True)


def in_turns(turns: int, work: str, people: int, sides: dict[str, Callable[[Path], object]]) -> None:
    """Run the sides one after the other, so often; print each turn, then ours over the SQL's best."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for turn in range(turns):
        for name, run in sides.items():
            out = FOLDER / f"{work}-{name}"
            shutil.rmtree(out, ignore_errors=True)
            watch = Watch()
            with watch.block():
                run(out)
            found[name].append(watch.figures)
            size = sum(path.stat().st_size for path in out.rglob("*.parquet"))
            told(work=work, people=people, side=name, turn=turn + 1, **watch.figures, result_bytes=size)
    if len(sides) > 1:
        best = {
            name: {key: min(each[key] for each in turns_of) for key in ("wall_s", "cpu_s")}
            for name, turns_of in found.items()
        }
        ours, theirs = best["applyInArrow"], best["sql"]
        ratios = {f"ours_over_sql_{key}": round(ours[f"{key}_s"] / theirs[f"{key}_s"], 2) for key in ("wall", "cpu")}
        told(work=work, people=people, **ratios)


def ready_folder(applicants: Applicants) -> Path:
    """Write the applicants' parts, row for row, as the folder ``evaluate_persons`` reads."""
    folder = applicants.folder / "register"
    if (folder / "areas.parquet").exists():
        return folder
    folder.mkdir(exist_ok=True)
    for name, path_of in (("households", applicants.households_of), ("persons", applicants.persons_of)):
        writer: pq.ParquetWriter | None = None
        for part in range(len(applicants.people)):
            table = pq.read_table(path_of(part))
            if name == "persons":
                table = table.rename_columns({"household": "household_row"}).drop_columns(["person"])
            else:
                table = table.set_column(1, "area", table["area"].cast(pa.int32())).drop_columns(
                    ["household", "members"]
                )
            writer = writer or pq.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="lz4")
            writer.write_table(table, row_group_size=1 << 18)
        assert writer is not None
        writer.close()
    pq.write_table(pa.table({"area_code": applicants.codes}), folder / "areas.parquet")
    return folder


def one_table(folder: Path, name: str) -> pa.Table:
    """Return the result files of one kind, joined in their order."""
    return pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob(f"{name}-*.parquet"))).combine_chunks()


def same_bytes(name: str, one: pa.Table, two: pa.Table) -> bool:
    """Tell whether two tables, written the same way, are the same file."""
    paths = [FOLDER / f"{name}-{side}.parquet" for side in ("cluster", "single")]
    for table, path in zip((one, two), paths, strict=True):
        pq.write_table(table.combine_chunks(), path)
    return filecmp.cmp(*paths, shallow=False)


def check_warnings(made_nation: Nation, book: Book, parameters: ParameterTable) -> list[str]:
    """Compute the words in one process; return the names of what is not equal."""
    names = book.inputs_for(TARGETS, AS_OF, [WHOLE_COUNTRY])
    frame = frame_of(made_nation, book, AS_OF, names)
    words = words_of(book, frame, AS_OF, parameters, TARGETS)
    register = made_nation.folder / "register"
    ids = {
        Entity.PERSON: pq.read_table(register / "persons.parquet", columns=["person_id"])["person_id"],
        Entity.HOUSEHOLD: pq.read_table(register / "households.parquet", columns=["household_id"])["household_id"],
    }
    wrong, masks = [], []
    for entity, (holds, untold) in words.items():
        plain = {f"{entity}_id": ids[entity], "holds": holds.view(np.int64), "untold": untold.view(np.int64)}
        if not same_bytes(f"{entity}s", one_table(FOLDER / "warnings-applyInArrow", f"{entity}s"), pa.table(plain)):
            wrong.append(f"warnings of {entity}s, applyInArrow")
        some = holds != 0
        masks.append((ids[entity].to_numpy()[some], holds[some].astype(np.int64)))
    told(
        work="warnings",
        words=sum(len(each) for each, _ in masks),
        untold=sum(int((each[1] != 0).sum()) for each in words.values()),
    )
    if (FOLDER / "warnings-sql").exists():
        found = pq.read_table(FOLDER / "warnings-sql")
        rows = [
            (found["id"].to_numpy(), found["mask"].to_numpy().astype(np.int64)),
            [np.concatenate(each) for each in zip(*masks, strict=True)],
        ]
        one, two = (np.sort(number * (1 << len(TARGETS)) + mask) for number, mask in rows)
        if not np.array_equal(one, two):
            wrong.append("warnings, sql")
    return wrong


def check_applicants(applicants: Applicants) -> list[str]:
    """Compute the thirty-three results in one process, part by part; return the names of what is not equal."""
    side = Columns(applicants, threads=1)
    tables: dict[str, list[pa.Table]] = {"households": [], "persons": []}
    for part in range(len(applicants.people)):
        side.load(part)
        results = side._results()
        for name, columns in (("households", results.household), ("persons", results.person)):
            arrays = {each: pa.array(columns[each].values, mask=~columns[each].known) for each in sorted(columns)}
            tables[name].append(pa.table(arrays))
    wrong = []
    for name, parts in tables.items():
        plain = pa.concat_tables(parts).combine_chunks()
        if not same_bytes(f"eligibility-{name}", one_table(FOLDER / "eligibility-applyInArrow", name), plain):
            wrong.append(f"eligibility of {name}, applyInArrow")
        if (FOLDER / "eligibility-sql").exists():
            key, results_of = spark_sql.RESULTS[name]
            found = pq.read_table(FOLDER / "eligibility-sql" / name, columns=[key, *results_of]).sort_by(key)
            wrong += [
                f"{each}, sql" for each in results_of if not found[each].cast(plain[each].type).equals(plain[each])
            ]
    return wrong


def warnings_sides(
    session: SparkSession, made_nation: Nation, law: Law, form: str
) -> dict[str, Callable[[Path], object]]:
    """Return both sides of the comparison with eight raw feeds."""
    files = sorted((made_nation.folder / "feeds").glob("*.parquet"))
    covered = {WHOLE_COUNTRY: {item.feed for item in bench_book().items.values()}}
    text = spark_sql.warnings_text(made_nation, AS_OF, LOCAL, form)
    register = made_nation.folder / "register"
    return {
        "applyInArrow": lambda out: judge_register(session, register, files, law, covered=covered, out=out),
        "sql": lambda out: spark_sql.judge_warnings(session, text, out),
    }


def main() -> None:
    """Run what is asked, then compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--memory", default="6g", help="the most the Java side may take")
    parser.add_argument("--form", choices=("list", "union"), default="union", help="of the warnings' SQL")
    parser.add_argument("--partitions", type=int, default=32, help="of the SQL's shuffles")
    parser.add_argument("--work", choices=("warnings", "eligibility"), action="append")
    parser.add_argument("--side", choices=("applyInArrow", "sql"), action="append")
    parser.add_argument("--plain", action="store_true", help="ours computes by NumPy, not by compiled rules")
    options = parser.parse_args()
    works: Iterable[str] = options.work or ("warnings", "eligibility")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    made_nation, applicants = nation(options.people), made(subset_book(), options.people)
    folder = ready_folder(applicants)
    book, subset = bench_book(), subset_book()
    compiled = False if options.plain else None
    law = Law("bench.nation_rules:bench_book", book.fingerprint, AS_OF, warning_standards(book), TARGETS, compiled)
    tiers = (*HOUSEHOLD_RESULTS, *PERSON_RESULTS)
    second = Law(
        "bench.spark:subset_book",
        subset.fingerprint,
        APPLIED_ON,
        standards(subset, applicants.codes),
        tiers,
        compiled,
    )
    watch = Watch()
    with watch.block():
        session_of = local_session(FOLDER, memory=options.memory)
        session = session_of.__enter__()
        session.range(2).selectExpr("sum(id)").collect()
    told(work="start", threads=2, plain=options.plain, memory=options.memory, **watch.figures)
    try:
        session.conf.set("spark.sql.ansi.enabled", "false")
        session.conf.set("spark.sql.shuffle.partitions", str(options.partitions))
        sides = {
            "warnings": warnings_sides(session, made_nation, law, options.form),
            "eligibility": {
                "applyInArrow": lambda out: evaluate_persons(session, folder, second, out),
                "sql": lambda out: spark_sql.judge_applicants(session, applicants, out),
            },
        }
        people = {"warnings": options.people, "eligibility": sum(applicants.people)}
        for work in works:
            chosen = {name: run for name, run in sides[work].items() if name in (options.side or sides[work])}
            in_turns(options.turns, work, people[work], chosen)
    finally:
        session_of.__exit__(None, None, None)
    wrong: list[str] = []
    if options.side is None or "applyInArrow" in options.side:
        wrong += check_warnings(made_nation, book, law.parameters) if "warnings" in works else []
        wrong += check_applicants(applicants) if "eligibility" in works else []
        told(work="equality", byte_equal=not wrong, apart=wrong)
    shutil.rmtree(FOLDER)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

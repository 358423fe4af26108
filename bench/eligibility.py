"""Tiered eligibility, thirty-three rules, people by the million: ours, DuckDB SQL by hand, OpenFisca-Core and PolicyEngine-core.

Every side is a process of its own that reads the same Parquet files part by part and sums every result up; the sides take
turns on each part. Beside it the same columns as a state keeps them, plain and mapped, the form in which a register stands
when it is judged each day: ours reads them in place, the comparators turn what is not known to 0 and widen. Then each judges
alone what it holds in memory in its own best form. Then every result of every row is compared: ours and DuckDB's must be
equal (exit code 1 otherwise); the comparators, which have integers of 32 bits and no "cannot tell", are compared in
households of which every fact and parameter is known, and what differs is counted.

OpenFisca-Core and PolicyEngine-core are AGPL-3.0. They are installed by this command into environments of their own under
``var/bench/environments`` (hashes in ``bench/environments``), run as separate programs, and are no dependency of the project.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.applicants import KEPT_PARTS, Applicants, made, standards
from bench.common_subset import found_for, rows_apart, subset_of
from bench.eligibility_sides import KEYS, SIDES
from bench.environments import python_of
from bench.measured import read_through
from bench.turns import Side
from shouwang.engine.book import Book, load_book
from shouwang.engine.frame import Array

ROOT = Path(__file__).resolve().parents[1]
OURS = [name for name in SIDES if name != "duckdb"]
COMPARATORS = ("openfisca", "policyengine")
ONE = "_1"
"""Ends the name of a side with one thread, as the comparators have."""
FROM_STATE = ("compiled", f"compiled{ONE}", *COMPARATORS)
LICENCE = "AGPL-3.0, in an environment of its own, no dependency"
TURNS, ENOUGH_PARTS, JUDGED_PARTS, JUDGED_TURNS = 5, 8, 3, 3
TIERS = (
    "dibao_eligible",
    "dibao_marginal_eligible",
    "rigid_eligible",
    "care_subsidy_eligible",
    "living_subsidy_amount",
)
GIB = 1 << 30


def say(**figure: Any) -> None:
    """Print one JSON line."""
    print(json.dumps({"bench": "eligibility", **figure}, ensure_ascii=False), flush=True)


def start(name: str, options: argparse.Namespace, applicants: Applicants) -> Side:
    """Start a side's process."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    if name in COMPARATORS:
        program = str(ROOT / "bench/environments/common_rules.py")
        command = [str(python_of(name)), program, name, str(applicants.folder), str(options.threads)]
        env.pop("PYTHONPATH")
    else:
        kind, _, threads = name.partition("_")
        program = str(ROOT / "bench/eligibility_sides.py")
        threads = "1" if threads else str(options.threads)
        command = [sys.executable, program, kind, str(options.people), threads]
    return Side(name, command, env)


def bandwidth() -> float:
    """Return how many bytes a second one thread reads from memory: the best of five sums of half a GiB."""
    data = np.ones(GIB // 16, dtype=np.int64)
    best = min(_took(data.sum) for _ in range(5))
    return data.nbytes / best


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def needed(applicants: Applicants) -> tuple[int, int]:
    """Return the bytes of the columns the rules need: as they lie in the files, and as plain arrays of their own kind."""
    stored = plain = 0
    for part in range(len(applicants.people)):
        for path in (applicants.persons_of(part), applicants.households_of(part)):
            told = pq.read_metadata(path)
            kinds = {
                field.name: 1 if pa.types.is_boolean(field.type) else field.type.bit_width // 8
                for field in pq.read_schema(path)
            }
            for group in range(told.num_row_groups):
                for column in range(told.num_columns):
                    chunk = told.row_group(group).column(column)
                    if chunk.path_in_schema not in ("person", "household"):
                        stored += chunk.total_compressed_size
                        plain += chunk.num_values * kinds[chunk.path_in_schema]
    return stored, plain


def complete(subset: Book, applicants: Applicants, part: int) -> tuple[Array, Array]:
    """Return the households, and the persons, of a part of whom every fact and parameter is known."""
    places = found_for(subset, standards(subset, applicants.codes), applicants.codes)
    set_there = np.array([None not in values for values in zip(*places.values(), strict=True)])
    shared, own = (pq.read_table(path) for path in (applicants.households_of(part), applicants.persons_of(part)))
    whole = set_there[np.asarray(shared["area"])] & _all_known(shared)
    members = np.asarray(shared["members"])
    of = np.repeat(np.arange(len(members)), members)
    whole &= np.bincount(of, weights=~_all_known(own), minlength=len(members)) == 0
    return whole, whole[of]


def _all_known(table: pa.Table) -> Array:
    found = np.ones(table.num_rows, dtype=bool)
    for name in table.column_names:
        if name not in KEYS:
            found &= np.asarray(table[name].is_valid())
    return found


def by_parts(sides: list[Side], applicants: Applicants, parts: int, do: str = "run") -> dict[str, dict[str, float]]:
    """Let the sides read and judge every part in turn; return their CPU and wall seconds over all parts, and their peaks.

    ``do``: "run" out of Parquet, "state" out of the files a state keeps; both must find the same (RuntimeError). A part's
    files are read through before, so that the first side does not fetch them for the others.
    """
    turns = TURNS if parts < ENOUGH_PARTS else 1
    spent = {side.name: {"cpu_s": 0.0, "wall_s": 0.0} for side in sides}
    first = {side.name: side.ask(do, part=0) for side in sides}
    for side in sides if do != "run" else ():
        if side.ask("run", part=0)["found"] != first[side.name]["found"]:
            raise RuntimeError(f"{side.name} finds something else in the state's files than in Parquet")
    for part in range(parts):
        answers: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
        stored = (applicants.persons_of(part), applicants.households_of(part))
        read_through(*(stored if do == "run" else applicants.state_of(part)))
        for _ in range(turns):
            for side in sides:
                answers[side.name].append(side.ask(do, part=part))
        for name, given in answers.items():
            spent[name]["cpu_s"] += statistics.median(each["cpu"] for each in given)
            spent[name]["wall_s"] += statistics.median(each["wall"] for each in given)
            spent[name]["peak_mib"] = given[-1]["peak_mib"]
    for name, answer in first.items():
        spent[name]["first_s"] = answer["wall"]
    return spent


def judged_alone(sides: list[Side], parts: int) -> dict[str, dict[str, float]]:
    """Let the sides judge what they hold in memory; return CPU and wall seconds over the parts tried."""
    spent = {side.name: {"cpu_s": 0.0, "wall_s": 0.0} for side in sides}
    for part in range(parts):
        for side in sides:
            side.ask("load", part=part)
        answers: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
        for turn in range(JUDGED_TURNS + 1):
            for side in sides:
                answer = side.ask("judge")
                if turn:
                    answers[side.name].append(answer)
        for name, given in answers.items():
            spent[name]["cpu_s"] += statistics.median(each["cpu"] for each in given)
            spent[name]["wall_s"] += statistics.median(each["wall"] for each in given)
    return spent


def report(what: str, people: int, spent: dict[str, dict[str, float]], rules: int) -> None:
    """Print each side's figures and the ratios to DuckDB's and to the faster comparator's CPU."""
    hand = min((figure["cpu_s"] for name, figure in spent.items() if name.startswith("duckdb")), default=None)
    others = min((figure["cpu_s"] for name, figure in spent.items() if name in COMPARATORS), default=None)
    for name, figure in spent.items():
        told = {key: round(value, 3) for key, value in figure.items()}
        told["cpu_s_per_million"] = round(figure["cpu_s"] * 1e6 / people, 3)
        if hand and not name.startswith("duckdb"):
            told["cpu_over_sql"] = round(figure["cpu_s"] / hand, 3)
        if others and name.removesuffix(ONE) in OURS:
            told["cpu_over_faster_comparator"] = round(figure["cpu_s"] / others, 3)
        if name in COMPARATORS:
            told["licence"] = LICENCE  # type: ignore[assignment]
        say(what=what, side=name, rules=rules, people=people, **told, load=round(os.getloadavg()[0], 1))


def compare(sides: dict[str, Side], subset: Book, applicants: Applicants) -> bool:
    """Compare every result of every row; print what differs; return whether ours and DuckDB's are equal."""
    equal = True
    apart: dict[str, dict[str, int]] = {name: {} for name in sides if name != "duckdb"}
    compared = dict.fromkeys(apart, 0)
    with tempfile.TemporaryDirectory(dir=applicants.folder) as folder:
        for part in range(len(applicants.people)):
            told = {name: _rows(side, part, f"{folder}/{name}") for name, side in sides.items()}
            masks = complete(subset, applicants, part)
            for name, found_before in apart.items():
                whole = name in OURS
                for hand, mine, known in zip(told["duckdb"], told[name], masks, strict=True):
                    rows, found = rows_apart(hand, mine.select(hand.column_names), None if whole else known)
                    for each, differing in found.items():
                        found_before[each] = found_before.get(each, 0) + differing
                    compared[name] += rows
    for name, found in apart.items():
        say(what="equality with DuckDB", side=name, values=compared[name], apart=sum(found.values()), rows_apart=found)
        equal = equal and not (name in OURS and found)
    return equal


def _rows(side: Side, part: int, path: str) -> list[pa.Table]:
    side.ask("rows", part=part, path=path)
    return [pa.ipc.open_file(pa.memory_map(f"{path}.{end}")).read_all() for end in ("households", "persons")]


def main() -> None:
    """Make what is missing, let the sides take turns, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sides", default=",".join(("duckdb", f"duckdb{ONE}", *OURS, f"compiled{ONE}", *COMPARATORS)))
    parser.add_argument("--whole", action="store_true", help="DuckDB also over all parts in one statement")
    parser.add_argument(
        "--all-rules", type=int, metavar="PEOPLE", help="then every rule over so many people (rule_set.py)"
    )
    options = parser.parse_args()
    subset = subset_of(load_book("shouwang.rules"))
    began = time.perf_counter()
    applicants = made(subset, options.people)
    people, parts = sum(applicants.people), len(applicants.people)
    say(
        what="applicants",
        people=people,
        households=sum(applicants.households),
        places=len(applicants.codes),
        parts=parts,
        mib=sum(path.stat().st_size for path in applicants.folder.glob("*.parquet")) >> 20,
        state_mib=sum(path.stat().st_size for path in applicants.folder.glob("*.columns")) >> 20,
        made_s=round(time.perf_counter() - began, 1),
    )
    names = options.sides.split(",")
    sides = [start(name, options, applicants) for name in names]
    equal = True
    try:
        rules = len(subset.definitions)
        report("from Parquet, by parts", people, by_parts(sides, applicants, parts), rules)
        in_state, few = min(parts, KEPT_PARTS), min(parts, JUDGED_PARTS)
        kept = [side for side in sides if side.name in FROM_STATE]
        if kept:
            spent = by_parts(kept, applicants, in_state, "state")
            report("as the state keeps it, mapped", sum(applicants.people[:in_state]), spent, rules)
        report("judging alone, in memory", sum(applicants.people[:few]), judged_alone(sides, few), rules)
        by_name = {side.name: side for side in sides if not side.name.endswith(ONE)}
        told = next(iter(by_name.values())).ask("run", part=0)["found"]
        say(what="tiers in the first part", **{tier: told[tier] for tier in TIERS})
        if "duckdb" in by_name:
            equal = compare(by_name, subset, applicants)
    finally:
        for side in sides:
            side.close()
    stored, plain = needed(applicants)
    rate = bandwidth()
    say(
        what="floor",
        bytes_in_files=stored,
        bytes_as_arrays=plain,
        memory_bytes_per_s=round(rate),
        files_s=round(stored / rate, 3),
        arrays_s=round(plain / rate, 3),
    )
    if options.whole:
        alone = start("duckdb", options, applicants)
        answer = alone.ask("whole")
        alone.close()
        say(
            what="DuckDB, one statement",
            people=people,
            **{key: round(answer[key], 2) for key in ("cpu", "wall", "peak_mib")},
        )
    if options.all_rules:
        command = [sys.executable, str(ROOT / "bench/rule_set.py"), "--people", str(options.all_rules)]
        for reading in ([], ["--compiled"]) if "compiled" in SIDES else ([],):
            subprocess.run([*command, *reading], check=True)
    sys.exit(not equal)


if __name__ == "__main__":
    main()

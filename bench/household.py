"""One household, warm: rules alone, judged and explained, from memory and from the register; median and p95 in milliseconds.

Beside the wall time of every turn stand the processor time of this process (``cpu_…``), the wall time of the turns in which the
kernel gave our processor to nobody else (``undisturbed_p95_ms``; ``disturbed`` counts the others), and the load. On PostgreSQL the
server has processes of its own: neither its time nor what the neighbours took of it is in the first two, only the load tells.

In memory: the thirty-three common rules over a hundred invented households of four of which every fact is known, in turn, beside
OpenFisca-Core computing the same rules of one of them in a process of its own (without an explanation; all warm). Then the whole
rule set: the worked case of three (few facts reported, so most results name what they lack), and one of four with every fact.
From the register: a Django database (SQLite, PostgreSQL) that holds a county; households in turn, each time read, folded, judged
and explained.

OpenFisca-Core is AGPL-3.0: installed by this command into an environment of its own under ``var/bench/environments``, run as a
separate program, no dependency of the project.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.engine.agreement import MOST_MEMBERS, random_frame, random_parameters
from tests.harness.cluster import cluster

from bench.applicants import made
from bench.common_subset import AS_OF, HOUSEHOLD_RESULTS, PERSON_RESULTS, found_for, subset_of
from bench.eligibility import complete, start
from bench.eligibility_sides import Columns
from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, evaluate
from shouwang.engine.explain import explain, judging
from shouwang.engine.parameters import ParameterTable
from shouwang.rules.worked_case import read_case_file

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests/data/household.yaml"
COMMON = (*HOUSEHOLD_RESULTS, *PERSON_RESULTS)
TARGETS = ("dibao_gap_amount", "dibao_eligible")
"""What is explained: an amount, and a truth value with the nearest change that would turn it."""
ROUNDS = 1000
WARM = 100
MEMBERS = 4
HOUSEHOLDS = 100
APPLICANTS = 20_000
REGISTERED = 120_000
FEW = 20


class Turn(NamedTuple):
    """What one turn took, in milliseconds, and whether the kernel took our processor away in the middle of it."""

    wall: float
    cpu: float
    disturbed: bool


def timed(work: Callable[[], object], rounds: int = ROUNDS) -> list[Turn]:
    """Return what each turn takes once the process is warm."""
    turns = []
    for number in range(rounds + WARM):
        switches = resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw
        cpu, began = time.thread_time(), time.perf_counter()
        work()
        wall, spent = time.perf_counter() - began, time.thread_time() - cpu
        if number >= WARM:
            disturbed = resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw > switches
            turns.append(Turn(wall * 1000, spent * 1000, disturbed))
    return turns


def p95(samples: Sequence[float]) -> float:
    """The 95th percentile, rounded; a handful of samples has none."""
    return round(statistics.quantiles(samples, n=20)[-1], 3) if len(samples) > FEW else math.nan


def say(what: str, turns: Sequence[Turn], **more: Any) -> float:
    """Print the median, the 95th percentile and the best (the least disturbed) of the turns; return the median."""
    wall = [turn.wall for turn in turns]
    calm = [turn.wall for turn in turns if not turn.disturbed]
    median = statistics.median(wall)
    spent = {
        "median_ms": round(median, 3),
        "p95_ms": p95(wall),
        "best_ms": round(min(wall), 3),
        "cpu_median_ms": round(statistics.median([turn.cpu for turn in turns]), 3),
        "cpu_p95_ms": p95([turn.cpu for turn in turns]),
        "undisturbed_p95_ms": p95(calm),
        "disturbed": len(wall) - len(calm),
        "turns": len(wall),
    }
    load = round(os.getloadavg()[0], 1)
    print(
        json.dumps({"bench": "household", "what": what} | spent | more | {"load": load}, ensure_ascii=False), flush=True
    )
    return median


def common_rules(*, beside: bool) -> None:
    """The common rules of households in memory, beside OpenFisca-Core."""
    subset = subset_of(load_book("shouwang.rules"))
    applicants = made(subset, APPLICANTS)
    columns = Columns(applicants, 1)
    columns.load(0)
    frame, table = columns.kept, columns.parameters
    assert frame is not None
    rows = np.flatnonzero(complete(subset, applicants, 0)[0] & (frame.sizes == MEMBERS))[:HOUSEHOLDS]
    cases = [frame.case(int(row)) for row in rows]
    own: dict[str, float] = {}
    turn = cycle(cases)
    own["rules alone"] = say(
        "common rules alone", timed(lambda: evaluate(subset, next(turn), AS_OF, table)), rules=len(COMMON)
    )
    for target in TARGETS:

        def told(target: str = target) -> None:
            judging(subset, next(turn), AS_OF, table)[1](target, None)

        own[target] = say(f"common rules with {target} explained", timed(told), rules=len(COMMON))
    if beside:
        options = argparse.Namespace(threads=1, people=APPLICANTS)
        other = start("openfisca", options, applicants)
        case = cases[0]
        places = {name: value[0] for name, value in found_for(subset, table, [case.area_code]).items()}
        answer = other.ask("one", household=case.household, members=case.members, places=places, times=ROUNDS + WARM)
        other.close()
        found = answer["found"][WARM:]
        theirs = statistics.median(found)
        spent = {"median_ms": round(theirs, 3), "p95_ms": p95(found), "best_ms": round(min(found), 3)}
        said = {"bench": "household", "what": "OpenFisca-Core, the same rules, no explanation"} | spent
        said |= {"licence": "AGPL-3.0, in an environment of its own, no dependency"}
        print(json.dumps(said), flush=True)
        ratios = {what: round(median / theirs, 3) for what, median in own.items()}
        print(json.dumps({"bench": "household", "what": "medians over OpenFisca-Core's"} | ratios), flush=True)


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
    """Print what one household takes with the whole rule set."""
    given, target = (book, case, as_of, parameters), TARGETS[0]
    outcome = evaluate(*given)
    values = [*outcome.household.values(), *(value for person in outcome.persons for value in person.values())]
    summary = {"who": who, "members": len(case.members), "values": len(values), "unknown": values.count(None)}
    say("whole rule set", timed(lambda: evaluate(*given)), **summary)
    say("whole rule set and one explanation", timed(lambda: judging(*given)[1](target, None)), who=who)
    say(target, timed(lambda: evaluate(*given, targets=[target])), who=who)
    say(f"{target} explained", timed(lambda: explain(*given, target)), who=who)


def from_register(people: int) -> None:
    """Load a county into the configured database; read, fold, judge and explain its households in turn."""
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from bench.warn_run import load
    from shouwang.apps.assessment import selectors
    from shouwang.apps.assessment.services import import_standards
    from shouwang.apps.registry.models import Household
    from shouwang.synth.county.standards import write_standards

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        write_standards(Path(folder) / "county.csv")
        import_standards(Path(folder) / "county.csv")
    load(people)
    ids = list(Household.objects.order_by("id").values_list("id", flat=True))
    among = cycle(np.random.default_rng(7).choice(ids, 500, replace=False).tolist())
    book = selectors.book()

    def judged(rules: Sequence[str] | None, target: str | None) -> None:
        found = selectors.case_of(next(among), AS_OF, rules)
        if found is not None:
            _, tell = judging(book, found.case, AS_OF, selectors.parameters_at(found.case.area_code), rules)
            if target is not None:
                tell(target, None)

    with CaptureQueriesContext(connection) as asked:
        judged(None, None)
    where = {"database": connection.vendor, "people": people, "queries": len(asked)}
    say("from the register: read and folded", timed(lambda: selectors.case_of(next(among), AS_OF)), **where)
    for what, rules in (("common rules", COMMON), ("whole rule set", None)):
        say(f"from the register: {what}", timed(lambda rules=rules: judged(rules, None)), **where)
        for target in TARGETS:
            samples = timed(lambda rules=rules, target=target: judged(rules, target))
            say(f"from the register: {what}, {target} explained", samples, **where)


def main() -> None:
    """Time households in memory, then from a register on both databases, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=REGISTERED, help="of the register")
    parser.add_argument("--without-openfisca", action="store_true")
    parser.add_argument("--in-memory-only", action="store_true")
    parser.add_argument("--here", action="store_true", help="only the register, on the configured database")
    options = parser.parse_args()
    if options.here:
        from shouwang.config.start import start as start_django

        start_django(today="2026-11-02")
        from_register(options.people)
        return
    common_rules(beside=not options.without_openfisca)
    book = load_book("shouwang.rules")
    worked = read_case_file(CASES, book)[0]
    measure(book, "worked case", worked.case, worked.as_of, worked.parameters)
    measure(book, "all known", known_household(book, worked.as_of), worked.as_of, random_parameters(book, seed=1))
    if options.in_memory_only:
        return
    again = [sys.executable, __file__, "--here", "--people", str(options.people)]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(again, check=True, env={**os.environ, "SHOUWANG_DATA_DIR": folder})
    with tempfile.TemporaryDirectory() as folder, cluster() as url:
        subprocess.run(again, check=True, env={**os.environ, "SHOUWANG_DATA_DIR": folder, "SHOUWANG_DATABASE_URL": url})


if __name__ == "__main__":
    main()

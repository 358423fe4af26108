"""The same rules on a cluster: link, fold and judge a register, or compute what lies ready, slice by slice on Spark.

The folders must be seen by every machine under the same path. What a process does with a slice is ``slices.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from shouwang.engine.backends.spark import Rows, Session, for_each, for_each_group, listed
from shouwang.engine.compare import slices
from shouwang.engine.compare.judging import check_targets
from shouwang.engine.compare.slices import FactSource, Law, Reading, Register, Run

HOUSEHOLDS_PER_SLICE = 100_000
ROWS_PER_PART = 1_500_000
TASKS_A_CORE = 8


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run went over. ``unlinked``: by fact file that was read, how many of its rows speak of nobody in the register.

    A file that holds no item the targets rest on is not read.
    """

    households: int
    persons: int
    facts: int
    unlinked: Mapping[str, int]


def judge_register(
    session: Session,
    register: Path,
    facts: Sequence[Path],
    law: Law,
    *,
    covered: Mapping[str, Collection[str]],
    out: Path,
    households_per_slice: int = HOUSEHOLDS_PER_SLICE,
) -> Tally:
    """Compare a register folder with fact files: link, fold, judge. Three passes: spread by key, link, judge by slice.

    ``covered`` division → feeds whose silence speaks there and below. ``out`` (must be empty or absent) receives
    ``persons-N.parquet`` and ``households-N.parquet`` (lasting number, ``holds``, ``untold``: bit i speaks of
    ``law.targets[i]``) in the register's order, and ``unlinked-N.parquet``, the keys of fact file N nobody has.
    Raises StoreError for a file that cannot be read or targets that do not fit in a word, FileExistsError for results that are there already.
    """
    check_targets(law.load(), law.targets)
    _prepare(out)
    whole = Register.at(register, households_per_slice)
    sources = _sources(whole, facts, law)
    rows = sum(pq.ParquetFile(each.path).metadata.num_rows for each in sources)
    parts = max(1, -(-(rows + pq.ParquetFile(register / slices.PERSONS).metadata.num_rows) // ROWS_PER_PART))
    feeds = {code: frozenset(each) for code, each in covered.items()}
    run = Run(whole, sources, parts, law, feeds, str(out))
    linked = _every_slice(session, whole)
    if pieces := slices.pieces_of(run):
        parted = for_each(session, pieces, partial(_spread, run), slices.SPREAD)
        linked = linked.union(for_each_group(parted, "part", partial(_link, run), slices.LINKED, tasks=parts))
    tasks = min(len(whole.slices) + 1, session.sparkContext.defaultParallelism * TASKS_A_CORE)
    return _add_up(for_each_group(linked, "slice", partial(_judge, run), slices.TALLY, tasks=tasks), sources)


def evaluate_persons(
    session: Session, folder: Path, law: Law, out: Path, *, households_per_slice: int = HOUSEHOLDS_PER_SLICE
) -> Tally:
    """Compute the law's targets for households whose inputs lie ready as columns of a register folder, null unknown.

    ``out`` (must be empty or absent) receives ``persons-N.parquet`` and ``households-N.parquet``: one column for each
    target, null where unknown, rows in the folder's order. Raises FileExistsError for results that are there already.
    """
    _prepare(out)
    whole = Register.at(folder, households_per_slice)
    work = partial(_evaluate, Reading(whole, law, str(out)))
    tasks = max(1, len(whole.slices))
    return _add_up(for_each_group(_every_slice(session, whole), "slice", work, slices.TALLY, tasks=tasks), ())


def _spread(run: Run, piece: tuple[int, int]) -> Iterable[pa.Table]:
    return slices.spread(run, [piece])


def _link(run: Run, _: int, table: pa.Table) -> pa.Table:
    return slices.link(run, table)


def _judge(run: Run, number: int, table: pa.Table) -> pa.Table:
    return slices.judge_slice(run, number, table)


def _evaluate(reading: Reading, number: int, _: pa.Table) -> pa.Table:
    return slices.evaluate_slice(reading, number)


def _prepare(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} 里已有文件：请换一个空文件夹")


def _sources(register: Register, facts: Sequence[Path], law: Law) -> tuple[FactSource, ...]:
    book = law.load()
    inputs = book.inputs_for(law.targets, law.as_of, register.areas())
    wanted = {item for name in inputs if (item := book.inputs[name].item) is not None}
    return tuple(slices.fact_source(path, book, wanted) for path in facts)


def _every_slice(session: Session, register: Register) -> Rows:
    """A row without facts for each slice, so that those nobody speaks of are judged too."""
    return listed(session, [(number, None, None) for number in register.slices], slices.LINKED)


def _add_up(judged: Rows, sources: Sequence[FactSource]) -> Tally:
    rows = judged.collect()
    linked = [row for row in rows if row["slice"] != slices.UNLINKED]
    unlinked = dict.fromkeys((source.path for source in sources if source.items), 0)
    for row in rows:
        if row["slice"] == slices.UNLINKED:
            unlinked[sources[row["source"]].path] += row["facts"]
    households, persons, facts = (sum(row[name] for row in linked) for name in ("households", "persons", "facts"))
    return Tally(households, persons, facts, unlinked)

"""One run: register → snapshot → facts folded → rules → signals → difference. Killed anywhere, the next call ends the same.

Everything a run rests on is fixed in its row when it starts; its files appear whole or not at all; each change of its
state is conditional on the state before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import pyarrow as pa
from django.db import IntegrityError, transaction

from shouwang.apps.assessment import lake, selectors
from shouwang.apps.assessment.frames import Snapshot, ordered, snapshot_of
from shouwang.apps.assessment.judging import Judged, compare, judge
from shouwang.apps.assessment.models import Run
from shouwang.apps.assessment.signals import SCHEMA
from shouwang.apps.audit.record import record
from shouwang.apps.exchange import selectors as exchange
from shouwang.apps.registry import selectors as registry
from shouwang.lib import clock
from shouwang.lib.area_codes import contains, normalise_code
from shouwang.lib.crypto import sm3_file

Progress = Callable[[str, int, int], None]
UNFINISHED = (Run.State.RUNNING, Run.State.JUDGED)


class RunRefused(Exception):
    """A run that cannot be started; the message is Chinese."""


class RunMoved(Exception):
    """Another process took the run further meanwhile; the message is Chinese."""

    def __init__(self) -> None:
        super().__init__("另一个进程正在处理同一次比对，请稍后查看结果。")


def run_warnings(area_code: str, as_of: date, progress: Progress | None = None) -> Run:
    """Compare the register of a division with what is known on a day; returns the judged run, ready to open alerts.

    An unfinished run of the same division and day is taken up where it stands; any other unfinished one over the same
    ground is abandoned. Raises RunRefused for a day before the last finished run's.
    """
    run = _start(normalise_code(area_code), as_of)
    return run if run.state == Run.State.JUDGED else _judge(run, progress or _silent)


def note_taken(run: Run, signals: int, counts: dict[str, int]) -> Run:
    """Move the mark of how many signals have become alerts, in the transaction that made them. Raises RunMoved."""
    summed = Counter(run.counts)
    summed.update(counts)
    _move(run, Run.State.JUDGED, taken=run.taken + signals, counts=dict(summed))
    return run


def finish_run(run: Run, timings: dict[str, float] | None = None) -> Run:
    """Finish a run whose signals are all taken; ``timings`` are seconds by stage to keep with it. Raises RunMoved."""
    kept = run.timings | {stage: round(seconds, 3) for stage, seconds in (timings or {}).items()}
    with transaction.atomic():
        _move(run, Run.State.JUDGED, state=Run.State.FINISHED, finished_at=clock.now(), timings=kept)
        record(
            None,
            "run.finish",
            subject_kind="run",
            subject_uuid=run.uuid,
            area_code=run.area_code,
            details={"as_of": run.as_of.isoformat(), "counts": run.counts},
        )
    return run


def _start(area_code: str, as_of: date) -> Run:
    with transaction.atomic():
        for stale in Run.objects.filter(state__in=UNFINISHED).order_by("id"):
            if (stale.area_code, stale.as_of) == (area_code, as_of):
                return stale
            if contains(area_code, stale.area_code) or contains(stale.area_code, area_code):
                _abandon(stale)
        previous = selectors.last_finished_run(area_code)
        if previous is not None and as_of < previous.as_of:
            raise RunRefused(f"判定日 {as_of} 早于上次已完成比对的判定日 {previous.as_of}，不能倒着比对。")
        now = clock.now()
        try:
            with transaction.atomic():
                return Run.objects.create(
                    area_code=area_code,
                    as_of=as_of,
                    known_at=now,
                    started_at=now,
                    state=Run.State.RUNNING,
                    previous=previous,
                )
        except IntegrityError:
            raise RunMoved from None


def _abandon(run: Run) -> None:
    _move(run, run.state, state=Run.State.ABANDONED, finished_at=clock.now())
    record(None, "run.abandon", subject_kind="run", subject_uuid=run.uuid, area_code=run.area_code)
    if not run.taken:
        transaction.on_commit(lambda: lake.remove_run(run.uuid))


def _judge(run: Run, progress: Progress) -> Run:
    timings: dict[str, float] = {}
    folder = lake.folder_of(run.uuid)
    with _timed(timings, "snapshot"):
        progress("取登记册快照", 0, 1)
        reading = registry.snapshot_reading(run.area_code, run.as_of, run.known_at, _earlier(run))
        tables = ordered(reading.tables)
        written = {lake.PEOPLE: tables.persons, lake.HOUSEHOLDS: tables.households, lake.FACTS: tables.facts}
        for name, table in written.items():
            lake.write_table(folder / name, table)
        lake.write_table(folder / lake.WAITING, reading.waiting)
        progress("取登记册快照", 1, 1)
    snapshot = snapshot_of(tables.persons, tables.households, tables.facts)
    with _timed(timings, "judge"):
        judged, feeds, parameters = _judge_counties(run, snapshot, progress)
    with _timed(timings, "compare"):
        progress("与上次比较", 0, 1)
        holds = pa.concat_tables([SCHEMA.empty_table(), *(each.holds for each in judged)])
        compared = compare(selectors.signals_before(run), holds, [each.untold for each in judged])
        lake.write_table(folder / lake.SIGNALS, compared.signals)
        lake.write_table(folder / lake.DIFF, compared.changes)
        progress("与上次比较", 1, 1)
    unknown = sum((each.unknown for each in judged), Counter[str]())
    counts = {
        "people": len(snapshot.person_ids),
        "households": len(snapshot.household_ids),
        "facts": tables.facts.num_rows,
        **compared.counts,
        **dict.fromkeys(("opened", "merged", "suppressed", "signals_cleared"), 0),
    }
    fingerprint = {
        "rules": selectors.book().fingerprint,
        "parameters": parameters,
        "snapshot": {name: _digest(folder / name) for name in written},
        "signals": _digest(folder / lake.SIGNALS),
        "feeds": feeds,
        "cannot_tell": {name: count for name, count in sorted(unknown.items()) if count},
    }
    rounded = {stage: round(seconds, 3) for stage, seconds in timings.items()}
    mark = {"mark": dict(reading.mark), "waiting": _digest(folder / lake.WAITING)}
    _move(
        run,
        Run.State.RUNNING,
        state=Run.State.JUDGED,
        counts=counts,
        timings=rounded,
        fingerprint=fingerprint,
        register_mark=mark,
    )
    lake.sweep(run.uuid)
    return run


def _earlier(run: Run) -> registry.Reading | None:
    """The reading of the run before, if it was of the same division and its files are as they were written."""
    before = run.previous
    if before is None or before.area_code != run.area_code or not before.register_mark:
        return None
    folder = lake.folder_of(before.uuid)
    expected = {**before.fingerprint["snapshot"], lake.WAITING: before.register_mark["waiting"]}
    try:
        if any(_digest(folder / name) != digest for name, digest in expected.items()):
            return None
        persons, households, facts, waiting = (
            lake.read_table(folder / name) for name in (lake.PEOPLE, lake.HOUSEHOLDS, lake.FACTS, lake.WAITING)
        )
    except OSError:
        return None
    tables = registry.SnapshotTables(persons, households, facts)
    return registry.Reading(before.as_of, before.known_at, tables, before.register_mark["mark"], waiting)


def _judge_counties(run: Run, snapshot: Snapshot, progress: Progress) -> tuple[list[Judged], dict[str, list[str]], str]:
    book, table = selectors.book(), selectors.parameters()
    judged, feeds, done = [], {}, 0
    households = len(snapshot.household_ids)
    progress("判定", 0, households)
    for county, part in snapshot.by_county():
        covered = exchange.covered_feeds(county, run.as_of)
        judged.append(judge(book, part, run.as_of, area_code=county, parameters=table, covered_feeds=covered))
        feeds[county] = sorted(covered)
        done += len(part.household_ids)
        progress("判定", done, households)
    return judged, feeds, table.fingerprint


def _move(run: Run, expected: str, **changes: Any) -> None:
    """Change a run only while it is as this process knows it, in the database and then in the object."""
    seen = Run.objects.filter(pk=run.pk, state=expected, taken=run.taken)
    if not seen.update(**changes):
        raise RunMoved
    for name, value in changes.items():
        setattr(run, name, value)


def _digest(path: Path) -> str:
    return sm3_file(path)


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    start = perf_counter()
    yield
    timings[stage] = perf_counter() - start


def _silent(stage: str, done: int, total: int) -> None:
    """Show nothing."""

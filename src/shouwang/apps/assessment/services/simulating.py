"""One what-if: asked for, computed while the page waits or as a job, stored once with what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.db import transaction

from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.frames import county_of, snapshot_of
from shouwang.apps.assessment.models import Simulation
from shouwang.apps.assessment.simulation_access import check_may_simulate
from shouwang.apps.audit.record import record
from shouwang.apps.exchange import selectors as exchange
from shouwang.apps.jobs import services as jobs
from shouwang.apps.registry import selectors as registry
from shouwang.engine.reform import Reform, ReformError, values_of
from shouwang.engine.reform_text import as_data, from_data
from shouwang.engine.simulate import Simulation as Engine
from shouwang.engine.simulate import Summary
from shouwang.lib import clock
from shouwang.lib.area_codes import ancestors_of, level_of
from shouwang.rules.simulated import GROUP_INPUTS, benefits_of, groups_of

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

Progress = Callable[[str, int, int], None]
TASK = "assessment.simulate"
AT_ONCE = 50_000
"""Households that a page waits for."""

EARLIEST = date(2000, 1, 1)
EVERYWHERE = 10**12
WIDTHS = {"nation": 2, "province": 6, "city": 6, "county": 9, "township": 12, "village": 12}
"""How many digits of a code name the lines of a result, by the level of the division simulated."""


class SimulationRefused(Exception):
    """A simulation that cannot be asked for; the message is Chinese."""


def simulate(actor: Actor, area_code: str, as_of: date, reform: Reform, *, at_once: int = AT_ONCE) -> Simulation:
    """Compute a reform over a division: at once where it has at most ``at_once`` households, else as a job.

    Raises SimulationRefused, or NotPermitted.
    """
    check_may_simulate(actor)
    small = registry.household_areas(area_code, at_most=at_once) is not None
    with transaction.atomic():
        made = _ask(actor, area_code, as_of, reform)
        if not small:
            job = jobs.enqueue(TASK, {"uuid": str(made.uuid)}, post_id=made.post_id, key=str(made.uuid))
            Simulation.objects.filter(pk=made.pk).update(job=job.uuid)
            made.job = job.uuid
    if small:
        compute(made.uuid)
        made.refresh_from_db()
    return made


def simulate_now(area_code: str, as_of: date, reform: Reform, progress: Progress | None = None) -> Simulation:
    """Compute a reform over a division of any size in this process, for the command line. Raises SimulationRefused."""
    with transaction.atomic():
        made = _ask(None, area_code, as_of, reform)
    compute(made.uuid, progress)
    made.refresh_from_db()
    if made.state == Simulation.State.FAILED:
        raise SimulationRefused(made.error)
    return made


def _ask(actor: Actor | None, area_code: str, as_of: date, reform: Reform) -> Simulation:
    """Store what is asked for, with its audit row. Raises SimulationRefused."""
    if as_of > clock.today():
        raise SimulationRefused("判定日不能晚于今天：登记册里还没有以后的情况。")
    if as_of < EARLIEST:
        raise SimulationRefused(f"判定日不能早于 {EARLIEST}。")
    try:
        _engine(as_of, reform)
    except ReformError as error:
        raise SimulationRefused(str(error)) from error
    now = clock.now()
    made = Simulation.objects.create(
        area_code=area_code,
        as_of=as_of,
        known_at=now,
        reform=as_data(reform),
        post_id=actor.post_id if actor else None,
        created_at=now,
    )
    record(
        actor,
        "simulation.run",
        subject_kind="simulation",
        subject_uuid=made.uuid,
        area_code=area_code,
        details={"as_of": as_of.isoformat(), "reform": made.reform},
    )
    return made


def compute(uuid: UUID | str, progress: Progress | None = None) -> dict[str, int]:
    """Compute a simulation that was asked for and store its figures, once; return the line over all.

    A simulation already computed is left as it is. A reform that cannot be computed there is stored as failed.
    """
    asked = Simulation.objects.get(uuid=uuid)
    if asked.state == Simulation.State.DONE:
        return dict(asked.summary["total"])
    try:
        summary, fingerprint = _compute(asked, progress or _silent)
    except ReformError as error:
        _close(asked, state=Simulation.State.FAILED, error=str(error)[:300])
        return {}
    _close(asked, state=Simulation.State.DONE, summary=summary, fingerprint=fingerprint)
    return dict(summary["total"])


def cancel(actor: Actor, simulation: Simulation) -> bool:
    """Stop a simulation that waits or runs as a job; False if it had ended."""
    with transaction.atomic():
        if simulation.job is None or not jobs.cancel(simulation.job):
            return False
        _close(simulation, state=Simulation.State.FAILED, error="已由提交岗位取消。")
        record(
            actor,
            "simulation.cancel",
            subject_kind="simulation",
            subject_uuid=simulation.uuid,
            area_code=simulation.area_code,
        )
    return True


def note_export(actor: Actor, simulation: Simulation, lines: int) -> None:
    """Write the audit row of a download."""
    with transaction.atomic():
        record(
            actor,
            "simulation.export",
            subject_kind="simulation",
            subject_uuid=simulation.uuid,
            area_code=simulation.area_code,
            details={"lines": lines},
        )


def _engine(as_of: date, reform: Reform) -> Engine:
    book = selectors.book()
    return Engine(book, as_of, selectors.parameters(), reform, benefits_of(book))


def _compute(asked: Simulation, progress: Progress) -> tuple[dict[str, Any], dict[str, Any]]:
    reform = from_data(asked.reform)
    run = _engine(asked.as_of, reform)
    progress("清点住户", 0, 0)
    codes = registry.household_areas(asked.area_code, at_most=EVERYWHERE) or []
    chunks = _chunks(asked.area_code, codes)
    sizes = {chunk: registry.household_total(chunk) for chunk in chunks}
    total, done = sum(sizes.values()), 0
    progress("测算", 0, total)
    summary, feeds = Summary(), dict[str, set[str]]()
    read = {"households": 0, "persons": 0, "facts": 0}
    width = WIDTHS[level_of(asked.area_code)]
    for chunk, inside in chunks.items():
        inputs = run.inputs(np.array(inside)) | set(GROUP_INPUTS)
        items = {spec.item for name, spec in run.book.inputs.items() if name in inputs and spec.item is not None}
        tables = registry.snapshot_tables(chunk, asked.as_of, asked.known_at, sorted(items))
        register = snapshot_of(tables.persons, tables.households, tables.facts)
        for county, part in register.by_county():
            if county not in feeds:
                feeds[county] = exchange.covered_feeds(county, asked.as_of)
            frame = part.frame(run.book, asked.as_of, feeds[county], inputs)
            paired = run.run(frame)
            summary.add(paired, _lines(frame.area_codes, width), groups_of(frame, part.people.sex))
        for name, table in zip(read, (tables.households, tables.persons, tables.facts), strict=True):
            read[name] += table.num_rows
        done += sizes[chunk]
        progress("测算", done, total)
    found = {
        "total": summary.total or {"all": 0},
        "areas": dict(sorted(summary.areas.items())),
        "benefits": {each.key: summary.benefits[each.key] for each in run.benefits if each.key in summary.benefits},
        "groups": {key: {name: line for name, line in lines.items() if line} for key, lines in summary.groups.items()},
        "persons": read["persons"],
        "unreached": [each.key for each in run.benefits if summary.total and each.key not in summary.benefits],
        "remarks": run.remarks(),
        "values": [
            {
                "item": change.item,
                "before": values_of(run.book, run.parameters, change, asked.as_of),
                "after": values_of(run.book, run.changed, change, asked.as_of),
            }
            for change in reform.changes
        ],
    }
    covered = {county: sorted(names) for county, names in sorted(feeds.items())}
    return found, run.fingerprint | {"register": read, "feeds": covered}


def _chunks(area_code: str, codes: list[str]) -> dict[str, list[str]]:
    """The parts read one after another, with the divisions that have households in them.

    A wide division is read by county (where towns lie right under a city: that city); a county or less is one part.
    """
    if level_of(area_code) not in {"nation", "province", "city"}:
        return {area_code: codes} if codes else {}
    counties = {county_of(code) for code in codes}
    chunks: dict[str, list[str]] = {}
    for code in codes:
        widest = [above for above in ancestors_of(code) if above in counties][-1]
        chunks.setdefault(widest, []).append(code)
    return chunks


def _lines(area_codes: Any, width: int) -> Any:
    distinct, where = np.unique(area_codes, return_inverse=True)
    return np.array([code[:width].ljust(12, "0") for code in distinct.tolist()], dtype="<U12")[where]


def _close(asked: Simulation, **changes: Any) -> None:
    """End a simulation that waits; one that has ended stays as it is."""
    waiting = Simulation.objects.filter(pk=asked.pk, state=Simulation.State.WAITING)
    waiting.update(finished_at=clock.now(), **changes)


def _silent(stage: str, done: int, total: int) -> None:
    """Show nothing."""

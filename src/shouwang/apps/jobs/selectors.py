"""Reads of jobs, without side effects."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from shouwang.apps.jobs.models import Job
from shouwang.lib import clock


@dataclass(frozen=True)
class Pace:
    """How a running job gets on: percent done, rows a second, seconds left (None: cannot be told yet)."""

    percent: int
    per_second: int | None
    seconds_left: int | None


def job_by_uuid(uuid: UUID | str | None) -> Job | None:
    """Return a job, or None."""
    return Job.objects.filter(uuid=uuid).first() if uuid else None


def unfinished_among(uuids: Collection[UUID]) -> set[UUID]:
    """Return which of these jobs wait or run (one query)."""
    unfinished = Job.objects.filter(uuid__in=uuids, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    return set(unfinished.values_list("uuid", flat=True))


def pace_of(job: Job) -> Pace:
    """Return how the present stage of a job gets on."""
    if not job.total:
        return Pace(0, None, None)
    percent = min(100, job.done * 100 // job.total)
    running = job.state == Job.State.RUNNING and job.stage_at is not None
    seconds = (clock.now() - job.stage_at).total_seconds() if running and job.stage_at else 0.0
    if seconds <= 0 or not job.done:
        return Pace(percent, None, None)
    per_second = job.done / seconds
    return Pace(percent, int(per_second), int((job.total - job.done) / per_second) + 1 if job.done < job.total else 0)


def jobs_ahead(job: Job) -> int:
    """Return how many unfinished jobs were queued before this one."""
    return Job.objects.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING], id__lt=job.pk).count()

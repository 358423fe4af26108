"""Queueing, claiming and ending jobs. Winners are chosen by one conditional UPDATE; whoever lost stops quietly."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.db.models import F, Q

from shouwang.apps.jobs.models import Job
from shouwang.apps.jobs.registry import JobFailed, task_named
from shouwang.lib import clock

STALE = timedelta(seconds=60)
BEAT_SECONDS = 10.0
SHOWN_EVERY = timedelta(seconds=0.5)
MOST_ATTEMPTS = 3
UNFINISHED = (Job.State.QUEUED, Job.State.RUNNING)

log = logging.getLogger(__name__)


class JobLost(Exception):
    """The job was cancelled, or another worker has taken it: this one must stop."""


def enqueue(name: str, arguments: Mapping[str, Any], *, post_id: int | None = None, key: str = "") -> Job:
    """Queue work by name. With a ``key``, an unfinished job of the same name and key is returned instead of a second."""
    try:
        with transaction.atomic():
            return Job.objects.create(
                name=name, arguments=dict(arguments), post_id=post_id, key=key, queued_at=clock.now()
            )
    except IntegrityError:
        standing = Job.objects.filter(name=name, key=key, state__in=UNFINISHED).first()
        if standing is None:
            raise
        return standing


def claim() -> Job | None:
    """Take the oldest job that waits, or whose worker shows no more sign of life; None if there is none.

    A job whose workers died too often is failed instead of taken again.
    """
    for job in Job.objects.filter(_free()).order_by("id")[:20]:
        if job.attempts >= MOST_ATTEMPTS:
            with suppress(JobLost):  # another worker has just failed it
                _end(job, Job.State.FAILED, error=f"处理程序中断 {job.attempts} 次，已停止，请联系运行维护人员。")
            continue
        now = clock.now()
        changes = {"claim": uuid4(), "claimed_at": now, "heartbeat_at": now, "stage_at": now, "done": 0, "total": 0}
        taken = Job.objects.filter(_free(), pk=job.pk, claim=job.claim).update(
            state=Job.State.RUNNING, attempts=F("attempts") + 1, stage="", **changes
        )
        if taken:
            job.refresh_from_db()
            return job
    return None


def _free() -> Q:
    """Jobs to be had. A heartbeat that lies ahead is stale too: a pinned clock starts its day again at midnight."""
    now = clock.now()
    silent = Q(heartbeat_at__lt=now - STALE) | Q(heartbeat_at__gt=now + STALE)
    return Q(state=Job.State.QUEUED) | (Q(state=Job.State.RUNNING) & silent)


def progress(job: Job, stage: str, done: int, total: int) -> None:
    """Show how far a claimed job is. Raises JobLost where it is no longer this worker's."""
    now = clock.now()
    if stage != job.stage:
        job.stage_at = now
    elif done < total and job.heartbeat_at and timedelta(0) <= now - job.heartbeat_at < SHOWN_EVERY:
        return
    job.stage, job.done, job.total, job.heartbeat_at = stage, done, total, now
    changes = {"stage": stage[:40], "done": done, "total": total, "heartbeat_at": now, "stage_at": job.stage_at}
    if not _mine(job).update(**changes):
        raise JobLost


def finish(job: Job, result: Mapping[str, Any]) -> None:
    """End a claimed job well. Raises JobLost."""
    _end(job, Job.State.DONE, result=dict(result))


def fail(job: Job, error: str) -> None:
    """End a claimed job with the reason in Chinese. Raises JobLost."""
    _end(job, Job.State.FAILED, error=error[:300])


def cancel(uuid: UUID | str) -> bool:
    """Cancel an unfinished job; its worker stops at its next sign of progress. False: it had ended before."""
    changes = {"state": Job.State.CANCELLED, "finished_at": clock.now()}
    return bool(Job.objects.filter(uuid=uuid, state__in=UNFINISHED).update(**changes))


def _mine(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, claim=job.claim, state=job.state)


def _end(job: Job, state: str, **changes: Any) -> None:
    if not _mine(job).update(state=state, finished_at=clock.now(), **changes):
        raise JobLost
    job.refresh_from_db()


def run_one() -> Job | None:
    """Claim one job and do it; return it as it then stands, None if there was none."""
    job = claim()
    if job is None:
        return None
    try:
        with _beating(job):
            _do(job)
    except JobLost:
        job.refresh_from_db()
    return job


def _do(job: Job) -> None:
    function = task_named(job.name)
    if function is None:
        fail(job, f"没有名为“{job.name}”的任务。")
        return
    try:
        result = function(lambda stage, done, total: progress(job, stage, done, total), **job.arguments)
    except JobLost:
        raise
    except JobFailed as reason:
        fail(job, str(reason))
    except Exception:
        log.exception("job %s %s", job.name, job.uuid)
        fail(job, f"处理时出错，已记入运行日志（任务编号 {job.uuid}），请联系运行维护人员。")
    else:
        finish(job, result)


@contextmanager
def _beating(job: Job) -> Iterator[None]:
    """Show a sign of life from another thread while a long step computes."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(BEAT_SECONDS):
                close_old_connections()
                try:
                    _mine(job).update(heartbeat_at=clock.now())
                except DatabaseError:  # a database that is busy or away for a moment: the next beat tries again
                    log.warning("job %s %s: no heartbeat", job.name, job.uuid, exc_info=True)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def work(*, once: bool, wait: Callable[[], bool]) -> int:
    """Do jobs one after another; return how many. ``once``: until none is left, else until ``wait`` says to stop."""
    number = 0
    while True:
        if run_one() is not None:
            number += 1
        elif once or not wait():
            return number

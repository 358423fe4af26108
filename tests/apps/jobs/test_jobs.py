"""Background jobs: one winner, a dead worker's job is taken again, an ended worker writes nothing, failure is said in Chinese."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from shouwang.apps.jobs import registry, selectors, services
from shouwang.apps.jobs.models import Job
from shouwang.lib import clock

ADD, GIVE_UP, BREAK = "tests.add", "tests.give_up", "tests.break"


@pytest.fixture(autouse=True)
def _tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.task_named("")  # the offices' own are registered once a process: before, or they would go with ours
    monkeypatch.setattr(registry, "_TASKS", dict(registry._TASKS))

    @registry.task(ADD)
    def add(progress: registry.Progress, *, one: int, other: int) -> dict[str, Any]:
        progress("相加", 1, 2)
        progress("相加", 2, 2)
        return {"sum": one + other}

    @registry.task(GIVE_UP)
    def give_up(progress: registry.Progress) -> dict[str, Any]:
        raise registry.JobFailed("参数没有值，算不出来。")

    @registry.task(BREAK)
    def break_down(progress: registry.Progress) -> dict[str, Any]:
        raise ZeroDivisionError("secret detail")


@pytest.mark.django_db
def test_queued_job_is_done_and_its_result_kept() -> None:
    job = services.enqueue(ADD, {"one": 1, "other": 2}, post_id=7)
    assert (job.state, selectors.jobs_ahead(job)) == ("queued", 0)
    assert services.work(once=True, wait=lambda: False) == 1
    job.refresh_from_db()
    assert (job.state, job.result, job.post_id, job.attempts, job.done) == ("done", {"sum": 3}, 7, 1, 2)
    assert selectors.pace_of(job).percent == 100
    assert services.run_one() is None


@pytest.mark.django_db
def test_failure_is_shown_in_chinese_and_an_accident_without_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    told, broken = services.enqueue(GIVE_UP, {}), services.enqueue(BREAK, {})
    strange = services.enqueue("tests.no_such", {})
    assert services.work(once=True, wait=lambda: False) == 3
    told, broken, strange = (Job.objects.get(pk=job.pk) for job in (told, broken, strange))
    assert {job.state for job in (told, broken, strange)} == {"failed"}
    assert told.error == "参数没有值，算不出来。"
    assert str(broken.uuid) in broken.error
    assert "secret" not in broken.error
    assert "secret detail" in caplog.text
    assert "tests.no_such" in strange.error


@pytest.mark.django_db
def test_double_click_queues_once_until_the_first_has_ended() -> None:
    first = services.enqueue(ADD, {"one": 1, "other": 1}, key="a")
    assert services.enqueue(ADD, {"one": 1, "other": 1}, key="a").pk == first.pk
    assert services.enqueue(ADD, {"one": 1, "other": 1}, key="b").pk != first.pk
    assert services.enqueue(ADD, {"one": 1, "other": 1}).pk != services.enqueue(ADD, {"one": 1, "other": 1}).pk
    services.work(once=True, wait=lambda: False)
    assert services.enqueue(ADD, {"one": 1, "other": 1}, key="a").pk != first.pk


@pytest.mark.django_db
def test_dead_workers_job_is_taken_again_and_the_dead_can_write_nothing() -> None:
    job = services.enqueue(ADD, {"one": 1, "other": 2})
    dead = services.claim()
    assert services.claim() is None
    Job.objects.filter(pk=job.pk).update(heartbeat_at=clock.now() - services.STALE - timedelta(seconds=1))
    again = services.claim()
    assert again is not None
    assert (again.pk, again.attempts, again.claim != dead.claim) == (job.pk, 2, True)
    for act in (
        lambda: services.progress(dead, "相加", 1, 2),
        lambda: services.finish(dead, {"sum": 99}),
        lambda: services.fail(dead, "不该写入"),
    ):
        with pytest.raises(services.JobLost):
            act()
    services.finish(again, {"sum": 3})
    assert Job.objects.get(pk=job.pk).result == {"sum": 3}


@pytest.mark.django_db
def test_heartbeat_that_lies_ahead_is_stale() -> None:
    job = services.enqueue(ADD, {"one": 1, "other": 2})
    services.claim()
    Job.objects.filter(pk=job.pk).update(heartbeat_at=clock.now() + timedelta(hours=20))
    assert services.claim() is not None


@pytest.mark.django_db
def test_job_that_kills_its_workers_is_given_up() -> None:
    job = services.enqueue(ADD, {"one": 1, "other": 2})
    for _ in range(services.MOST_ATTEMPTS):
        assert services.claim() is not None
        Job.objects.filter(pk=job.pk).update(heartbeat_at=clock.now() - timedelta(minutes=5))
    assert services.claim() is None
    job.refresh_from_db()
    assert (job.state, "中断 3 次" in job.error) == ("failed", True)


@pytest.mark.django_db
def test_cancelled_job_stops_at_its_next_word() -> None:
    job = services.enqueue(ADD, {"one": 1, "other": 2})
    running = services.claim()
    assert services.cancel(job.uuid)
    with pytest.raises(services.JobLost):
        services.progress(running, "相加", 1, 2)
    assert not services.cancel(job.uuid)
    assert Job.objects.get(pk=job.pk).state == "cancelled"
    assert services.run_one() is None


@pytest.mark.django_db
def test_pace_tells_rows_a_second_and_what_is_left() -> None:
    services.enqueue(ADD, {"one": 1, "other": 2})
    job = services.claim()
    services.progress(job, "测算", 0, 1000)
    job.stage_at = clock.now() - timedelta(seconds=10)
    job.done, job.total = 250, 1000
    pace = selectors.pace_of(job)
    assert (pace.percent, 24 <= pace.per_second <= 25, 29 <= pace.seconds_left <= 32) == (25, True, True)
    job.done = 0
    assert selectors.pace_of(job).seconds_left is None


@pytest.mark.django_db(transaction=True)
def test_many_workers_and_one_job_have_one_winner() -> None:
    jobs = [services.enqueue(ADD, {"one": number, "other": 0}) for number in range(5)]
    start, won = threading.Barrier(4), []

    def worker() -> None:
        try:
            start.wait()
            while (job := services.claim()) is not None:
                won.append(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [job.pk for job in jobs]
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_long_step_shows_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BEAT_SECONDS", 0.05)
    seen = []

    @registry.task("tests.long")
    def long(progress: registry.Progress) -> dict[str, Any]:
        job = Job.objects.get(name="tests.long")
        threading.Event().wait(0.4)
        seen.extend([job.heartbeat_at, Job.objects.get(pk=job.pk).heartbeat_at])
        return {}

    services.enqueue("tests.long", {})
    assert services.run_one().state == "done"
    assert seen[1] > seen[0]


@pytest.mark.django_db
def test_a_job_given_up_by_another_worker_meanwhile_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    services.enqueue(ADD, {"one": 1, "other": 2})
    dead = services.claim()
    Job.objects.filter(pk=dead.pk).update(
        attempts=services.MOST_ATTEMPTS, heartbeat_at=clock.now() - timedelta(hours=1)
    )
    services.enqueue(ADD, {"one": 3, "other": 4})
    end = services._end

    def late(job: Job, state: str, **changes: Any) -> None:
        if job.pk == dead.pk:
            Job.objects.filter(pk=dead.pk).update(state="failed")
        end(job, state, **changes)

    monkeypatch.setattr(services, "_end", late)
    assert services.run_one().result == {"sum": 7}


@pytest.mark.django_db(transaction=True)
def test_a_database_away_for_a_moment_does_not_end_the_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BEAT_SECONDS", 0.05)
    mine, asked = services._mine, []

    def away_once(job: Job) -> Any:
        if threading.current_thread() is not threading.main_thread():
            asked.append(job.pk)
            if len(asked) == 1:
                raise OperationalError("database is locked")
        return mine(job)

    monkeypatch.setattr(services, "_mine", away_once)

    @registry.task("tests.waits")
    def waits(progress: registry.Progress) -> dict[str, Any]:
        threading.Event().wait(0.4)
        return {}

    services.enqueue("tests.waits", {})
    assert services.run_one().state == "done"
    assert len(asked) > 1

"""From signals to alerts: opened once, merged, held back after closing, marked when the signal is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from shouwang.apps.accounts.access import Actor
from shouwang.apps.assessment.models import Run
from shouwang.apps.assessment.services import RunMoved, import_standards, run_warnings
from shouwang.apps.monitoring import services
from shouwang.apps.monitoring.models import Alert, DailyCount, Step
from shouwang.lib import clock
from tests.apps.scene import OCTOBER, hospital_bill, ill_person, run_once, standards_file
from tests.cast import COUNTY

pytestmark = pytest.mark.django_db

NOVEMBER = date(2026, 11, 30)
RULE = "medical_spending_registered"


@pytest.fixture(autouse=True)
def _standards(tmp_path: Path) -> Iterator[None]:
    import_standards(standards_file(tmp_path))
    with clock.pinned(OCTOBER):
        yield


def close_as_false(zhen: Actor, xian: Actor, alert: Alert) -> None:
    services.dismiss(zhen, alert.uuid, note="已核实，费用已由医保报销。", version=alert.version)
    services.close(xian, alert.uuid, note="同意。", version=alert.version + 1)


def test_signal_opens_one_alert_with_its_evidence() -> None:
    person = ill_person()
    run = run_once()
    alert = Alert.objects.get(rule=RULE)
    assert (run.state, run.counts["signals"], run.counts["opened"]) == ("finished", 1, 1)
    assert (alert.person_id, alert.household_id, alert.level) == (person.id, person.household_id, "橙")
    assert alert.evidence["values"]["inpatient_self_paid_year"] == 600_000
    assert alert.evidence["parameters"] == {"medical_registered_line": 500_000}
    assert alert.due_on == date(2026, 11, 4)  # 3 working days after Saturday 31 October
    assert list(alert.steps.values_list("verb", flat=True)) == ["open"]


def test_lasting_signal_is_merged_into_the_open_alert() -> None:
    person = ill_person()
    run_once()
    hospital_bill(person, 7000, known_on=date(2026, 10, 30))
    with clock.pinned(NOVEMBER):
        run = run_once(NOVEMBER)
    alert = Alert.objects.get()
    assert (run.counts["still"], run.counts["opened"], run.counts["merged"]) == (1, 0, 1)
    assert (alert.times_seen, alert.last_seen_on, alert.version) == (2, NOVEMBER, 0)
    assert alert.evidence["values"]["inpatient_self_paid_year"] == 700_000


def test_same_signals_twice_open_nothing_twice() -> None:
    ill_person()
    run = run_once()
    assert services.open_alerts(run).pk == run.pk
    assert (Alert.objects.count(), Step.objects.count(), Alert.objects.get().times_seen) == (1, 1, 1)


def test_second_process_on_the_same_run_stops_and_doubles_nothing() -> None:
    ill_person()
    run = run_warnings(COUNTY, OCTOBER)
    other = Run.objects.get(pk=run.pk)
    services.open_alerts(run)
    with pytest.raises(RunMoved):
        services.open_alerts(other)
    assert (Alert.objects.get().times_seen, Step.objects.count(), DailyCount.objects.get().opened) == (1, 1, 1)


def test_corrected_fact_marks_the_signal_as_gone() -> None:
    person = ill_person()
    run_once()
    with clock.pinned(NOVEMBER):
        hospital_bill(person, 10, known_on=date(2026, 11, 29))
        run = run_once(NOVEMBER)
    alert = Alert.objects.get()
    assert (run.counts["cleared"], run.counts["signals_cleared"]) == (1, 1)
    assert (alert.signal_cleared_on, alert.state) == (NOVEMBER, "open")
    assert alert.steps.filter(verb="clear").count() == 1


def test_closed_alert_is_not_reopened_within_the_cooldown(zhen: Actor, xian: Actor) -> None:
    ill_person()
    run_once()
    close_as_false(zhen, xian, Alert.objects.get())
    with clock.pinned(date(2026, 11, 29)):
        run = run_once(date(2026, 11, 29))
    assert (run.counts["suppressed"], run.counts["opened"], Alert.objects.count()) == (1, 0, 1)


def test_closed_alert_is_opened_anew_after_the_cooldown(zhen: Actor, xian: Actor) -> None:
    ill_person()
    run_once()
    close_as_false(zhen, xian, Alert.objects.get())
    with clock.pinned(NOVEMBER):
        run = run_once(NOVEMBER)
    assert (run.counts["suppressed"], run.counts["opened"], Alert.objects.count()) == (0, 1, 2)


def test_daily_counts_follow_the_alerts(zhen: Actor, xian: Actor) -> None:
    ill_person()
    ill_person(2)
    run_once()
    with clock.pinned(date(2026, 11, 5)):
        close_as_false(zhen, xian, Alert.objects.order_by("id").first())
    opened, closed = DailyCount.objects.order_by("day")
    assert (opened.day, opened.opened, opened.closed) == (OCTOBER, 2, 0)
    assert (closed.day, closed.closed, closed.false_alarms, closed.confirmed) == (date(2026, 11, 5), 1, 1, 0)
    assert closed.days_to_close == 5

"""Overdue alerts move up 乡镇 → 县 → 市, once per clock, on working days; the upper level may then act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.audit.models import Event
from shouwang.apps.monitoring import services, states
from shouwang.apps.monitoring.models import Alert, DailyCount
from shouwang.apps.monitoring.services import escalate_overdue
from shouwang.lib import clock
from tests.apps.scene import reported

pytestmark = pytest.mark.django_db

BEFORE_HOLIDAY = date(2026, 9, 30)


@pytest.fixture
def alert(cun: Actor) -> Iterator[Alert]:
    with clock.pinned(BEFORE_HOLIDAY):
        yield reported(cun)


def test_holiday_does_not_count(alert: Alert) -> None:
    assert alert.due_on == date(2026, 10, 10)  # 8, 9 October and the worked Saturday
    assert escalate_overdue(date(2026, 10, 10)) == 0
    assert escalate_overdue(date(2026, 10, 11)) == 1


def test_each_clock_moves_up_once(alert: Alert) -> None:
    day = date(2026, 10, 12)
    assert [escalate_overdue(day), escalate_overdue(day), escalate_overdue(date(2026, 10, 15))] == [1, 0, 0]
    alert.refresh_from_db()
    assert (alert.handling_level, alert.escalated_on, alert.escalate_after) == ("county", day, date(2026, 10, 15))
    assert alert.due_on == date(2026, 10, 10)
    assert [escalate_overdue(date(2026, 10, 16)), escalate_overdue(date(2026, 12, 1))] == [1, 0]
    alert.refresh_from_db()
    assert (alert.handling_level, alert.escalate_after) == ("city", None)
    assert list(alert.steps.filter(verb="escalate").order_by("id").values_list("note", flat=True)) == [
        "已过办理期限，由乡镇级上报县级",
        "已过办理期限，由县级上报市级",
    ]
    assert Event.objects.filter(verb="alert.escalate").count() == 2
    assert DailyCount.objects.get(day=day).overdue == 1


def test_city_may_act_only_once_it_was_passed_up(alert: Alert, shi: Actor) -> None:
    with pytest.raises(NotPermitted):
        services.dismiss(shi, alert.uuid, note="已核实。", version=0)
    escalate_overdue(date(2026, 10, 12))
    escalate_overdue(date(2026, 10, 20))
    assert services.dismiss(shi, alert.uuid, note="已核实。", version=2).state == "feedback"


def test_step_in_time_starts_a_new_clock(alert: Alert, zhen: Actor) -> None:
    with clock.pinned(date(2026, 10, 9)):
        services.triage(zhen, alert.uuid, disposition=states.MAY_QUALIFY, note="属实。", version=0)
    assert escalate_overdue(date(2026, 10, 12)) == 0


def test_closed_alert_stays_where_it_is(alert: Alert, zhen: Actor, xian: Actor) -> None:
    services.dismiss(zhen, alert.uuid, note="无风险。", version=0)
    services.close(xian, alert.uuid, note="同意。", version=1)
    assert escalate_overdue(date(2026, 12, 1)) == 0


def test_deadline_is_filled_in_when_the_calendar_is_published(cun: Actor, tmp_path: Path) -> None:
    with clock.pinned(date(2026, 12, 31)):
        alert = reported(cun)
    assert (alert.due_on, escalate_overdue(date(2027, 3, 1))) == (None, 0)
    arranged = Path(settings.DATA_DIR) / "workdays.csv"
    arranged.write_text("date,verdict,festival,in_lieu\n2027-01-01,day_off,元旦,\n", encoding="utf-8")
    try:
        assert escalate_overdue(date(2027, 1, 7)) == 1
    finally:
        arranged.unlink()
    alert.refresh_from_db()
    assert alert.due_on == date(2027, 1, 6)

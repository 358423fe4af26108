"""超期上报: an alert nobody took in time moves up one level, once per clock."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import F

from shouwang.apps.audit.record import record
from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.access import SUBJECT
from shouwang.apps.monitoring.deadlines import deadline_of
from shouwang.apps.monitoring.models import Alert, Step
from shouwang.apps.monitoring.services.counting import Tally, add_to_day
from shouwang.apps.monitoring.services.pacing import Pace
from shouwang.lib import clock

BATCH = 100


def escalate_overdue(as_of: date) -> int:
    """Move every alert whose clock ran out before ``as_of`` up one level (乡镇 → 县 → 市); returns how many moved.

    The day a step is due on still counts as in time. The upper level gets the same clock again, from ``as_of``; the
    alert itself stays overdue against its first date. At the city there is nowhere further to go. Alerts that had no
    date because their year's calendar was not published get one first, if it is published by now. Safe to repeat.
    """
    _date_the_undated()
    moved, last, pace = 0, 0, Pace()
    late = Alert.objects.filter(closed_on__isnull=True, escalate_after__lt=as_of).order_by("id")
    while batch := list(late.filter(id__gt=last)[: pace.size]):
        last = batch[-1].pk
        with pace.timed(), transaction.atomic():
            moved += _move_up(batch, as_of)
    return moved


def _move_up(batch: list[Alert], as_of: date) -> int:
    risen = [alert for alert in batch if _risen(alert, as_of)]
    at = clock.now()
    Step.objects.bulk_create(
        Step(alert=alert, at=at, verb="escalate", from_state=alert.state, to_state=alert.state, note=_note(alert))
        for alert in risen
    )
    add_to_day(as_of, [Tally(alert, overdue=1) for alert in risen if alert.escalated_on is None])
    for alert in risen:
        record(
            None,
            "alert.escalate",
            subject_kind=SUBJECT,
            subject_uuid=alert.uuid,
            area_code=alert.area_code,
            details={"from": alert.handling_level, "to": states.NEXT_LEVEL[alert.handling_level]},
        )
    return len(risen)


def _risen(alert: Alert, as_of: date) -> bool:
    """Move one alert up if nobody took a step meanwhile; at the top its clock just stops."""
    level = states.NEXT_LEVEL.get(alert.handling_level)
    again = None
    if level in states.NEXT_LEVEL:
        again = deadline_of(alert.rule, alert.state, alert.area_code, as_of).due_on
    changes = {"escalate_after": again} | ({"handling_level": level, "escalated_on": as_of} if level else {})
    seen = Alert.objects.filter(pk=alert.pk, state=alert.state, version=alert.version)
    return bool(seen.update(version=F("version") + (1 if level else 0), **changes)) and level is not None


def _note(alert: Alert) -> str:
    above = states.NEXT_LEVEL[alert.handling_level]
    return f"已过办理期限，由{states.LEVEL_LABELS[alert.handling_level]}上报{states.LEVEL_LABELS[above]}"


def _date_the_undated() -> None:
    undated = Alert.objects.filter(closed_on__isnull=True, due_on__isnull=True)
    needed = undated.only("id", "rule", "state", "area_code", "clock_from")
    for alert in needed.iterator(chunk_size=BATCH):
        found = deadline_of(alert.rule, alert.state, alert.area_code, alert.clock_from)
        if found.due_on is not None:
            still = undated.filter(pk=alert.pk, state=alert.state, clock_from=alert.clock_from)
            still.update(due_on=found.due_on, escalate_after=found.due_on)

"""主动发现: anybody with a post may report a household in difficulty; it enters the same worklist as the warnings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.audit.record import record
from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.access import SUBJECT
from shouwang.apps.monitoring.deadlines import deadline_of
from shouwang.apps.monitoring.models import Alert, Report, Step
from shouwang.apps.monitoring.services.counting import Tally, add_to_day
from shouwang.apps.monitoring.services.notes import checked_note, without_identity_number
from shouwang.apps.monitoring.services.outcomes import Refused
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.access import household_in_sight
from shouwang.lib import clock
from shouwang.lib.area_codes import level_of

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor


@dataclass(frozen=True)
class Finding:
    """What was found. ``household`` is the register's uuid; None for one not in it: then name, place and village."""

    uuid: UUID
    difficulty: str
    note: str
    household: UUID | None = None
    name: str = ""
    place: str = ""
    area_code: str = ""


def report_household(actor: Actor, finding: Finding) -> Alert:
    """Take a report into the worklist; the same uuid again is the same report and changes nothing.

    A household that already has an open report gets one more sighting instead of a second alert.
    Raises Refused with what to correct, NotPermitted outside the actor's range, Http404 for a household out of sight.
    """
    checked = _checked(actor, finding)
    for _ in range(2):
        done = Report.objects.filter(uuid=finding.uuid).select_related("alert").first()
        if done is not None:
            return _same(actor, done)
        try:
            return _take(actor, checked)
        except IntegrityError:  # somebody sent the same, or reported the same household, at the same moment
            continue
    raise Refused("上报没有成功，请再点一次提交。")


def _same(actor: Actor, done: Report) -> Alert:
    if done.post_id != actor.post_id:
        raise Refused("这份上报的编号已被使用，请刷新页面后重填。")
    return done.alert


def _checked(actor: Actor, finding: Finding) -> Finding:
    if finding.difficulty not in states.DIFFICULTY_LABELS:
        raise Refused("请选择困难情形。")
    note = checked_note(finding.note)
    if finding.household is not None:
        return Finding(finding.uuid, finding.difficulty, note, household=finding.household)
    name, place = finding.name.strip(), finding.place.strip()
    if not 0 < len(name) <= 60:
        raise Refused("请填写户主姓名（最多 60 字）。")
    if not 0 < len(place) <= 120:
        raise Refused("请填写住址（最多 120 字），以便上门。")
    without_identity_number(name, "姓名")
    without_identity_number(place, "住址")
    if level_of(finding.area_code) != "village":
        raise Refused("请选择所在村。")
    if not actor.covers(finding.area_code):
        raise NotPermitted("只能上报本辖区内的家庭。")
    return Finding(finding.uuid, finding.difficulty, note, name=name, place=place, area_code=finding.area_code)


def _take(actor: Actor, finding: Finding) -> Alert:
    today, now = clock.today(), clock.now()
    with transaction.atomic():
        household_id, name, area_code = None, finding.name, finding.area_code
        if finding.household is not None:
            household = household_in_sight(actor, finding.household)
            names = registry.names_of(persons=set(), households={household.pk}, on=today)
            household_id, area_code = household.pk, household.area_code
            name = names.heads.get(household.pk) or household.number
        key = f"h{household_id}" if household_id else f"r{finding.uuid}"
        open_one = Alert.objects.filter(rule=states.PROACTIVE_REPORT, subject_key=key, closed_on__isnull=True).first()
        verb = "report_again" if open_one else "report"
        alert = open_one or _open(household_id, name, area_code, key, today)
        if open_one:
            Alert.objects.filter(pk=alert.pk).update(times_seen=F("times_seen") + 1, last_seen_on=today)
        Report.objects.create(
            uuid=finding.uuid,
            alert=alert,
            post_id=actor.post_id,
            at=now,
            household_id=household_id,
            area_code=area_code,
            name=name,
            place=finding.place,
            difficulty=finding.difficulty,
            note=finding.note,
        )
        Step.objects.create(
            alert=alert,
            at=now,
            verb=verb,
            from_state=alert.state if open_one else "",
            to_state=alert.state,
            post_id=actor.post_id,
            note=f"{states.DIFFICULTY_LABELS[finding.difficulty]}：{finding.note}"[:1000],
        )
        record(
            actor,
            f"alert.{verb}",
            subject_kind=SUBJECT,
            subject_uuid=alert.uuid,
            area_code=area_code,
            details={"report": str(finding.uuid)},
        )
    return alert


def _open(household_id: int | None, name: str, area_code: str, key: str, today: date) -> Alert:
    deadline = deadline_of(states.PROACTIVE_REPORT, states.OPEN, area_code, today)
    alert = Alert.objects.create(
        rule=states.PROACTIVE_REPORT,
        level=states.PROACTIVE_LEVEL,
        direction="in",
        household_id=household_id,
        subject_key=key,
        subject_name=name,
        area_code=area_code,
        opened_on=today,
        last_seen_on=today,
        handling_level=states.DUTIES[states.OPEN].level,
        **deadline.columns(),
    )
    add_to_day(today, [Tally(alert, opened=1)])
    return alert

"""The verbs of people: door → conditional update on what the actor saw → step → counts → audit, in one transaction."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.audit.record import record
from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.access import SUBJECT, alert_in_sight
from shouwang.apps.monitoring.deadlines import deadline_of
from shouwang.apps.monitoring.models import Alert, Step
from shouwang.apps.monitoring.services.counting import Tally, add_to_day
from shouwang.apps.monitoring.services.notes import checked_note
from shouwang.apps.monitoring.services.outcomes import Conflict, Refused
from shouwang.lib import clock

if TYPE_CHECKING:
    from uuid import UUID

    from shouwang.apps.accounts.access import Actor


def triage(actor: Actor, uuid: UUID | str, *, disposition: str, note: str, version: int) -> Alert:
    """研判: policy was not carried out, the household may qualify, or it may no longer qualify."""
    return _take(actor, uuid, "triage", version=version, note=note, disposition=disposition)


def refer_up(actor: Actor, uuid: UUID | str, *, note: str, version: int) -> Alert:
    """提请县级协调: the circumstances are complex (一事一议)."""
    return _take(actor, uuid, "refer_up", version=version, note=note, disposition=states.COMPLEX)


def dismiss(actor: Actor, uuid: UUID | str, *, note: str, version: int) -> Alert:
    """认定误报: no risk, with the reason; the county still confirms it."""
    return _take(actor, uuid, "dismiss", version=version, note=note, disposition=states.FALSE_ALARM)


def report_back(actor: Actor, uuid: UUID | str, *, note: str, version: int) -> Alert:
    """处置反馈: what was done."""
    return _take(actor, uuid, "report_back", version=version, note=note)


def decide(actor: Actor, uuid: UUID | str, *, note: str, version: int) -> Alert:
    """协调结论: what the county coordination decided; handling goes on by it."""
    return _take(actor, uuid, "decide", version=version, note=note)


def return_back(actor: Actor, uuid: UUID | str, *, note: str, version: int) -> Alert:
    """退回: what was fed back is not enough. A dismissal sent back is judged anew."""
    alert = alert_in_sight(actor, uuid)
    verb = "reject_dismissal" if alert.disposition == states.FALSE_ALARM else "return_back"
    return _take(actor, uuid, verb, version=version, note=note)


def close(actor: Actor, uuid: UUID | str, *, note: str, version: int) -> Alert:
    """办结."""
    return _take(actor, uuid, "close", version=version, note=note)


def take_step(actor: Actor, uuid: UUID | str, verb: str, *, disposition: str, note: str, version: int) -> Alert:
    """Take the step a page names, one of ``states.PAGE_VERBS``; under 研判 the outcome chosen decides which."""
    if verb == "triage":
        verb = {states.COMPLEX: "refer_up", states.FALSE_ALARM: "dismiss"}.get(disposition, "triage")
    if verb == "triage":
        return triage(actor, uuid, disposition=disposition, note=note, version=version)
    act = {each.__name__: each for each in (refer_up, dismiss, report_back, decide, return_back, close)}[verb]
    return act(actor, uuid, note=note, version=version)


def _take(actor: Actor, uuid: UUID | str, verb: str, *, version: int, note: str, disposition: str = "") -> Alert:
    step, today = states.BY_VERB[verb], clock.today()
    if step.records and disposition not in step.records:
        raise Refused("请选择研判结论。")
    note = checked_note(note)
    with transaction.atomic():
        alert = alert_in_sight(actor, uuid)
        if not states.may_take(step, actor.level, alert.handling_level):
            raise NotPermitted(f"{states.LEVEL_LABELS[actor.level]}岗位不能办理“{step.label}”。")
        if alert.version != version or step not in states.steps_from(alert.state, alert.disposition):
            raise _conflict(actor, alert, verb)
        changes = _changes(alert, step, disposition, note, today)
        seen = Alert.objects.filter(uuid=alert.uuid, state=alert.state, version=version)
        if not seen.update(version=F("version") + 1, **changes):
            raise _conflict(actor, alert, verb)
        Step.objects.create(
            alert=alert,
            at=clock.now(),
            verb=verb,
            from_state=alert.state,
            to_state=step.target,
            post_id=actor.post_id,
            disposition=disposition,
            note=note,
        )
        if step.target == states.CLOSED:
            add_to_day(today, [_closing(alert, today)])
        record(
            actor,
            f"alert.{verb}",
            subject_kind=SUBJECT,
            subject_uuid=alert.uuid,
            area_code=alert.area_code,
            details={"from": alert.state, "to": step.target, "disposition": disposition or alert.disposition},
        )
    return Alert.objects.get(pk=alert.pk)


def _conflict(actor: Actor, alert: Alert, verb: str) -> Conflict:
    last = alert.steps.order_by("-id").first()
    if last is not None and last.post_id == actor.post_id and last.verb == verb:
        return Conflict("这一步您刚才已经办理成功，没有重复办理。")
    return Conflict()


def _changes(alert: Alert, step: states.Transition, disposition: str, note: str, today: date) -> dict[str, Any]:
    changes: dict[str, Any] = {"state": step.target}
    if disposition:
        changes |= {"disposition": disposition, "reason": note}
    if step.forgets:
        changes |= {"disposition": "", "reason": ""}
    if step.target == states.CLOSED:
        return changes | {"closed_on": today, "escalate_after": None}
    duty = states.DUTIES[step.target]
    deadline = deadline_of(alert.rule, step.target, alert.area_code, today)
    return changes | {"handling_level": duty.level} | deadline.columns()


def _closing(alert: Alert, today: date) -> Tally:
    false = alert.disposition == states.FALSE_ALARM
    return Tally(
        alert,
        closed=1,
        confirmed=0 if false else 1,
        false_alarms=1 if false else 0,
        days_to_close=(today - alert.opened_on).days,
    )

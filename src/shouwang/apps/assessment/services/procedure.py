"""The verbs of people on one standard: door → alone → state → second person → checks → write → step → audit, in one transaction."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.assessment import selectors, states
from shouwang.apps.assessment.access import place_to_write_for, standard_to_act_on, whose
from shouwang.apps.assessment.checking import months_affected, refusals_of
from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.assessment.services.outcomes import StandardMoved, StandardRefused
from shouwang.apps.assessment.services.storing import InForce, note_act, note_step, stand_alone
from shouwang.apps.assessment.standard_files import fault_of
from shouwang.apps.assessment.standards import assertion_from, columns_of
from shouwang.engine.parameters import Assertion
from shouwang.lib import clock

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

MOST_WORDS = 500


def draft_standard(actor: Actor, wanted: Assertion) -> LocalStandard:
    """拟定: propose a standard; it counts for nothing until a second person approves it.

    Raises Http404, NotPermitted, or StandardRefused with what is wrong with it (floor, bounds, spans).
    """
    with transaction.atomic():
        place_to_write_for(actor, wanted.area_code)
        stand_alone()
        _check(wanted, InForce())
        _check_no_other_draft(wanted, None)
        row = LocalStandard.objects.create(state=states.DRAFT, maker_id=actor.user_id, **columns_of(wanted))
        note_step(row, actor, "draft", before="", details=_figure(row))
        note_act(row, actor, "draft", before="", details=_figure(row))
    return row


def revise_standard(actor: Actor, uuid: UUID | str, wanted: Assertion, *, version: int) -> LocalStandard:
    """修改后重报: change a draft or one sent back; who revises it is its maker from then on."""
    with transaction.atomic():
        row, step = _door(actor, uuid, "revise", version)
        if (wanted.area_code, wanted.item) != (row.area_code, row.item):
            raise StandardRefused("修改时不能更换区划或参数，请另行拟定。")
        _check(wanted, InForce())
        _check_no_other_draft(wanted, row)
        changed = {**columns_of(wanted), "maker_id": actor.user_id}
        return _moved(row, step, actor, changed, details=_figure(row) | {"to": wanted.value})


def approve_standard(actor: Actor, uuid: UUID | str, *, version: int, note: str = "") -> LocalStandard:
    """复核通过: somebody else than the maker lets a standard count from its first day, which may lie in the past."""
    with transaction.atomic():
        row, step = _door(actor, uuid, "approve", version)
        assertion, today = assertion_from(row), clock.today()
        _check(assertion, InForce())
        changed: dict[str, Any] = {"checker_id": actor.user_id, "approved_at": clock.now()}
        if row.last_confirmed is None:
            changed["last_confirmed"] = today
        months = months_affected(assertion, today)
        details = _figure(row) | ({"months": [f"{month:%Y-%m}" for month in months]} if months else {})
        return _moved(row, step, actor, changed, note=_words(note, step), details=details)


def send_back_standard(actor: Actor, uuid: UUID | str, *, version: int, note: str) -> LocalStandard:
    """退回修改: a second person does not approve it as it is."""
    with transaction.atomic():
        row, step = _door(actor, uuid, "send_back", version)
        return _moved(row, step, actor, {}, note=_words(note, step))


def withdraw_standard(actor: Actor, uuid: UUID | str, *, version: int, note: str) -> LocalStandard:
    """撤回: give a draft up."""
    with transaction.atomic():
        row, step = _door(actor, uuid, "withdraw", version)
        return _moved(row, step, actor, {}, note=_words(note, step))


def propose_end(actor: Actor, uuid: UUID | str, *, version: int, note: str, day: date | None) -> LocalStandard:
    """提请终止: name the first day on which a standard no longer holds; it goes on until a second person agrees.

    A day not after its first one takes it back altogether: it then never held.
    """
    with transaction.atomic():
        row, step = _door(actor, uuid, "propose_end", version)
        if day is None:
            raise StandardRefused("请填写终止日。")
        if row.valid_to is not None and day >= row.valid_to:
            raise StandardRefused(f"这条标准已写明 {row.valid_to} 失效，终止日应早于它。")
        changed = {"ends_on": day, "end_maker_id": actor.user_id, "end_checker_id": None}
        return _moved(row, step, actor, changed, note=_words(note, step), details={"day": day.isoformat()})


def confirm_end(actor: Actor, uuid: UUID | str, *, version: int, note: str = "") -> LocalStandard:
    """复核终止: a second person lets the proposed end stand."""
    with transaction.atomic():
        row, step = _door(actor, uuid, "confirm_end", version)
        never = row.ends_on <= row.starts_on
        changed: dict[str, Any] = {"end_checker_id": actor.user_id}
        changed |= {"state": states.WITHDRAWN} if never else {"valid_to": row.ends_on}
        details = {"day": row.ends_on.isoformat(), "never_in_force": never}
        return _moved(row, step, actor, changed, note=_words(note, step), details=details)


def refuse_end(actor: Actor, uuid: UUID | str, *, version: int, note: str) -> LocalStandard:
    """不予终止: the standard goes on as it was."""
    with transaction.atomic():
        row, step = _door(actor, uuid, "refuse_end", version)
        changed = {"ends_on": None, "end_maker_id": None}
        return _moved(row, step, actor, changed, note=_words(note, step))


def take_standard_step(
    actor: Actor, uuid: UUID | str, verb: str, *, version: int, note: str, day: date | None
) -> LocalStandard:
    """Take the step a page names, one of ``states.PAGE_VERBS``."""
    if verb == "propose_end":
        return propose_end(actor, uuid, version=version, note=note, day=day)
    acts = {
        "approve": approve_standard,
        "send_back": send_back_standard,
        "withdraw": withdraw_standard,
        "confirm_end": confirm_end,
        "refuse_end": refuse_end,
    }
    return acts[verb](actor, uuid, version=version, note=note)


def _door(actor: Actor, uuid: UUID | str, verb: str, version: int) -> tuple[LocalStandard, states.Transition]:
    """Return the row as it stands now, with every other writer kept out, if this person may take the step."""
    standard_to_act_on(actor, uuid)
    stand_alone()
    row, step = standard_to_act_on(actor, uuid), states.BY_VERB[verb]
    if row.version != version or row.state not in step.sources:
        raise StandardMoved(_already(row, actor, verb))
    if step.second and actor.user_id == whose(row):
        raise NotPermitted(f"“{step.label}”须由另一人办理：提出的人不能复核自己提出的内容。")
    return row, step


def _already(row: LocalStandard, actor: Actor, verb: str) -> str:
    last = row.steps.order_by("-id").first()
    if last is not None and last.post_id == actor.post_id and last.verb == verb:
        return "这一步您刚才已经办理成功，没有重复办理。"
    return ""


def _moved(
    row: LocalStandard,
    step: states.Transition,
    actor: Actor,
    changed: dict[str, Any],
    *,
    note: str = "",
    details: dict[str, Any] | None = None,
) -> LocalStandard:
    before = row.state
    changed = {"state": step.target} | changed
    seen = LocalStandard.objects.filter(pk=row.pk, state=before, version=row.version)
    if not seen.update(version=F("version") + 1, **changed):
        raise StandardMoved
    row = LocalStandard.objects.get(pk=row.pk)
    note_step(row, actor, step.verb, before=before, note=note, details=details)
    note_act(row, actor, step.verb, before=before, details=details or {})
    return row


def _check(wanted: Assertion, in_force: InForce) -> None:
    """Refuse what could not be stored, and what may not count."""
    specs = selectors.book().parameter_specs
    if fault := fault_of(wanted, specs):
        raise StandardRefused(fault)
    if refusals := refusals_of(wanted, table=in_force.table, standing=in_force.of(wanted), specs=specs):
        raise StandardRefused("；".join(refusals))


def _check_no_other_draft(wanted: Assertion, but: LocalStandard | None) -> None:
    waiting = LocalStandard.objects.filter(
        area_code=wanted.area_code, item=wanted.item, starts_on=wanted.start, state=states.DRAFT
    )
    if waiting.exclude(pk=but.pk if but else None).exists():
        raise StandardRefused(f"{wanted.start} 起的同一标准已有一份待复核，请先办理那一份。")


def _words(note: str, step: states.Transition) -> str:
    note = note.strip()
    if step.needs_note and not note:
        raise StandardRefused("请填写说明。")
    if len(note) > MOST_WORDS:
        raise StandardRefused(f"说明最多 {MOST_WORDS} 字，现有 {len(note)} 字。")
    if "\x00" in note:
        raise StandardRefused("说明中有不能保存的字符。")
    return note


def _figure(row: LocalStandard) -> dict[str, Any]:
    return {"amount": row.amount_fen, "per": row.per, "since": row.starts_on.isoformat()}

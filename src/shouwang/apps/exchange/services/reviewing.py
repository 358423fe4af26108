"""A county post answers a question (待核关联): the same person, none of them, or not to be said yet. Only then do facts follow."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import F

from shouwang.apps.audit.record import record
from shouwang.apps.exchange import gate, lake
from shouwang.apps.exchange.access import question_in_sight
from shouwang.apps.exchange.models import Delivery, LinkQuestion, QuarantinedRow, UnlinkedRow
from shouwang.apps.exchange.services.deciding import SHORTEST_REASON, DecisionRefused
from shouwang.apps.exchange.services.matching import match_records
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry import services as register
from shouwang.lib import clock
from shouwang.lib.area_codes import contains

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

State = LinkQuestion.State
ANSWERS = {"same": State.SAME, "none": State.NONE, "later": State.LATER}
_WAITING = (UnlinkedRow.State.OPEN, UnlinkedRow.State.NOT_OURS)


def answer_question(actor: Actor, uuid: UUID | str, answer: str, *, person: str = "", reason: str = "") -> LinkQuestion:
    """Note a person's answer and do what follows from it.

    ``same``: the record is about ``person``, one of the candidates: its facts go into the register like any linked
    record's, from every delivery it came in, and from each one to come. ``none``: it is about nobody of the county's
    register and is not asked again. ``later``: it stays in the queue. Raises NotPermitted, NotFound outside the range,
    DecisionRefused with what is missing. Killed after the answer, ``finish_answers`` brings the rest.
    """
    question_in_sight(actor, uuid)
    if answer not in ANSWERS:
        raise DecisionRefused("请选择“确认为同一人”“都不是”或“暂不能定”。")
    if len(reason.strip()) < SHORTEST_REASON:
        raise DecisionRefused(f"请写明理由（至少 {SHORTEST_REASON} 个字），例如核对了什么材料。")
    with lake.linking_alone(wait=False) as alone:
        if not alone:
            raise DecisionRefused("正在关联入库，请稍后再核定。")
        question = _noted(actor, uuid, ANSWERS[answer], person, reason.strip()[:200])
        _follow(question)
    return question


def _noted(actor: Actor, uuid: UUID | str, state: str, person: str, reason: str) -> LinkQuestion:
    with transaction.atomic():
        question = LinkQuestion.objects.select_for_update().get(pk=question_in_sight(actor, uuid).pk)
        if question.state == State.SAME:
            raise DecisionRefused("这条记录已经确认为同一人，不能改；确认有误的，请撤回带来它的批次。")
        question.person_uuid = _chosen(question, person) if state == State.SAME else None
        question.state, question.reason = state, reason
        question.decided_by, question.decided_at = actor.title[:60], clock.now()
        question.save(update_fields=["state", "reason", "person_uuid", "decided_by", "decided_at"])
        record(
            actor,
            f"question.{question.state}",
            subject_kind="link_question",
            subject_uuid=question.uuid,
            area_code=question.area_code,
            details={"person": str(question.person_uuid or ""), "reason": reason, "model": question.model},
        )
    return question


def _chosen(question: LinkQuestion, person: str) -> UUID:
    if person not in {candidate["person"] for candidate in question.candidates}:
        raise DecisionRefused("请选择是哪一个人。")
    found = registry.refs_by_uuid([UUID(person)]).get(UUID(person))
    if found is None or not contains(question.area_code, found.area_code):
        raise DecisionRefused("这个人已不在本县登记册中，请重新核对。")
    return found.uuid


def finish_answers() -> None:
    """Bring what follows from answers that a crash cut short. The caller holds the linking lock."""
    keys = UnlinkedRow.objects.filter(
        state=UnlinkedRow.State.OPEN, delivery__state=Delivery.State.LINKED, record_key__isnull=False
    ).values("record_key")
    numberless = QuarantinedRow.objects.filter(
        state=QuarantinedRow.State.OPEN, delivery__state=Delivery.State.LINKED, record_key__isnull=False
    ).values("record_key")
    for rows in (keys, numberless):
        for question in LinkQuestion.objects.filter(state__in=(State.SAME, State.NONE), record_key__in=rows):
            _follow(question)


def _follow(question: LinkQuestion) -> None:
    """Do what an answer means to the records there are."""
    accepted = UnlinkedRow.objects.filter(
        record_key=question.record_key, delivery__area_code=question.area_code, delivery__state=Delivery.State.LINKED
    )
    if question.state == State.NONE:
        accepted.filter(state=UnlinkedRow.State.OPEN).update(state=UnlinkedRow.State.NOT_OURS)
        return
    if question.state != State.SAME or question.person_uuid is None:
        return
    person = registry.refs_by_uuid([question.person_uuid]).get(question.person_uuid)
    if person is None or not contains(question.area_code, person.area_code):
        return
    quarantined = QuarantinedRow.objects.filter(
        record_key=question.record_key,
        delivery__area_code=question.area_code,
        delivery__state=Delivery.State.LINKED,
        state=QuarantinedRow.State.OPEN,
    )
    waiting = accepted.filter(state__in=_WAITING).exclude(reason=UnlinkedRow.Reason.CONTRADICTS)
    ids = {*waiting.values_list("delivery_id", flat=True), *quarantined.values_list("delivery_id", flat=True)}
    for delivery in Delivery.objects.filter(pk__in=ids).order_by("period", "id"):
        _take_facts(delivery, person, list(waiting.filter(delivery=delivery)))
        quarantined.filter(delivery=delivery).update(state=QuarantinedRow.State.LINKED)


def _take_facts(delivery: Delivery, person: registry.PersonRef, rows: list[UnlinkedRow]) -> None:
    """Record a person's and household's facts of one delivery anew, the confirmed records included."""
    around = registry.indexes_around(person) | {bytes(row.id_index) for row in rows}
    gatherer = match_records(delivery, only=around).gatherer
    theirs = [
        (rule, fact)
        for rule, fact in gatherer.facts()
        if fact.person_id == person.id or (fact.household_id is not None and fact.household_id == person.household_id)
    ]
    effect = gate.weigh(delivery.feed, theirs)
    register.record_facts(effect.facts, source=delivery.feed, delivery=delivery.uuid, known_at=clock.now())
    doubtful = gatherer.contradicting()
    with transaction.atomic():
        linked = [row.pk for row in rows if row.row not in doubtful]
        UnlinkedRow.objects.filter(pk__in=[row.pk for row in rows if row.row in doubtful]).update(
            reason=UnlinkedRow.Reason.CONTRADICTS, state=UnlinkedRow.State.OPEN
        )
        UnlinkedRow.objects.filter(pk__in=linked).update(state=UnlinkedRow.State.RESOLVED, person_uuid=person.uuid)
        Delivery.objects.filter(pk=delivery.pk).update(
            linked=F("linked") + len(linked), unlinked=F("unlinked") - len(linked)
        )

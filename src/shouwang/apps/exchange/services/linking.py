"""Linking (关联入库): a delivery's records to their people, the facts into the register, the rest to a list."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from shouwang.apps.audit.record import record
from shouwang.apps.exchange import gate, lake
from shouwang.apps.exchange.contract import REGISTER
from shouwang.apps.exchange.models import Delivery, QuarantinedRow, UnlinkedRow
from shouwang.apps.exchange.rosters import roster_effect, roster_rows
from shouwang.apps.exchange.services.deciding import finish_withdrawals
from shouwang.apps.exchange.services.matching import match_records
from shouwang.apps.exchange.services.reviewing import finish_answers
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry import services as register
from shouwang.engine.compare.periods import period_start
from shouwang.lib import clock
from shouwang.lib.area_codes import contains, scope_range

Progress = Callable[[str, int, int], None]
State = Delivery.State
Reason = UnlinkedRow.Reason
UNLINKED_PER_BATCH = 1_000


def link_pending(progress: Progress | None = None, *, gate_permille: int | None = None) -> list[Delivery]:
    """Link every delivery that waits, rosters first; return those that moved on (linked or held).

    Deliveries of a county without anybody in the register keep waiting for its roster. Also finishes withdrawals that
    were cut short.
    """
    with lake.linking_alone(wait=True):
        finish_withdrawals()
        finish_answers()
        return _link_waiting(progress, gate_permille)


def _link_waiting(progress: Progress | None, gate_permille: int | None) -> list[Delivery]:
    waiting = Delivery.objects.filter(state=State.PARSED).order_by("period", "id").values_list("uuid", flat=True)
    moved: list[Delivery] = []
    for turn in (waiting.filter(feed=REGISTER), waiting.exclude(feed=REGISTER)):  # a roster lets others wait again
        moved += [_link(uuid, progress, gate_permille) for uuid in list(turn)]
    return [delivery for delivery in moved if delivery.state != State.PARSED]


def link_delivery(uuid: UUID, *, progress: Progress | None = None, gate_permille: int | None = None) -> Delivery:
    """Link one delivery and return it as it then stands; anything but a waiting delivery is returned as it is.

    So is a waiting one while another process links: that process, or the next ``link_pending``, will come to it.
    The gate is asked once, before the first fact: a delivery that would change the deciding facts of more than
    ``gate_permille`` of the county's people becomes HELD. Killed at any moment, the call made again ends in the same state.
    """
    with lake.linking_alone(wait=False) as alone:
        return _link(uuid, progress, gate_permille) if alone else Delivery.objects.get(uuid=uuid)


def _link(uuid: UUID, progress: Progress | None, gate_permille: int | None) -> Delivery:
    delivery = Delivery.objects.get(uuid=uuid)
    if delivery.state != State.PARSED:
        return delivery
    people = registry.persons_in(delivery.area_code)
    if delivery.feed == REGISTER:
        with _without_collecting():
            return _link_roster(delivery, people, _permille(gate_permille), progress)
    if not people:
        return delivery
    with _without_collecting():
        return _link_records(delivery, people, progress, gate_permille)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Rows by the hundred thousand hold no cycles: looking for some again and again costs a seventh of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _link_records(delivery: Delivery, people: int, progress: Progress | None, gate_permille: int | None) -> Delivery:
    outcome = match_records(delivery, progress)
    effect = gate.weigh(delivery.feed, outcome.gatherer.facts())
    if "link" not in delivery.handling:
        held = gate.reason_to_hold(
            weighty=effect.weighty,
            people=people,
            matched=outcome.matched,
            names_differ=outcome.names_differ,
            permille=_permille(gate_permille),
        )
        counts = {
            "new": effect.new,
            "corrected": effect.corrected,
            "same": effect.same,
            "repeated": outcome.gatherer.repeated,
        }
        if not plan(delivery, counts, changes=effect.weighty, held=held):
            return delivery
    known_at = datetime.fromisoformat(delivery.handling["link"]["known_at"])
    register.record_facts(
        effect.facts, source=delivery.feed, delivery=delivery.uuid, known_at=known_at, progress=progress
    )
    _keep_unlinked(delivery, outcome.unlinked)
    for at in range(0, len(outcome.confirmed), UNLINKED_PER_BATCH):
        QuarantinedRow.objects.filter(pk__in=outcome.confirmed[at : at + UNLINKED_PER_BATCH]).update(
            state=QuarantinedRow.State.LINKED
        )
    return finish(delivery, linked=delivery.accepted - len(outcome.unlinked), unlinked=len(outcome.unlinked))


def _link_roster(delivery: Delivery, people: int, permille: int, progress: Progress | None) -> Delivery:
    """Bring the register in step with a roster; the gate weighs it against the people already there."""
    rows = list(roster_rows(delivery))
    if "link" not in delivery.handling:
        as_of = min(period_start(delivery.period), clock.today())
        effect = roster_effect(rows, delivery.area_code, as_of) if people else {"known": 0, "changed": 0}
        held = gate.reason_to_hold(
            weighty=effect["changed"], people=people or 1, matched=0, names_differ=0, permille=permille
        )
        if not plan(delivery, {**effect, "as_of": as_of.isoformat()}, changes=effect["changed"], held=held):
            return delivery
    link = delivery.handling["link"]
    register.load_roster(
        rows,
        delivery=delivery.uuid,
        known_at=datetime.fromisoformat(link["known_at"]),
        as_of=date.fromisoformat(link["as_of"]),
        progress=progress,
    )
    reopen_after_roster(delivery)
    return finish(delivery, linked=delivery.accepted, unlinked=0)


def _permille(given: int | None) -> int:
    return settings.GATE_PERMILLE if given is None else given


def plan(delivery: Delivery, counts: dict[str, Any], *, changes: int, held: str) -> bool:
    """Note what linking will do before it is done; return whether it may go on (False: held, or decided elsewhere).

    Kept because a run after a kill finds part of the facts in place and could not count them again.
    """
    released = "gate_released" in delivery.handling
    with transaction.atomic():
        locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if locked.state != State.PARSED:
            delivery.refresh_from_db()
            return False
        locked.changes = changes
        if held and not released:
            locked.state = State.HELD
            locked.handling = {**locked.handling, "held": held, "expected": counts}
            _audit(locked, "delivery.hold", {"changes": changes})
        else:
            link = {**counts, "known_at": clock.now().isoformat()}
            locked.handling = {**locked.handling, "link": link}
        locked.save(update_fields=["state", "changes", "handling"])
    delivery.refresh_from_db()
    return delivery.state == State.PARSED


def finish(delivery: Delivery, *, linked: int, unlinked: int) -> Delivery:
    """Note that a delivery is linked, with the audit row; exactly one of two rival processes does."""
    with transaction.atomic():
        mine = Delivery.objects.filter(pk=delivery.pk, state=State.PARSED).update(
            state=State.LINKED, linked=linked, unlinked=unlinked, linked_at=clock.now()
        )
        if mine:
            _audit(delivery, "delivery.link", {"linked": linked, "unlinked": unlinked})
    delivery.refresh_from_db()
    return delivery


def _audit(delivery: Delivery, verb: str, details: dict[str, Any]) -> None:
    record(
        None, verb, subject_kind="delivery", subject_uuid=delivery.uuid, area_code=delivery.area_code, details=details
    )


def _keep_unlinked(delivery: Delivery, rows: list[UnlinkedRow]) -> None:
    """Bring the delivery's list of unlinked records to exactly these, in batches."""
    now = {row.row for row in rows}
    before = dict(UnlinkedRow.objects.filter(delivery=delivery).values_list("row", "id"))
    gone = [pk for number, pk in before.items() if number not in now]
    for at in range(0, len(gone), UNLINKED_PER_BATCH // 2):
        UnlinkedRow.objects.filter(
            pk__in=gone[at : at + UNLINKED_PER_BATCH // 2], state=UnlinkedRow.State.OPEN
        ).delete()
    fresh = [row for row in rows if row.row not in before]
    for at in range(0, len(fresh), UNLINKED_PER_BATCH):
        with transaction.atomic():
            UnlinkedRow.objects.bulk_create(fresh[at : at + UNLINKED_PER_BATCH], ignore_conflicts=True)


def reopen_after_roster(roster: Delivery) -> int:
    """Let deliveries wait again whose records name people the roster has just brought in; return how many."""
    low, high = scope_range(roster.area_code)
    reopened = 0
    linked = Delivery.objects.filter(state=State.LINKED, area_code__gte=low, area_code__lt=high).exclude(feed=REGISTER)
    for delivery in linked.order_by("id"):
        missing = UnlinkedRow.objects.filter(
            delivery=delivery, reason=Reason.NOT_IN_REGISTER, state=UnlinkedRow.State.OPEN
        )
        indexes = {bytes(index) for index in missing.values_list("id_index", flat=True)}
        known = registry.persons_by_index(indexes).values()
        if any(contains(delivery.area_code, person.area_code) for person in known):
            handling = {name: value for name, value in delivery.handling.items() if name != "link"}
            reopened += Delivery.objects.filter(pk=delivery.pk, state=State.LINKED).update(
                state=State.PARSED, handling=handling
            )
    return reopened

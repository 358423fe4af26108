"""A county post decides: let a held delivery go on, or take a delivery back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from shouwang.apps.audit.record import record
from shouwang.apps.exchange import lake
from shouwang.apps.exchange.access import delivery_in_sight, require_decider
from shouwang.apps.exchange.contract import REGISTER
from shouwang.apps.exchange.models import Delivery
from shouwang.apps.registry import services as register
from shouwang.lib import clock

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

State = Delivery.State
SHORTEST_REASON = 4


class DecisionRefused(Exception):
    """The delivery is not in a state in which this can be decided; the message is for the actor."""


def release(actor: Actor | None, uuid: UUID | str) -> Delivery:
    """Let a held delivery go on to linking; who did so and why it was held stay with it.

    Raises NotPermitted, NotFound outside the range, DecisionRefused where it is not held.
    """
    require_decider(actor)
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery_in_sight(actor, uuid).pk)
        if delivery.state != State.HELD:
            raise DecisionRefused(f"这个批次现在是“{delivery.get_state_display()}”，不需要放行。")
        held = delivery.handling.get("held", "")
        mark = "gate_released" if held else "totals_released"
        delivery.handling = {
            **delivery.handling,
            mark: {"by": actor.title if actor else "系统", "at": clock.now().isoformat()},
        }
        delivery.state = State.PARSED
        delivery.save(update_fields=["state", "handling"])
        _audit(actor, delivery, "delivery.release", {"held": held or "total_mismatch"})
    return delivery


def withdraw(actor: Actor | None, uuid: UUID | str, reason: str) -> Delivery:
    """Take a delivery back: what it said is known no longer from now on, what it had corrected is known again.

    A linked roster cannot be taken back (correct it with a new one). Raises NotPermitted, NotFound, DecisionRefused.
    """
    require_decider(actor)
    if len(reason.strip()) < SHORTEST_REASON:
        raise DecisionRefused(f"请写明撤回原因（至少 {SHORTEST_REASON} 个字）。")
    with lake.linking_alone(wait=False) as alone:
        if not alone:
            raise DecisionRefused("正在关联入库，请稍后再撤回。")
        return _withdraw(actor, uuid, reason)


def _withdraw(actor: Actor | None, uuid: UUID | str, reason: str) -> Delivery:
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery_in_sight(actor, uuid).pk)
        if delivery.state in {State.REFUSED, State.WITHDRAWN}:
            raise DecisionRefused(f"这个批次现在是“{delivery.get_state_display()}”，不能撤回。")
        if delivery.feed == REGISTER and "link" in delivery.handling:
            raise DecisionRefused("花名册入库后不能撤回，请报送更正后的花名册。")
        withdrawn = {
            "by": actor.title if actor else "系统",
            "reason": reason.strip()[:200],
            "at": clock.now().isoformat(),
        }
        delivery.handling = {**delivery.handling, "withdrawn": withdrawn}
        delivery.state = State.WITHDRAWN
        delivery.save(update_fields=["state", "handling"])
        _audit(actor, delivery, "delivery.withdraw", {"reason": reason.strip()[:200]})
    _take_back(delivery)
    return delivery


def _take_back(delivery: Delivery) -> None:
    ended = register.withdraw_facts(delivery.uuid, known_at=clock.now())
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if "facts_ended" not in delivery.handling["withdrawn"]:
            delivery.handling["withdrawn"]["facts_ended"] = ended
            delivery.save(update_fields=["handling"])


def finish_withdrawals() -> None:
    """Complete withdrawals that a crash cut short."""
    for delivery in Delivery.objects.filter(state=State.WITHDRAWN):
        if "facts_ended" not in delivery.handling.get("withdrawn", {"facts_ended": 0}):
            _take_back(delivery)


def _audit(actor: Actor | None, delivery: Delivery, verb: str, details: dict[str, str]) -> None:
    record(
        actor, verb, subject_kind="delivery", subject_uuid=delivery.uuid, area_code=delivery.area_code, details=details
    )

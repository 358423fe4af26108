"""The doors of the exchange: a delivery is seen by posts whose range holds the sender's division; refusal equals absence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from shouwang.apps.accounts.access import NotPermitted, scoped
from shouwang.apps.audit.record import record
from shouwang.apps.exchange.models import Delivery, LinkQuestion

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

DECIDES = ("county",)


class NotFound(Http404):
    """No such delivery, or not in the actor's range: the same answer for both."""


def deliveries_visible_to(actor: Actor) -> QuerySet[Delivery]:
    """Return the deliveries of the divisions in the actor's range."""
    return scoped(Delivery.objects.all(), actor)


def delivery_in_sight(actor: Actor | None, uuid: UUID | str) -> Delivery:
    """Return a delivery without a trace: for services that write their own audit row. ``actor`` None is the system."""
    try:
        found = (deliveries_visible_to(actor) if actor else Delivery.objects.all()).filter(uuid=uuid).first()
    except (ValidationError, ValueError):
        found = None
    if found is None:
        raise NotFound("没有这个批次，或不在您的辖区内。")
    return found


def delivery_for(actor: Actor, uuid: UUID | str, verb: str = "view", details: dict[str, Any] | None = None) -> Delivery:
    """Return a delivery for a page or a download and write the audit row of the look. Raises NotFound."""
    with transaction.atomic():
        delivery = delivery_in_sight(actor, uuid)
        record(
            actor,
            verb,
            subject_kind="delivery",
            subject_uuid=delivery.uuid,
            area_code=delivery.area_code,
            details=details,
        )
    return delivery


def questions_visible_to(actor: Actor) -> QuerySet[LinkQuestion]:
    """Return the questions about records of the divisions in the actor's range. Raises NotPermitted for any but a county post."""
    require_decider(actor)
    return scoped(LinkQuestion.objects.all(), actor)


def question_in_sight(actor: Actor, uuid: UUID | str) -> LinkQuestion:
    """Return a question without a trace: for services that write their own audit row. Raises NotPermitted, NotFound."""
    try:
        found = questions_visible_to(actor).select_related("first_delivery").filter(uuid=uuid).first()
    except (ValidationError, ValueError):
        found = None
    if found is None:
        raise NotFound("没有这条待核记录，或不在您的辖区内。")
    return found


def question_for(actor: Actor, uuid: UUID | str) -> LinkQuestion:
    """Return a question for its page and write the audit row of the look, with the people shown beside it. Raises NotFound."""
    with transaction.atomic():
        question = question_in_sight(actor, uuid)
        record(
            actor,
            "view",
            subject_kind="link_question",
            subject_uuid=question.uuid,
            area_code=question.area_code,
            details={"uuids": [candidate["person"] for candidate in question.candidates]},
        )
    return question


def may_decide(actor: Actor, delivery: Delivery) -> bool:
    """Say whether this post may upload for, release or withdraw deliveries of that division."""
    return actor.level in DECIDES and actor.covers(delivery.area_code)


def require_decider(actor: Actor | None) -> None:
    """Raise NotPermitted for a post that may only look; ``actor`` None is the system (a command)."""
    if actor is not None and actor.level not in DECIDES:
        raise NotPermitted("只有县级岗位可以上传、放行或撤回数据批次，核定待核关联。")

"""A clerk moves a person from one household to another, or out of any (分户、并户、迁出、去世)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.audit.record import record
from shouwang.apps.registry.access import CLERKS, household_in_sight, person_in_sight
from shouwang.apps.registry.models import Membership, Person
from shouwang.apps.registry.relations import RELATIONS
from shouwang.apps.registry.services.spans import SpanChanges
from shouwang.lib import clock

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor


class MoveRefused(Exception):
    """The move does not fit what the register holds; the message is for the actor."""


def move_person(
    actor: Actor | None, person_uuid: UUID | str, household_uuid: UUID | str | None, *, relation: str = "", on: date
) -> None:
    """Let a person belong to another household from a day on, or to none (``household_uuid`` None), with an audit row.

    The span before ends that day; what was known before stays readable as of then. Raises NotPermitted, NotFound where
    either side is out of range, MoveRefused for a day before the present span began, an unknown relation, or a rival
    move that came first.
    """
    if actor is not None and actor.level not in CLERKS:
        raise NotPermitted("只有乡镇、县级岗位可以调整家庭成员。")
    if household_uuid is not None and relation not in RELATIONS:
        raise MoveRefused("请选择与户主关系。")
    try:
        with transaction.atomic():
            person = Person.objects.select_for_update().get(pk=person_in_sight(actor, person_uuid).pk)
            household = household_in_sight(actor, household_uuid) if household_uuid is not None else None
            changes = SpanChanges(clock.now())
            here = Membership.objects.filter(person=person, known_to__isnull=True).order_by("-valid_from").first()
            if here is not None:
                if (
                    household is not None
                    and here.valid_to is None
                    and (here.household_id, here.relation) == (household.pk, relation)
                ):
                    return
                if on < here.valid_from or (here.valid_to is not None and on < here.valid_to):
                    raise MoveRefused(f"变动日期不能早于现有成员关系（{here.valid_from}）。")
                if here.valid_to is None:
                    changes.leave(here, on)
            if household is not None:
                changes.join(person.pk, household.pk, relation, on)
                Person.objects.filter(pk=person.pk).update(area_code=household.area_code)
            changes.write()
            details = {"household": str(household.uuid) if household else "", "on": on.isoformat()}
            record(
                actor,
                "person.move",
                subject_kind="person",
                subject_uuid=person.uuid,
                area_code=person.area_code,
                details=details,
            )
    except IntegrityError as rival:
        raise MoveRefused("此人的家庭关系刚被他人改动，请刷新后重试。") from rival

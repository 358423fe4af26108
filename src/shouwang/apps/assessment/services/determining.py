"""Keeps one answer of the law as it was given, with all it rests on, so that it can be shown and computed again at any time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.access import DECIDERS
from shouwang.apps.assessment.models import Determination
from shouwang.apps.audit.record import record
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.access import NotFound, household_in_sight
from shouwang.engine.keeping import keep
from shouwang.lib import clock
from shouwang.lib.crypto import sm3_hex

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor


class DeterminationRefused(Exception):
    """There is no such answer to keep; the message is Chinese."""


def store_determination(
    actor: Actor | None, household: UUID | str, target: str, as_of: date, person: UUID | str | None = None
) -> Determination:
    """Answer one question for a household, or for one member, with what is known now, and keep the answer.

    ``actor`` None is the system. Raises NotFound outside the actor's range, NotPermitted for a post that may not decide,
    DeterminationRefused for a rule not in force there or a person who does not live there.
    """
    if actor is not None and actor.level not in DECIDERS:
        raise NotPermitted("只有县级岗位可以存档认定结果。")
    with transaction.atomic():
        subject = household_in_sight(actor, household)
        book, parameters, now = selectors.book(), selectors.parameters(), clock.now()
        if target not in book.definitions or (person is None) == (book.entity_of(target) == "person"):
            raise DeterminationRefused("没有这条规则，或没有写明是哪位成员。")
        found = selectors.case_of(subject.pk, as_of)
        if found is None:
            raise DeterminationRefused("这一户在判定日没有在册成员。")
        person_id = None if person is None else _member(subject.pk, person, as_of)
        if person_id is not None and person_id not in found.person_ids:
            raise NotFound("没有这个人，或不在这一户。")
        position = None if person_id is None else found.person_ids.index(person_id)
        try:
            kept = keep(book, found.case, as_of, parameters, target, position)
        except KeyError:
            raise DeterminationRefused("这条规则在判定日当地没有施行。") from None
        body = kept.explanation.as_bytes()
        value = kept.explanation.value
        made = Determination.objects.create(
            household_id=subject.pk,
            person_id=person_id,
            member_ids=list(found.person_ids),
            area_code=found.case.area_code,
            target=target,
            position=position,
            as_of=as_of,
            known_at=now,
            case=kept.case,
            parameters=kept.parameters,
            words=kept.words,
            value=None if value is None else int(value),
            explanation=body,
            digest=sm3_hex(body),
            rules=book.fingerprint,
            standards=parameters.fingerprint,
            made_by=actor.post_id if actor else None,
            made_at=now,
        )
        record(
            actor,
            "determination.store",
            subject_kind="household",
            subject_uuid=subject.uuid,
            area_code=subject.area_code,
            details={"determination": str(made.uuid), "rule": target, "as_of": as_of.isoformat(), "sm3": made.digest},
        )
    return made


def _member(household_id: int, person: UUID | str, on: date) -> int:
    for line in registry.members_of_household(household_id=household_id, on=on):
        if str(line.uuid) == str(person):
            return line.person_id
    raise NotFound("没有这个人，或不在这一户。")

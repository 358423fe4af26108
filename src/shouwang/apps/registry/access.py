"""The doors of the register: refusal equals absence, and every look at a person or a household leaves an audit row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404

from shouwang.apps.accounts.access import Actor, NotPermitted, scoped
from shouwang.apps.audit.record import record
from shouwang.apps.audit.selectors import acts_since
from shouwang.apps.registry.models import Household, Person
from shouwang.apps.registry.sealing import index_of_id, opened_id
from shouwang.lib import clock
from shouwang.lib.identity import IdentityError, normalise_id
from shouwang.lib.masking import mask_id, mask_name

if TYPE_CHECKING:
    from datetime import date

Row = TypeVar("Row", bound=Model)

CLERKS = ("township", "county")
REVEALERS = ("township", "county")
NAMED_TO = ("village", "township", "county")
REVEALS_A_DAY = 50
SHORTEST_REASON = 4
SHORTEST_NAME, LONGEST_NAME = 2, 60
MOST_FOUND = 50


def name_shown(actor: Actor, name: str) -> str:
    """Return a person's name whole for those who work with the household, masked for levels that only oversee."""
    return name if actor.level in NAMED_TO else mask_name(name)


class NotFound(Http404):
    """Not in the register, or not in the actor's range: the same answer for both."""


class SearchRefused(Exception):
    """What was typed can be neither an identity number nor a name; the message is for the actor."""


def persons_visible_to(actor: Actor) -> QuerySet[Person]:
    """Return the people who live in the actor's range."""
    return scoped(Person.objects.all(), actor)


def households_visible_to(actor: Actor) -> QuerySet[Household]:
    """Return the households in the actor's range."""
    return scoped(Household.objects.all(), actor)


def person_in_sight(actor: Actor | None, uuid: UUID | str | None) -> Person:
    """Return a person without a trace: for services that write their own audit row. ``actor`` None is the system."""
    return _one(persons_visible_to(actor) if actor else Person.objects.all(), uuid, "没有这个人，或不在您的辖区内。")


def household_in_sight(actor: Actor | None, uuid: UUID | str | None) -> Household:
    """Return a household without a trace: for services that write their own audit row. ``actor`` None is the system."""
    return _one(
        households_visible_to(actor) if actor else Household.objects.all(), uuid, "没有这一户，或不在您的辖区内。"
    )


def person_for(actor: Actor, uuid: UUID | str) -> Person:
    """Return a person for a page and write the audit row of the look. Raises NotFound."""
    with transaction.atomic():
        person = person_in_sight(actor, uuid)
        record(actor, "view", subject_kind="person", subject_uuid=person.uuid, area_code=person.area_code)
    return person


def household_for(actor: Actor, uuid: UUID | str) -> Household:
    """Return a household for its page and write the audit row of the look. Raises NotFound."""
    with transaction.atomic():
        household = household_in_sight(actor, uuid)
        record(actor, "view", subject_kind="household", subject_uuid=household.uuid, area_code=household.area_code)
    return household


def identity_number_for(actor: Actor, uuid: UUID | str, reason: str) -> str:
    """Return a person's whole identity number, for a stated reason that goes into the audit row.

    Raises NotPermitted for a level that may not, a reason too short, or the day's number of reveals used up; NotFound
    outside the range.
    """
    if actor.level not in REVEALERS:
        raise NotPermitted("只有乡镇、县级岗位可以查看完整身份证号。")
    if len(reason.strip()) < SHORTEST_REASON:
        raise NotPermitted(f"请写明查看原因（至少{SHORTEST_REASON}个字）。")
    with transaction.atomic():
        person = person_in_sight(actor, uuid)
        day_start = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        if acts_since(actor.user_id, "identity.reveal", day_start) >= REVEALS_A_DAY:
            raise NotPermitted(f"您今天查看完整身份证号已达{REVEALS_A_DAY}次，请明天再试，或请同事协助。")
        record(
            actor,
            "identity.reveal",
            subject_kind="person",
            subject_uuid=person.uuid,
            area_code=person.area_code,
            details={"reason": reason.strip()[:200]},
        )
        return opened_id(person)


@dataclass(frozen=True)
class Found:
    """One line of a search: who, and the household to open (None for a person in no household)."""

    person: Person
    name: str
    id_masked: str
    household_uuid: UUID | None
    household_number: str


@dataclass(frozen=True)
class SearchResult:
    """At most MOST_FOUND lines; ``more`` says that there are others."""

    rows: list[Found]
    more: bool


def search_persons(actor: Actor, text: str, on: date | None = None) -> SearchResult:
    """Find people in the actor's range by identity number (exact) or by part of a name; one audit row names who was shown.

    Raises SearchRefused where the text is a broken identity number or too short a name.
    """
    wanted = _filter(text)
    with transaction.atomic():
        people = list(persons_visible_to(actor).filter(**wanted).order_by("area_code", "id")[: MOST_FOUND + 1])
        shown = people[:MOST_FOUND]
        homes = _homes([person.pk for person in shown], on or clock.today())
        by = "identity" if "id_index" in wanted else "name"
        record(
            actor,
            "search",
            subject_kind="person",
            area_code=actor.area_code,
            details={"by": by, "uuids": [str(person.uuid) for person in shown], "more": len(people) > MOST_FOUND},
        )
    rows = [
        Found(person, name_shown(actor, person.name), mask_id(opened_id(person)), *homes.get(person.pk, (None, "")))
        for person in shown
    ]
    return SearchResult(rows, len(people) > MOST_FOUND)


def household_uuid_of(actor: Actor, person_uuid: UUID | str, on: date) -> UUID | None:
    """Return the household a person of the actor's range belongs to on a day, or None. Shows nobody, so leaves no row."""
    person = person_in_sight(actor, person_uuid)
    return _homes([person.pk], on).get(person.pk, (None, ""))[0]


def _filter(text: str) -> dict[str, object]:
    plain = text.strip()
    if sum(character.isdecimal() for character in plain) >= SHORTEST_REASON:
        try:
            return {"id_index": index_of_id(normalise_id(plain).value18)}
        except IdentityError as error:
            raise SearchRefused(error.message) from error
    if not SHORTEST_NAME <= len(plain) <= LONGEST_NAME or not plain.isprintable():
        raise SearchRefused(f"请输入完整的身份证号，或至少{SHORTEST_NAME}个字的姓名。")
    return {"name__contains": plain}


def _homes(person_ids: list[int], on: date) -> dict[int, tuple[UUID, str]]:
    now = {"memberships__known_to__isnull": True, "memberships__valid_from__lte": on}
    rows = Household.objects.filter(memberships__person_id__in=person_ids, **now).values_list(
        "memberships__person_id", "uuid", "number", "memberships__valid_to"
    )
    return {person: (uuid, number) for person, uuid, number, until in rows if until is None or until > on}


def _one(rows: QuerySet[Row], uuid: UUID | str | None, absent: str) -> Row:
    try:
        row = rows.filter(uuid=uuid).first() if uuid else None
    except (ValidationError, ValueError):
        row = None
    if row is None:
        raise NotFound(absent)
    return row

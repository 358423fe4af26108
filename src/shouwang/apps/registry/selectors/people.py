"""Who is who: many people at a time, for linking and for naming."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from shouwang.apps.registry.bulk import chunked, rows_among, uuid_of
from shouwang.apps.registry.models import Household, Membership, Person
from shouwang.apps.registry.relations import HEAD
from shouwang.lib.area_codes import scope_range


class PersonRef(NamedTuple):
    """A person of the register, with the household they belong to now (None: no household)."""

    id: int
    uuid: UUID
    name: str
    household_id: int | None
    area_code: str


class Names(NamedTuple):
    """Names by id: of people, and of the heads of households."""

    persons: dict[int, str]
    heads: dict[int, str]


_WITH_HOUSEHOLD = (
    "SELECT p.id_index, p.id, p.uuid, p.name, m.household_id, p.area_code "  # noqa: S608 — names from code
    f"FROM {Person._meta.db_table} p LEFT JOIN {Membership._meta.db_table} m "
    "ON m.person_id = p.id AND m.valid_to IS NULL AND m.known_to IS NULL WHERE"
)


def persons_by_index(indexes: Iterable[bytes]) -> dict[bytes, PersonRef]:
    """Return the people behind identity indexes (see ``index_of_id``); an index nobody has is left out."""
    rows = rows_among(_WITH_HOUSEHOLD, "p.id_index", set(indexes))
    return {bytes(index): PersonRef(pk, uuid_of(uuid), *plain) for index, pk, uuid, *plain in rows}


class HomeRef(NamedTuple):
    """A household of the register."""

    uuid: UUID
    number: str


def households_by_id(ids: Collection[int]) -> dict[int, HomeRef]:
    """Return the households with these numbers; one that is gone is left out."""
    found: dict[int, HomeRef] = {}
    for part in chunked(sorted(ids)):
        rows = Household.objects.filter(id__in=part).values_list("id", "uuid", "number")
        found |= {pk: HomeRef(uuid, number) for pk, uuid, number in rows}
    return found


def person_uuids(ids: Collection[int]) -> dict[int, UUID]:
    """Return the public ids of the people with these numbers; one that is gone is left out."""
    found: dict[int, UUID] = {}
    for part in chunked(sorted(ids)):
        found |= dict(Person.objects.filter(id__in=part).values_list("id", "uuid"))
    return found


def names_of(*, persons: Collection[int], households: Collection[int], on: date) -> Names:
    """Return the names of people, and of the heads of households on a day (a household without a head: its first member)."""
    named: dict[int, str] = {}
    for part in chunked(sorted(persons)):
        named |= dict(Person.objects.filter(id__in=part).values_list("id", "name"))
    heads: dict[int, str] = {}
    for part in chunked(sorted(households)):
        there = Membership.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=on),
            household_id__in=part,
            valid_from__lte=on,
            known_to__isnull=True,
        ).order_by("id")
        for household, relation, name in there.values_list("household_id", "relation", "person__name"):
            if relation == HEAD or household not in heads:
                heads[household] = name
    return Names(named, heads)


class PersonCard(NamedTuple):
    """A person as compared with a record that has no valid number: name, birth date, sex (1 man, 2 woman, 0 unknown), place."""

    id: int
    uuid: UUID
    name: str
    birth_date: date | None
    sex: int
    area_code: str


def cards_in(area_code: str) -> Iterator[PersonCard]:
    """Yield everybody who lives in a division, in the order of their numbers."""
    low, high = scope_range(area_code)
    rows = Person.objects.filter(area_code__gte=low, area_code__lt=high).order_by("id")
    yield from map(PersonCard._make, rows.values_list(*PersonCard._fields).iterator(chunk_size=10_000))


def cards_by_id(ids: Collection[int]) -> dict[int, PersonCard]:
    """Return people by number; one that is gone is left out."""
    found: dict[int, PersonCard] = {}
    for part in chunked(sorted(ids)):
        rows = Person.objects.filter(id__in=part).values_list(*PersonCard._fields)
        found |= {row[0]: PersonCard._make(row) for row in rows}
    return found


def refs_by_uuid(uuids: Collection[UUID]) -> dict[UUID, PersonRef]:
    """Return people by public id, as linking knows them; one that is gone is left out."""
    indexes = Person.objects.filter(uuid__in=list(uuids)).values_list("id_index", flat=True)
    found = persons_by_index(bytes(index) for index in indexes if index)
    return {person.uuid: person for person in found.values()}


def indexes_around(person: PersonRef) -> set[bytes]:
    """Return the identity indexes of a person and of all who share the household now: whose records make its facts."""
    rows = Person.objects.filter(pk=person.id)
    if person.household_id is not None:
        there = Membership.objects.filter(
            household_id=person.household_id, valid_to__isnull=True, known_to__isnull=True
        ).values("person_id")
        rows = Person.objects.filter(Q(pk=person.id) | Q(pk__in=there))
    return {bytes(index) for index in rows.values_list("id_index", flat=True) if index}

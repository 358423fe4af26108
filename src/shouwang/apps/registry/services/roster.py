"""The roster (花名册) comes in: people, households, who lives with whom, categories, what was declared.

The first roster fills the register; a later one is compared with it and only changes are written. Absence from a roster
ends nothing: a row may be missing because it could not be read, and an error never denies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from shouwang.apps.audit.record import record
from shouwang.apps.registry.bulk import chunked, insert_rows, paced, plain
from shouwang.apps.registry.items import items
from shouwang.apps.registry.models import Category, Fact, Household, Membership, Person
from shouwang.apps.registry.relations import HEAD
from shouwang.apps.registry.sealing import index_of_id, opened_phone, sealed_id, sealed_phone
from shouwang.apps.registry.services.facts import NewFact, write_facts
from shouwang.apps.registry.services.spans import SpanChanges
from shouwang.engine.rule import Entity
from shouwang.lib.area_codes import scope_range
from shouwang.lib.identity import birth_date_of, sex_of

Progress = Callable[[str, int, int], None]
SOURCE = "register"
PERSON_STATES = (
    "income.wage_year",
    "income.business_net_year",
    "income.property_net_year",
    "income.transfer_net_year",
    "pension.declared_monthly",
)
HOUSEHOLD_STATES = ("property.compliant", "authorisation.expires", "recheck.due")


class RosterRow(NamedTuple):
    """One line of a roster.

    ``relation`` two-digit code of GB/T 4761 (``selectors.relation_code``); ``id_number`` accepted, 18 characters, in
    clear; ``area_code`` 12 digits; ``category`` a ``category.`` kind (``dibao`` …) or "" for none; ``facts`` item →
    value for PERSON_STATES and HOUSEHOLD_STATES (分, 1/0, day number), blank cells left out: a blank is unknown.
    """

    household_number: str
    relation: str
    name: str
    id_number: str
    area_code: str
    phone: str = ""
    category: str = ""
    category_from: date | None = None
    facts: Mapping[str, int] = {}


@dataclass
class RosterCounts:
    """What became of a roster: ``rows`` read, of which ``repeated`` named a person a second time and were left aside."""

    rows: int = 0
    repeated: int = 0
    persons_new: int = 0
    persons_changed: int = 0
    households_new: int = 0
    memberships_changed: int = 0
    categories_changed: int = 0
    facts_new: int = 0
    facts_changed: int = 0
    absent: int = 0


@dataclass
class _Load:
    """One pass over a roster."""

    as_of: date
    known_at: datetime
    delivery: UUID | None
    counts: RosterCounts = field(default_factory=RosterCounts)
    seen: set[bytes] = field(default_factory=set)
    stated: set[tuple[str, str]] = field(default_factory=set)
    counties: set[str] = field(default_factory=set)


def load_roster(
    rows: Iterable[RosterRow],
    *,
    delivery: UUID | None,
    known_at: datetime,
    as_of: date | None = None,
    progress: Progress | None = None,
) -> RosterCounts:
    """Bring the register in step with a roster that is true from ``as_of`` on (default: the day of ``known_at``).

    Batches of at most half a second, each its own transaction: killed and run again it ends in the same state. A person
    is who the identity number says. What the register knows to have begun after ``as_of`` is left alone. ``absent`` in
    the answer counts the members of the roster's counties whom it does not name.
    """
    load = _Load(as_of or known_at.date(), known_at, delivery)
    total = len(rows) if hasattr(rows, "__len__") else 0
    for batch in paced(rows, most=4000):
        with transaction.atomic():
            _take(batch, load)
        load.counts.rows += len(batch)
        if progress:
            progress("登记花名册", load.counts.rows, max(total, load.counts.rows))
    load.counts.absent = _absent(load)
    with transaction.atomic():
        details = {"delivery": str(delivery or ""), "as_of": load.as_of.isoformat(), **asdict(load.counts)}
        record(None, "roster.load", subject_kind="delivery", subject_uuid=delivery or "", details=details)
    return load.counts


def _take(batch: list[RosterRow], load: _Load) -> None:
    fresh: dict[bytes, RosterRow] = {}
    for row in batch:
        index = index_of_id(row.id_number)
        if index in load.seen:
            load.counts.repeated += 1
            continue
        load.seen.add(index)
        load.counties.add(row.area_code[:6].ljust(12, "0"))
        fresh[index] = row
    people = _persons(fresh, load)
    homes = _households(fresh.values(), load)
    by_person = {people[index]: row for index, row in fresh.items()}
    changes = SpanChanges(load.known_at)
    _memberships(by_person, homes, changes, load)
    _categories(by_person, changes, load)
    changes.write()
    _facts(by_person, homes, load)


def _persons(fresh: Mapping[bytes, RosterRow], load: _Load) -> dict[bytes, int]:
    """Return person ids by index, after adding the new and bringing the known up to date."""
    known: dict[bytes, Person] = {}
    for part in chunked(list(fresh)):
        for person in Person.objects.filter(id_index__in=part):
            known[bytes(person.id_index)] = person
    at = plain(load.known_at)
    new = [_new_person(index, row, at) for index, row in fresh.items() if index not in known]
    insert_rows(Person._meta.db_table, _PERSON_COLUMNS, new)
    load.counts.persons_new += len(new)
    changed = [person for index, person in known.items() if _bring_up_to_date(person, fresh[index])]
    Person.objects.bulk_update(changed, ["name", "area_code", "phone_cipher"], batch_size=100)
    load.counts.persons_changed += len(changed)
    ids = {index: person.pk for index, person in known.items()}
    for part in chunked([index for index in fresh if index not in known]):
        found = Person.objects.filter(id_index__in=part).values_list("id_index", "id")
        ids |= {bytes(index): pk for index, pk in found}
    return ids


_PERSON_COLUMNS = (
    "uuid",
    "name",
    "id_cipher",
    "id_index",
    "phone_cipher",
    "birth_date",
    "sex",
    "area_code",
    "created_at",
)


def _new_person(index: bytes, row: RosterRow, at: Any) -> list[Any]:
    uuid = uuid4()
    return [
        plain(uuid),
        row.name,
        sealed_id(row.id_number, uuid),
        index,
        sealed_phone(row.phone, uuid),
        birth_date_of(row.id_number).isoformat(),
        sex_of(row.id_number),
        row.area_code,
        at,
    ]


def _bring_up_to_date(person: Person, row: RosterRow) -> bool:
    """Take over name, place and phone; a blank phone leaves the old one. Returns whether anything changed."""
    phone_differs = bool(row.phone) and opened_phone(person) != row.phone
    if (person.name, person.area_code) == (row.name, row.area_code) and not phone_differs:
        return False
    person.name, person.area_code = row.name, row.area_code
    if phone_differs:
        person.phone_cipher = sealed_phone(row.phone, person.uuid)
    return True


def _households(rows: Iterable[RosterRow], load: _Load) -> dict[str, int]:
    """Return household ids by number; a household lives where its head lives, without a head where its first member does."""
    areas: dict[str, str] = {}
    for row in rows:
        if row.relation == HEAD or row.household_number not in areas:
            areas[row.household_number] = row.area_code
    heads = {row.household_number for row in rows if row.relation == HEAD}
    known: dict[str, tuple[int, str]] = {}
    for part in chunked(list(areas)):
        for number, pk, area_code in Household.objects.filter(number__in=part).values_list("number", "id", "area_code"):
            known[number] = pk, area_code
    new = [number for number in areas if number not in known]
    at = plain(load.known_at)
    insert_rows(
        Household._meta.db_table,
        ("uuid", "number", "area_code", "created_at"),
        [[plain(uuid4()), number, areas[number], at] for number in new],
    )
    load.counts.households_new += len(new)
    for number, (pk, area_code) in known.items():
        if number in heads and area_code != areas[number]:
            Household.objects.filter(pk=pk).update(area_code=areas[number])
    ids = {number: pk for number, (pk, _) in known.items()}
    for part in chunked(new):
        ids |= dict(Household.objects.filter(number__in=part).values_list("number", "id"))
    return ids


def _memberships(rows: Mapping[int, RosterRow], homes: Mapping[str, int], changes: SpanChanges, load: _Load) -> None:
    last: dict[int, Membership] = {}
    for part in chunked(list(rows)):
        for membership in Membership.objects.filter(person_id__in=part, known_to__isnull=True).order_by("valid_from"):
            last[membership.person_id] = membership
    for person_id, row in rows.items():
        here, household_id, since = last.get(person_id), homes[row.household_number], load.as_of
        if here is not None:
            if here.valid_from > load.as_of:
                continue
            if here.valid_to is None:
                if (here.household_id, here.relation) == (household_id, row.relation):
                    continue
                changes.leave(here, load.as_of)
            else:
                since = max(since, here.valid_to)
            load.counts.memberships_changed += 1
        changes.join(person_id, household_id, row.relation, since)


def _categories(rows: Mapping[int, RosterRow], changes: SpanChanges, load: _Load) -> None:
    """The roster names one category a person or none; other sources' categories are not its business."""
    held: dict[int, list[Category]] = {}
    for part in chunked(list(rows)):
        for category in Category.objects.filter(person_id__in=part, known_to__isnull=True):
            held.setdefault(category.person_id, []).append(category)
    for person_id, row in rows.items():
        standing = held.get(person_id, [])
        since = row.category_from or next(
            (each.valid_from for each in standing if each.kind == row.category and each.valid_to is None), load.as_of
        )
        named = False
        for category in standing:
            if (category.kind, category.valid_from) == (row.category, since):
                named = category.valid_to is None
                if not named:
                    changes.exit(category, category.valid_from)
            elif category.valid_to is not None or category.source != SOURCE or category.valid_from > load.as_of:
                continue
            else:
                changes.exit(category, category.valid_from if category.kind == row.category else load.as_of)
            load.counts.categories_changed += not named
        if row.category and not named:
            changes.enter(person_id, row.category, since, SOURCE)


def _facts(rows: Mapping[int, RosterRow], homes: Mapping[str, int], load: _Load) -> None:
    """Declared states: unchanged ones stay, another value ends the old state and begins a new one on the roster's day."""
    wanted: dict[tuple[int | None, int | None, str], int | None] = {}
    for person_id, row in rows.items():
        for item in PERSON_STATES:
            wanted[person_id, None, item] = row.facts.get(item)
        for item in HOUSEHOLD_STATES:
            if item in row.facts and (row.household_number, item) not in load.stated:
                load.stated.add((row.household_number, item))
                wanted[None, homes[row.household_number], item] = row.facts[item]
    standing = _standing(list(rows), sorted(set(homes.values())))
    new: list[NewFact] = []
    gone: list[int] = []
    for (person_id, household_id, item), value in wanted.items():
        before = standing.get((person_id, household_id, item))
        if before is None:
            if value is not None:
                new.append(NewFact(person_id, household_id, item, "", value, "", load.as_of, None))
            continue
        if before.value == value or before.true_from > load.as_of:
            continue
        if before.true_from < load.as_of:
            new.append(
                NewFact(person_id, household_id, item, "", before.value, before.detail, before.true_from, load.as_of)
            )
        elif value is None:
            gone.append(before.pk)
        if value is not None:
            new.append(NewFact(person_id, household_id, item, "", value, "", load.as_of, None))
    for part in chunked(gone):
        Fact.objects.filter(pk__in=part).update(known_to=load.known_at)
    counts = write_facts(new, source=SOURCE, delivery=load.delivery, known_at=load.known_at)
    load.counts.facts_new += counts.new
    load.counts.facts_changed += counts.changed + len(gone)


def _standing(person_ids: list[int], household_ids: list[int]) -> dict[tuple[int | None, int | None, str], Fact]:
    """Return the open states the roster last said, by subject and item."""
    open_now = Q(known_to__isnull=True, true_to__isnull=True, source=SOURCE)
    found: dict[tuple[int | None, int | None, str], Fact] = {}
    for part in chunked(person_ids):
        for fact in Fact.objects.filter(open_now, person_id__in=part, item__in=PERSON_STATES):
            found[fact.person_id, None, fact.item] = fact
    for part in chunked(household_ids):
        for fact in Fact.objects.filter(open_now, household_id__in=part, item__in=HOUSEHOLD_STATES):
            found[None, fact.household_id, fact.item] = fact
    return found


def _absent(load: _Load) -> int:
    """Count the members of the roster's counties whom the roster does not name."""
    members = 0
    for county in load.counties:
        low, high = scope_range(county)
        members += Membership.objects.filter(
            household__area_code__gte=low, household__area_code__lt=high, valid_to__isnull=True, known_to__isnull=True
        ).count()
    return max(0, members - len(load.seen))


assert all(items()[item].subject == Entity.PERSON for item in PERSON_STATES)
assert all(items()[item].subject == Entity.HOUSEHOLD for item in HOUSEHOLD_STATES)

"""The roster (花名册) comes in: people, households, who lives with whom, categories, what was declared.

The first roster fills the register; a later one is compared with it and only changes are written. Absence from a roster
ends nothing: a row may be missing because it could not be read, and an error never denies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from shouwang.apps.audit.record import record
from shouwang.apps.registry.bulk import chunked, found_among, fresh_uuids, insert_rows, paced, plain, rows_among
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


class _Known(NamedTuple):
    """Row numbers by what the roster calls them, and those of them that were there before: of the others nothing can be known."""

    ids: dict[Any, int]
    before: set[int]


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
    by_person = {people.ids[index]: row for index, row in fresh.items()}
    changes = SpanChanges(load.known_at)
    _memberships(by_person, people.before, homes.ids, changes, load)
    _categories(by_person, people.before, changes, load)
    changes.write()
    _facts(by_person, people.before, homes, load)


def _persons(fresh: Mapping[bytes, RosterRow], load: _Load) -> _Known:
    """Find the people by index, after adding the new and bringing the known up to date."""
    known = {bytes(person.id_index): person for person in found_among(Person, "id_index", fresh)}
    at = plain(load.known_at)
    new = [(index, row) for index, row in fresh.items() if index not in known]
    insert_rows(
        Person._meta.db_table,
        _PERSON_COLUMNS,
        [_new_person(index, row, uuid, at) for (index, row), uuid in zip(new, fresh_uuids(len(new)), strict=True)],
    )
    load.counts.persons_new += len(new)
    changed = [person for index, person in known.items() if _bring_up_to_date(person, fresh[index])]
    Person.objects.bulk_update(changed, ["name", "area_code", "phone_cipher"], batch_size=100)
    load.counts.persons_changed += len(changed)
    ids = {index: person.pk for index, person in known.items()}
    before = set(ids.values())
    added = rows_among(f"SELECT id_index, id FROM {_PERSON} WHERE", "id_index", [index for index, _ in new])  # noqa: S608
    return _Known(ids | {bytes(index): pk for index, pk in added}, before)


_PERSON, _HOUSEHOLD = Person._meta.db_table, Household._meta.db_table
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


def _new_person(index: bytes, row: RosterRow, uuid: UUID, at: Any) -> list[Any]:
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


def _households(rows: Iterable[RosterRow], load: _Load) -> _Known:
    """Find the households by number; a household lives where its head lives, without a head where its first member does."""
    areas: dict[str, str] = {}
    for row in rows:
        if row.relation == HEAD or row.household_number not in areas:
            areas[row.household_number] = row.area_code
    heads = {row.household_number for row in rows if row.relation == HEAD}
    select = f"SELECT number, id, area_code FROM {_HOUSEHOLD} WHERE"  # noqa: S608
    known = {number: (pk, area_code) for number, pk, area_code in rows_among(select, "number", areas)}
    new = [number for number in areas if number not in known]
    at = plain(load.known_at)
    insert_rows(
        _HOUSEHOLD,
        ("uuid", "number", "area_code", "created_at"),
        [[plain(uuid), number, areas[number], at] for number, uuid in zip(new, fresh_uuids(len(new)), strict=True)],
    )
    load.counts.households_new += len(new)
    for number, (pk, area_code) in known.items():
        if number in heads and area_code != areas[number]:
            Household.objects.filter(pk=pk).update(area_code=areas[number])
    ids = {number: pk for number, (pk, _) in known.items()}
    before = set(ids.values())
    return _Known(ids | {number: pk for number, pk, _ in rows_among(select, "number", new)}, before)


def _memberships(
    rows: Mapping[int, RosterRow], before: set[int], homes: Mapping[str, int], changes: SpanChanges, load: _Load
) -> None:
    last: dict[int, Membership] = {}
    for membership in found_among(Membership, "person_id", before, "known_to IS NULL"):
        latest = last.get(membership.person_id)
        if latest is None or latest.valid_from <= membership.valid_from:
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


def _categories(rows: Mapping[int, RosterRow], before: set[int], changes: SpanChanges, load: _Load) -> None:
    """The roster names one category a person or none; other sources' categories are not its business."""
    held: dict[int, list[Category]] = {}
    for category in found_among(Category, "person_id", before, "known_to IS NULL"):
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


def _facts(rows: Mapping[int, RosterRow], known: set[int], homes: _Known, load: _Load) -> None:
    """Declared states: unchanged ones stay, another value ends the old state and begins a new one on the roster's day."""
    wanted: dict[tuple[int | None, int | None, str], int | None] = {}
    for person_id, row in rows.items():
        for item in PERSON_STATES:
            if item in row.facts or person_id in known:
                wanted[person_id, None, item] = row.facts.get(item)
        for item in HOUSEHOLD_STATES:
            if item in row.facts and (row.household_number, item) not in load.stated:
                load.stated.add((row.household_number, item))
                wanted[None, homes.ids[row.household_number], item] = row.facts[item]
    standing = _standing(known, homes.before)
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


def _standing(person_ids: set[int], household_ids: set[int]) -> dict[tuple[int | None, int | None, str], Fact]:
    """Return the open states the roster last said, by subject and item."""
    found: dict[tuple[int | None, int | None, str], Fact] = {}
    for column, ids, stated in (
        ("person_id", person_ids, PERSON_STATES),
        ("household_id", household_ids, HOUSEHOLD_STATES),
    ):
        open_now = (
            f"known_to IS NULL AND true_to IS NULL AND source = %s AND item IN ({', '.join(['%s'] * len(stated))})"
        )
        for fact in found_among(Fact, column, ids, open_now, [SOURCE, *stated]):
            found[fact.person_id, fact.household_id, fact.item] = fact
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

"""One household as plain rows: what a page asks for in two queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from shouwang.apps.registry.bulk import plain
from shouwang.apps.registry.models import Category, Fact, Household, Membership, Person
from shouwang.apps.registry.selectors.asked import KNOWN, TABLES, day_or
from shouwang.engine.compare.household import DatedFact, Member
from shouwang.engine.frame import OPEN, UNKNOWN_DAY
from shouwang.lib.dates import date_of


@dataclass(frozen=True, slots=True)
class HouseholdFacts:
    """One household on a day: where it lives, its members in the order of ``person_ids``, and what was known of them."""

    area_code: str
    person_ids: tuple[int, ...]
    members: list[Member]
    facts: list[DatedFact]


def household_case(household_id: int, as_of: date, known_at: datetime) -> HouseholdFacts | None:
    """Return one household as a snapshot has it, but as plain rows (two queries); None if nobody lives in it."""
    day, at = plain(as_of), plain(known_at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id, h.area_code, {day_or('p.birth_date', UNKNOWN_DAY)}, p.sex, CAST(m.relation AS integer) "  # noqa: S608 — names from code
            f"FROM {TABLES[Membership]} m JOIN {TABLES[Household]} h ON h.id = m.household_id "
            f"JOIN {TABLES[Person]} p ON p.id = m.person_id WHERE h.id = %s AND m.valid_from <= %s "
            f"AND (m.valid_to IS NULL OR m.valid_to > %s) AND {KNOWN.format('m')} ORDER BY m.relation, p.id",
            [household_id, day, day, at, at],
        )
        members = cursor.fetchall()
        if not members:
            return None
        place = {person: position for position, (person, *_) in enumerate(members)}
        among = f"IN ({', '.join(['%s'] * len(place))})"
        dated = f"{day_or('f.true_from', UNKNOWN_DAY)}, {day_or('f.true_to', OPEN)}"
        cursor.execute(
            f"SELECT f.person_id, f.item, f.value, {dated} FROM {TABLES[Fact]} f "  # noqa: S608 — names from code
            f"WHERE f.person_id {among} AND {KNOWN.format('f')} AND f.true_from <= %s "
            f"UNION ALL SELECT NULL, f.item, f.value, {dated} FROM {TABLES[Fact]} f "
            f"WHERE f.household_id = %s AND {KNOWN.format('f')} AND f.true_from <= %s "
            f"UNION ALL SELECT c.person_id, 'category.' || c.kind, 1, {day_or('c.valid_from', UNKNOWN_DAY)}, "
            f"{day_or('c.valid_to', OPEN)} FROM {TABLES[Category]} c "
            f"WHERE c.person_id {among} AND {KNOWN.format('c')} AND c.valid_from <= %s",
            [*place, at, at, day, household_id, at, at, day, *place, at, at, day],
        )
        facts = [DatedFact(None if person is None else place[person], *told) for person, *told in cursor.fetchall()]
    return HouseholdFacts(
        area_code=members[0][1],
        person_ids=tuple(place),
        members=[
            Member(None if birth == UNKNOWN_DAY else date_of(birth), sex, relation)
            for _, _, birth, sex, relation in members
        ],
        facts=facts,
    )

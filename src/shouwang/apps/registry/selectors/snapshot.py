"""The register as columns for the engine: who lived together on a day, and what was known of them at a moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection

from shouwang.apps.registry.bulk import day_sql, plain
from shouwang.apps.registry.models import Category, Fact, Household, Membership, Person
from shouwang.engine.compare.household import DatedFact, Member
from shouwang.engine.frame import OPEN, UNKNOWN_DAY
from shouwang.lib.area_codes import scope_range
from shouwang.lib.dates import date_of

ROWS_AT_A_TIME = 50_000
_KNOWN = "{0}.known_from <= %s AND ({0}.known_to IS NULL OR {0}.known_to > %s)"
_T = {model: model._meta.db_table for model in (Category, Fact, Household, Membership, Person)}


@dataclass(frozen=True, slots=True)
class SnapshotTables:
    """Three pyarrow tables over one set of households.

    ``persons``: person_id, household_id, household_index (row in ``households``, never falling), area_code (where the
    household lives), birth_day int32 (``engine.frame.UNKNOWN_DAY`` if not recorded), sex, relation (numbers).
    ``households``: household_id, area_code.
    ``facts``: subject (row in ``persons``, or in ``households`` where ``of_household``), of_household, item (text),
    value, true_from, true_to int32 day numbers (``engine.frame.OPEN`` when open). Only facts true from ``as_of`` or
    before; categories are facts ``category.<kind>`` with value 1. Sources that differ both stand.
    """

    persons: pa.Table
    households: pa.Table
    facts: pa.Table


@dataclass(frozen=True, slots=True)
class HouseholdFacts:
    """One household on a day: where it lives, its members in the order of ``person_ids``, and what was known of them."""

    area_code: str
    person_ids: tuple[int, ...]
    members: list[Member]
    facts: list[DatedFact]


def snapshot_tables(
    area_code: str, as_of: date, known_at: datetime, items: Collection[str] | None = None
) -> SnapshotTables:
    """Return the members and facts (of all items, or only ``items``) of every household in a division.

    Ask by township where a whole province is too much.
    """
    low, high = scope_range(area_code)
    return _tables("h.area_code >= %s AND h.area_code < %s", [low, high], as_of, known_at, items)


def household_case(household_id: int, as_of: date, known_at: datetime) -> HouseholdFacts | None:
    """Return one household as ``snapshot_tables`` has it, but as plain rows (two queries); None if nobody lives in it."""
    day, at = plain(as_of), plain(known_at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id, h.area_code, {_day('p.birth_date', UNKNOWN_DAY)}, p.sex, CAST(m.relation AS integer) "  # noqa: S608 — names from code
            f"FROM {_T[Membership]} m JOIN {_T[Household]} h ON h.id = m.household_id "
            f"JOIN {_T[Person]} p ON p.id = m.person_id WHERE h.id = %s AND m.valid_from <= %s "
            f"AND (m.valid_to IS NULL OR m.valid_to > %s) AND {_KNOWN.format('m')} ORDER BY m.relation, p.id",
            [household_id, day, day, at, at],
        )
        members = cursor.fetchall()
        if not members:
            return None
        place = {person: position for position, (person, *_) in enumerate(members)}
        among = f"IN ({', '.join(['%s'] * len(place))})"
        dated = f"{_day('f.true_from', UNKNOWN_DAY)}, {_day('f.true_to', OPEN)}"
        cursor.execute(
            f"SELECT f.person_id, f.item, f.value, {dated} FROM {_T[Fact]} f "  # noqa: S608 — names from code
            f"WHERE f.person_id {among} AND {_KNOWN.format('f')} AND f.true_from <= %s "
            f"UNION ALL SELECT NULL, f.item, f.value, {dated} FROM {_T[Fact]} f "
            f"WHERE f.household_id = %s AND {_KNOWN.format('f')} AND f.true_from <= %s "
            f"UNION ALL SELECT c.person_id, 'category.' || c.kind, 1, {_day('c.valid_from', UNKNOWN_DAY)}, "
            f"{_day('c.valid_to', OPEN)} FROM {_T[Category]} c "
            f"WHERE c.person_id {among} AND {_KNOWN.format('c')} AND c.valid_from <= %s",
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


def household_areas(area_code: str, at_most: int) -> list[str] | None:
    """Return the divisions that have households in a division, or None if it has more than ``at_most`` households."""
    low, high = scope_range(area_code)
    rows = Household.objects.filter(area_code__gte=low, area_code__lt=high)
    if rows.order_by()[: at_most + 1].count() > at_most:
        return None
    return list(rows.order_by("area_code").values_list("area_code", flat=True).distinct())


def household_total(area_code: str) -> int:
    """Return how many households a division has: for jobs, not for pages."""
    low, high = scope_range(area_code)
    return Household.objects.filter(area_code__gte=low, area_code__lt=high).count()


def _tables(
    which: str, arguments: list[Any], as_of: date, known_at: datetime, items: Collection[str] | None = None
) -> SnapshotTables:
    day, at = plain(as_of), plain(known_at)
    known = _KNOWN
    homes = f"{_T[Membership]} m JOIN {_T[Household]} h ON h.id = m.household_id"
    living = f"{which} AND m.valid_from <= %s AND (m.valid_to IS NULL OR m.valid_to > %s) AND {known.format('m')}"
    who = [*arguments, day, day, at, at]
    wanted, kinds = _only(items, "f.item"), _only(items, "'category.' || c.kind")
    said = f"f.item, f.value, {_day('f.true_from', UNKNOWN_DAY)}, {_day('f.true_to', OPEN)}"

    persons = _read(
        f"SELECT p.id, h.id, h.area_code, {_day('p.birth_date', UNKNOWN_DAY)}, p.sex, CAST(m.relation AS integer) "  # noqa: S608
        f"FROM {homes} JOIN {_T[Person]} p ON p.id = m.person_id WHERE {living} "
        "ORDER BY h.area_code, h.id, m.relation, p.id",
        who,
        "iitiii",
    )
    own = _read(
        f"SELECT f.person_id, {said} FROM {homes} JOIN {_T[Fact]} f ON f.person_id = m.person_id "  # noqa: S608
        f"WHERE {living} AND {known.format('f')} AND f.true_from <= %s{wanted}",
        [*who, at, at, day, *(items or ())],
        "itiii",
    )
    categories = _read(
        f"SELECT c.person_id, 'category.' || c.kind, 1, {_day('c.valid_from', UNKNOWN_DAY)}, {_day('c.valid_to', OPEN)} "  # noqa: S608
        f"FROM {homes} JOIN {_T[Category]} c ON c.person_id = m.person_id "
        f"WHERE {living} AND {known.format('c')} AND c.valid_from <= %s{kinds}",
        [*who, at, at, day, *(items or ())],
        "itiii",
    )
    shared = _read(
        f"SELECT f.household_id, {said} FROM {_T[Household]} h JOIN {_T[Fact]} f ON f.household_id = h.id "  # noqa: S608
        f"WHERE {which} AND {known.format('f')} AND f.true_from <= %s{wanted}",
        [*arguments, at, at, day, *(items or ())],
        "itiii",
    )
    person_ids, household_ids, areas, birth_days, sexes, relations = persons
    first = np.concatenate(([True], household_ids[1:] != household_ids[:-1]))[: len(household_ids)]
    return SnapshotTables(
        persons=pa.table(
            {
                "person_id": person_ids,
                "household_id": household_ids,
                "household_index": np.cumsum(first) - 1,
                "area_code": areas,
                "birth_day": birth_days.astype(np.int32),
                "sex": sexes,
                "relation": relations,
            }
        ),
        households=pa.table({"household_id": household_ids[first], "area_code": areas.filter(pa.array(first))}),
        facts=pa.concat_tables(
            [
                _facts(person_ids, own, of_household=False),
                _facts(person_ids, categories, of_household=False),
                _facts(household_ids[first], shared, of_household=True),
            ]
        ),
    )


def _only(items: Collection[str] | None, column: str) -> str:
    """SQL: a column is one of ``items`` (none given: nothing is; None: no condition)."""
    if items is None:
        return ""
    return f" AND {column} IN ({', '.join(['%s'] * len(items))})" if items else " AND 1 = 0"


def _facts(ids: Any, columns: Sequence[Any], *, of_household: bool) -> pa.Table:
    """Rows (who, item, value, from, to) about subjects listed in ``ids``, whose row number becomes the subject."""
    who, items, values, starts, ends = columns
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids[order], who), max(len(ids) - 1, 0))
    here = ids[order][place] == who if len(ids) else np.zeros(len(who), dtype=bool)
    return pa.table(
        {
            "subject": order[place[here]].astype(np.int64),
            "of_household": np.full(int(here.sum()), of_household),
            "item": items.filter(pa.array(here)),
            "value": values[here],
            "true_from": starts[here].astype(np.int32),
            "true_to": ends[here].astype(np.int32),
        }
    )


def _day(column: str, absent: Any) -> str:
    """SQL: a date as a day number, ``absent`` where there is none."""
    return f"coalesce({day_sql(column)}, {int(absent)})"


def _read(sql: str, arguments: list[Any], kinds: str) -> list[Any]:
    """Return the columns of a query: "i" int64 arrays, "t" pyarrow text.

    Read page by page through a server-side cursor on PostgreSQL, so that rows never stand in memory as Python objects.
    """
    pages: list[list[Any]] = [[] for _ in kinds]
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, arguments)
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            for kind, column, values in zip(kinds, pages, zip(*rows, strict=True), strict=True):
                column.append(pa.array(values, pa.string()) if kind == "t" else np.array(values, dtype=np.int64))
    return [_whole(kind, column) for kind, column in zip(kinds, pages, strict=True)]


def _whole(kind: str, parts: list[Any]) -> Any:
    if kind == "i":
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
    return pa.chunked_array(parts, pa.string()).combine_chunks()

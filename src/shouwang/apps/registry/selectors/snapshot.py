"""The register as columns for the engine: who lived together on a day, and what was known of them at a moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection

from shouwang.apps.registry.bulk import day_sql, plain
from shouwang.apps.registry.models import Category, Fact, Household, Membership, Person
from shouwang.engine.frame import OPEN, UNKNOWN_DAY
from shouwang.lib.area_codes import scope_range

ROWS_AT_A_TIME = 50_000
_T = {model: model._meta.db_table for model in (Category, Fact, Household, Membership, Person)}


@dataclass(frozen=True, slots=True)
class SnapshotTables:
    """Three pyarrow tables over one set of households.

    ``persons``: person_id, household_id, household_index (row in ``households``, never falling), area_code (where the
    household lives), birth_day int32 (``engine.frame.UNKNOWN_DAY`` if not recorded), sex, relation (numbers).
    ``households``: household_id, area_code.
    ``facts``: subject (row in ``persons``, or in ``households`` where ``of_household``), of_household, item (dictionary),
    value, true_from, true_to int32 day numbers (``engine.frame.OPEN`` when open). Only facts true from ``as_of`` or
    before; categories are facts ``category.<kind>`` with value 1. Sources that differ both stand.
    """

    persons: pa.Table
    households: pa.Table
    facts: pa.Table


def snapshot_tables(area_code: str, as_of: date, known_at: datetime) -> SnapshotTables:
    """Return the members and facts of every household in a division; ask by township where a whole province is too much."""
    low, high = scope_range(area_code)
    return _tables("h.area_code >= %s AND h.area_code < %s", [low, high], as_of, known_at)


def household_case(household_id: int, as_of: date, known_at: datetime) -> SnapshotTables:
    """Return one household in the same shape."""
    return _tables("h.id = %s", [household_id], as_of, known_at)


def _tables(which: str, arguments: list[Any], as_of: date, known_at: datetime) -> SnapshotTables:
    day, at = plain(as_of), plain(known_at)
    known = "{0}.known_from <= %s AND ({0}.known_to IS NULL OR {0}.known_to > %s)"
    homes = f"{_T[Membership]} m JOIN {_T[Household]} h ON h.id = m.household_id"
    living = f"{which} AND m.valid_from <= %s AND (m.valid_to IS NULL OR m.valid_to > %s) AND {known.format('m')}"
    living_arguments = [*arguments, day, day, at, at]

    persons = _columns(
        f"SELECT p.id, h.id, h.area_code, {day_sql('p.birth_date')}, p.sex, CAST(m.relation AS integer) "  # noqa: S608
        f"FROM {homes} JOIN {_T[Person]} p ON p.id = m.person_id WHERE {living} "
        "ORDER BY h.area_code, h.id, m.relation, p.id",
        living_arguments,
        6,
    )
    person_ids, household_ids = (np.array(persons[at_], dtype=np.int64) for at_ in (0, 1))
    begins = np.flatnonzero(np.concatenate(([True], household_ids[1:] != household_ids[:-1]))[: len(household_ids)])
    index = np.cumsum(np.isin(np.arange(len(household_ids)), begins)) - 1
    areas = np.array(persons[2], dtype=object)

    wanted = f"f.item, f.value, {day_sql('f.true_from')}, {day_sql('f.true_to')}"
    own = _columns(
        f"SELECT f.person_id, {wanted} FROM {homes} JOIN {_T[Fact]} f ON f.person_id = m.person_id "  # noqa: S608
        f"WHERE {living} AND {known.format('f')} AND f.true_from <= %s",
        [*living_arguments, at, at, day],
        5,
    )
    categories = _columns(
        f"SELECT c.person_id, c.kind, {day_sql('c.valid_from')}, {day_sql('c.valid_to')} "  # noqa: S608
        f"FROM {homes} JOIN {_T[Category]} c ON c.person_id = m.person_id "
        f"WHERE {living} AND {known.format('c')} AND c.valid_from <= %s",
        [*living_arguments, at, at, day],
        4,
    )
    shared = _columns(
        f"SELECT f.household_id, {wanted} FROM {_T[Household]} h JOIN {_T[Fact]} f ON f.household_id = h.id "  # noqa: S608
        f"WHERE {which} AND {known.format('f')} AND f.true_from <= %s",
        [*arguments, at, at, day],
        5,
    )
    kinds = [f"category.{kind}" for kind in categories[1]]
    facts = pa.concat_tables(
        [
            _facts(person_ids, own, of_household=False),
            _facts(person_ids, [categories[0], kinds, [1] * len(kinds), *categories[2:]], of_household=False),
            _facts(household_ids[begins], shared, of_household=True),
        ]
    )
    return SnapshotTables(
        persons=pa.table(
            {
                "person_id": person_ids,
                "household_id": household_ids,
                "household_index": index.astype(np.int64),
                "area_code": pa.array(persons[2], pa.string()),
                "birth_day": _days(persons[3], UNKNOWN_DAY),
                "sex": np.array(persons[4], dtype=np.int64),
                "relation": np.array(persons[5], dtype=np.int64),
            }
        ),
        households=pa.table(
            {"household_id": household_ids[begins], "area_code": pa.array(areas[begins].tolist(), pa.string())}
        ),
        facts=facts,
    )


def _facts(ids: Any, columns: Sequence[Sequence[Any]], *, of_household: bool) -> pa.Table:
    """Rows (who, item, value, from, to) about subjects listed in ``ids``, whose row number becomes the subject."""
    who, items, values, starts, ends = columns
    order = np.argsort(ids, kind="stable")
    wanted = np.array(who, dtype=np.int64)
    place = np.searchsorted(ids[order], wanted)
    place[place == len(ids)] = 0
    here = ids[order][place] == wanted if len(ids) else np.zeros(len(wanted), dtype=bool)
    return pa.table(
        {
            "subject": order[place[here]].astype(np.int64) if len(ids) else np.empty(0, dtype=np.int64),
            "of_household": np.full(int(here.sum()), of_household),
            "item": pa.array(items, pa.string()).filter(pa.array(here)).dictionary_encode(),
            "value": np.array(values, dtype=np.int64)[here],
            "true_from": _days(starts, UNKNOWN_DAY)[here],
            "true_to": _days(ends, OPEN)[here],
        }
    )


def _days(values: Sequence[int | None], absent: Any) -> Any:
    return np.array([absent if value is None else value for value in values], dtype=np.int32)


def _columns(sql: str, arguments: list[Any], width: int) -> list[list[Any]]:
    columns: list[list[Any]] = [[] for _ in range(width)]
    for rows in _pages(sql, arguments):
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values)
    return columns


def _pages(sql: str, arguments: list[Any]) -> Iterator[list[tuple[Any, ...]]]:
    """Read through a server-side cursor on PostgreSQL, so that the rows never stand twice in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, arguments)
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            yield rows

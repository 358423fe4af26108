"""One text of SQL for the register's people and facts, whoever carries it and whether all are asked about or some."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from shouwang.apps.registry.bulk import chunked, day_sql, plain
from shouwang.apps.registry.models import Category, Fact, Household, Membership, Person
from shouwang.apps.registry.selectors.carriers import Carrier, columns, in_order
from shouwang.engine.frame import OPEN, UNKNOWN_DAY
from shouwang.lib.area_codes import scope_range

TABLES = {model: model._meta.db_table for model in (Category, Fact, Household, Membership, Person)}
KNOWN = "{0}.known_from <= %s AND ({0}.known_to IS NULL OR {0}.known_to > %s)"


@dataclass(frozen=True, slots=True)
class Which:
    """SQL that picks households ``h``, with its arguments."""

    sql: str
    arguments: list[Any]


class Asked:
    """Some households on a day, as known at a moment; facts true from ``until`` or before (that day, if not given)."""

    def __init__(
        self,
        carried: Carrier,
        which: Which,
        as_of: date,
        known_at: datetime,
        *,
        items: Collection[str] | None = None,
        until: date | None = None,
    ) -> None:
        self.carried, self.which, self.arguments = carried, which.sql, which.arguments
        self.as_of, self.known_at, self.items = as_of, known_at, items
        self.day, self.at, self.until = plain(as_of), plain(known_at), plain(until or as_of)
        self.homes = f"{TABLES[Membership]} m JOIN {TABLES[Household]} h ON h.id = m.household_id"
        self.living = (
            f"{which.sql} AND m.valid_from <= %s AND (m.valid_to IS NULL OR m.valid_to > %s) AND {KNOWN.format('m')}"
        )
        self.who = [*which.arguments, self.day, self.day, self.at, self.at]

    def people(self) -> tuple[pa.Table, pa.Table]:
        """The tables of persons and of households with members, by division, household, relation and person."""
        person_ids, household_ids, areas, births, sexes, relations = columns(
            self.carried,
            f"SELECT p.id, h.id, h.area_code, {day_or('p.birth_date', UNKNOWN_DAY)}, p.sex, CAST(m.relation AS integer) "  # noqa: S608
            f"FROM {self.homes} JOIN {TABLES[Person]} p ON p.id = m.person_id WHERE {self.living}",
            self.who,
            "iitiii",
        )
        order = np.lexsort((person_ids, relations, household_ids, areas.indices.to_numpy()))
        household_ids = household_ids[order]
        areas = areas.take(pa.array(order))
        first = np.concatenate(([True], household_ids[1:] != household_ids[:-1]))[: len(household_ids)]
        persons = pa.table(
            {
                "person_id": person_ids[order],
                "household_id": household_ids,
                "household_index": np.cumsum(first) - 1,
                "area_code": areas,
                "birth_day": births[order].astype(np.int32),
                "sex": sexes[order],
                "relation": relations[order],
            }
        )
        return persons, pa.table({"household_id": household_ids[first], "area_code": areas.filter(pa.array(first))})

    def facts(
        self, persons: pa.Table, households: pa.Table, people: Any = None, homes: Any = None
    ) -> tuple[pa.Table, pa.Table]:
        """Facts of all subjects (or only of these ``people`` and ``homes``, by number), and who is waiting."""
        person_ids, household_ids = array_of(persons["person_id"]), array_of(households["household_id"])
        parts, waiting = [], []
        for ids, picked, questions in (
            (person_ids, people, (self._own, self._categories)),
            (household_ids, homes, (self._shared,)),
        ):
            for question in questions:
                of_household = ids is household_ids
                rows = self._read(question, picked)
                parts.append(_facts(ids, rows, of_household=of_household))
                waiting.append(_waiting(ids, rows, of_household=of_household))
        who = pa.concat_tables(waiting).group_by(["subject_id", "of_household"]).aggregate([])
        return _together(parts), who.sort_by([("of_household", "ascending"), ("subject_id", "ascending")])

    def _read(self, question: Any, picked: Any) -> list[Any]:
        if picked is None:
            return columns(self.carried, *question(None), "itiiii")
        found = [columns(self.carried, *question(part), "itiiii") for part in chunked(picked.tolist(), 5000)]
        found = found or [columns(self.carried, *question([]), "itiiii")]
        return [
            in_order(pa.chunked_array(column)) if isinstance(column[0], pa.DictionaryArray) else np.concatenate(column)
            for column in zip(*found, strict=True)
        ]

    def _own(self, picked: list[int] | None) -> tuple[str, list[Any]]:
        said = self._said("f.item", "f.value", "f.true_from", "f.true_to")
        where, arguments = self._where("f", "person_id", picked)
        return (
            f"SELECT f.person_id, {said} {self._from(Fact, 'f', picked)} WHERE {where}{_only(self.items, 'f.item')}",
            [self.at, self.until, *arguments, *(self.items or ())],
        )

    def _categories(self, picked: list[int] | None) -> tuple[str, list[Any]]:
        kind = "'category.' || c.kind"
        where, arguments = self._where("c", "person_id", picked)
        said = self._said(kind, "1", "c.valid_from", "c.valid_to")
        return (
            f"SELECT c.person_id, {said} {self._from(Category, 'c', picked)} WHERE {where}{_only(self.items, kind)}",
            [self.at, self.until, *arguments, *(self.items or ())],
        )

    def _shared(self, picked: list[int] | None) -> tuple[str, list[Any]]:
        said = self._said("f.item", "f.value", "f.true_from", "f.true_to")
        still, at = "(f.known_to IS NULL OR f.known_to > %s)", [self.at]
        if picked is None:
            source = f"FROM {TABLES[Household]} h JOIN {TABLES[Fact]} f ON f.household_id = h.id"
            where, arguments = f"{self.which} AND {still}", [*self.arguments, *at]
        else:
            source, where, arguments = f"FROM {TABLES[Fact]} f", f"{_among('f.household_id', picked)} AND {still}", at
        return (
            f"SELECT f.household_id, {said} {source} WHERE {where}{_only(self.items, 'f.item')}",
            [self.at, self.until, *arguments, *(self.items or ())],
        )

    def _said(self, item: str, value: str, start: str, end: str) -> str:
        """What a row says, and how it stands: 0 in force, 1 in force until a moment to come, 2 not yet.

        Takes two arguments: the moment and the day.
        """
        row = start[0]
        return (
            f"{item}, {value}, {day_or(start, UNKNOWN_DAY)}, {day_or(end, OPEN)}, "
            f"CASE WHEN {row}.known_from > %s OR {start} > %s THEN 2 WHEN {row}.known_to IS NOT NULL THEN 1 ELSE 0 END"
        )

    def _from(self, model: type[Any], row: str, picked: list[int] | None) -> str:
        joined = f"{self.homes} JOIN {TABLES[model]} {row} ON {row}.person_id = m.person_id"
        return f"FROM {joined}" if picked is None else f"FROM {TABLES[model]} {row}"

    def _where(self, row: str, column: str, picked: list[int] | None) -> tuple[str, list[Any]]:
        still = f"({row}.known_to IS NULL OR {row}.known_to > %s)"
        if picked is None:
            return f"{self.living} AND {still}", [*self.who, self.at]
        return f"{_among(f'{row}.{column}', picked)} AND {still}", [self.at]


def inside(area_code: str) -> Which:
    """Return the households that live in a division."""
    return Which("h.area_code >= %s AND h.area_code < %s", list(scope_range(area_code)))


def _among(column: str, ids: Sequence[int]) -> str:
    """SQL: a number of our own is one of these."""
    return f"{column} IN ({', '.join(map(str, ids))})" if len(ids) else "1 = 0"


def _only(items: Collection[str] | None, column: str) -> str:
    """SQL: a column is one of ``items`` (none given: nothing is; None: no condition)."""
    if items is None:
        return ""
    return f" AND {column} IN ({', '.join(['%s'] * len(items))})" if items else " AND 1 = 0"


def _facts(ids: Any, rows: Sequence[Any], *, of_household: bool) -> pa.Table:
    """Rows in force (who, item, value, from, to, standing) about subjects in ``ids``, whose row number becomes the subject."""
    who, items, values, starts, ends, standing = rows
    place, here = places_of(ids, who)
    here &= standing < 2
    return pa.table(
        {
            "subject": place[here],
            "of_household": np.full(int(here.sum()), of_household),
            "item": items.filter(pa.array(here)),
            "value": values[here],
            "true_from": starts[here].astype(np.int32),
            "true_to": ends[here].astype(np.int32),
        }
    )


def _waiting(ids: Any, rows: Sequence[Any], *, of_household: bool) -> pa.Table:
    who = np.unique(rows[0][rows[5] > 0])
    who = who[np.isin(who, ids)]
    return pa.table({"subject_id": who, "of_household": np.full(len(who), of_household)})


def places_of(ids: Any, who: Any) -> tuple[Any, Any]:
    """For each of ``who``: its row in ``ids`` (each once), and whether it has one."""
    if not len(ids):
        return np.zeros(len(who), dtype=np.int64), np.zeros(len(who), dtype=bool)
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids[order], who), len(ids) - 1)
    return order[place].astype(np.int64), ids[order][place] == who


def _together(parts: list[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(parts)
    return whole.set_column(2, "item", in_order(words_of(whole["item"])))


def words_of(words: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text as a dictionary."""
    return words if pa.types.is_dictionary(words.type) else words.dictionary_encode()


def array_of(column: Any) -> Any:
    """Return a column without nulls as a NumPy array."""
    return np.asarray(column.to_numpy())


def day_or(column: str, absent: Any) -> str:
    """SQL: a date as a day number, ``absent`` where there is none."""
    return f"coalesce({day_sql(column)}, {int(absent)})"

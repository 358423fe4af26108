"""The register as columns for the engine: who lived together on a day, and what was known of them at a moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from shouwang.apps.registry.bulk import chunked, day_sql, plain
from shouwang.apps.registry.models import Category, Fact, Household, Membership, Person
from shouwang.apps.registry.selectors.carriers import Carrier, carrier, in_order
from shouwang.apps.registry.selectors.changes import Mark, mark_now, touched_since
from shouwang.engine.frame import OPEN, UNKNOWN_DAY
from shouwang.lib.area_codes import scope_range

_T = {model: model._meta.db_table for model in (Category, Fact, Household, Membership, Person)}
_KNOWN = "{0}.known_from <= %s AND ({0}.known_to IS NULL OR {0}.known_to > %s)"
_FEW_IN_A_HUNDRED = 25
"""Where more than this share of the subjects changed, reading everything costs no more than picking them out."""


@dataclass(frozen=True, slots=True)
class SnapshotTables:
    """Three pyarrow tables over one set of households.

    ``persons``: person_id, household_id, household_index (row in ``households``, never falling), area_code (where the
    household lives), birth_day int32 (``engine.frame.UNKNOWN_DAY`` if not recorded), sex, relation (numbers).
    ``households``: household_id, area_code.
    ``facts``: subject (row in ``persons``, or in ``households`` where ``of_household``), of_household, item, value,
    true_from, true_to int32 day numbers (``engine.frame.OPEN`` when open). Only facts true from ``as_of`` or before;
    categories are facts ``category.<kind>`` with value 1. Sources that differ both stand.
    Area codes and items are dictionaries of the words that occur, in order.
    """

    persons: pa.Table
    households: pa.Table
    facts: pa.Table


@dataclass(frozen=True, slots=True)
class Reading:
    """A snapshot with what a later reading of the same division needs to take over what has not changed.

    ``mark``: up to where the register's changes are in it · ``waiting``: subject_id, of_household of those about whom
    something stands in the register that only a later day or a later moment brings into force or ends ·
    ``reread``: how many subjects' facts were read from the database, None if all were.
    """

    as_of: date
    known_at: datetime
    tables: SnapshotTables
    mark: Mark
    waiting: pa.Table
    reread: int | None = None


def snapshot_tables(
    area_code: str, as_of: date, known_at: datetime, items: Collection[str] | None = None
) -> SnapshotTables:
    """Return the members and facts (of all items, or only ``items``) of every household in a division.

    Ask by township where a whole province is too much. Raises RegisterUnreadable.
    """
    with carrier() as carried:
        asked = _Asked(carried, *_inside(area_code), as_of, known_at, items)
        persons, households = asked.people()
        return SnapshotTables(persons, households, asked.facts(persons, households)[0])


def household_case(household_id: int, as_of: date, known_at: datetime) -> SnapshotTables:
    """Return one household in the same shape."""
    with carrier(few=True) as carried:
        asked = _Asked(carried, "h.id = %s", [household_id], as_of, known_at)
        persons, households = asked.people()
        return SnapshotTables(persons, households, asked.facts(persons, households)[0])


def snapshot_reading(
    area_code: str, as_of: date, known_at: datetime, earlier: Reading | None = None
) -> Reading:
    """Return the snapshot of a division, taking over from an ``earlier`` reading of the same division what still stands.

    The tables hold exactly the rows a whole reading gives, facts in another order. People and households are always read
    whole; facts are read of those who changed after the earlier mark in whatever transaction, were waiting then, or were
    not in the division then. An earlier reading of a later day or moment, or of another database, is not used.
    Raises RegisterUnreadable.
    """
    if earlier is not None and (earlier.as_of > as_of or earlier.known_at > known_at):
        earlier = None
    with carrier() as carried:
        mark = mark_now(carried)
        asked = _Asked(carried, *_inside(area_code), as_of, known_at)
        persons, households = asked.people()
        changed = touched_since(carried, mark, earlier.mark) if earlier is not None else None
        if earlier is None or changed is None or _repeated(persons) or _repeated(earlier.tables.persons):
            return asked.whole(persons, households, mark)
        people = _to_reread(persons["person_id"], earlier.tables.persons["person_id"], changed[0], earlier, False)
        homes = _to_reread(households["household_id"], earlier.tables.households["household_id"], changed[1], earlier, True)
        total = len(persons) + len(households)
        if (len(people) + len(homes)) * 100 > total * _FEW_IN_A_HUNDRED:
            return asked.whole(persons, households, mark)
        fresh, waiting = asked.facts(persons, households, people, homes)
        kept = _kept(earlier.tables, persons, households, people, homes)
        facts = pa.concat_tables([kept, fresh.cast(kept.schema)]) if len(kept) else fresh
        facts = facts.set_column(2, "item", in_order(_joined(facts["item"])))
        tables = SnapshotTables(persons, households, facts)
        return Reading(as_of, known_at, tables, mark, waiting, len(people) + len(homes))


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


def _inside(area_code: str) -> tuple[str, list[Any]]:
    return "h.area_code >= %s AND h.area_code < %s", list(scope_range(area_code))


class _Asked:
    """Some households on a day, as known at a moment."""

    def __init__(
        self,
        carried: Carrier,
        which: str,
        arguments: list[Any],
        as_of: date,
        known_at: datetime,
        items: Collection[str] | None = None,
    ) -> None:
        self.carried, self.which, self.arguments = carried, which, arguments
        self.as_of, self.known_at, self.items = as_of, known_at, items
        self.day, self.at = plain(as_of), plain(known_at)
        self.homes = f"{_T[Membership]} m JOIN {_T[Household]} h ON h.id = m.household_id"
        self.living = f"{which} AND m.valid_from <= %s AND (m.valid_to IS NULL OR m.valid_to > %s) AND {_KNOWN.format('m')}"
        self.who = [*arguments, self.day, self.day, self.at, self.at]

    def people(self) -> tuple[pa.Table, pa.Table]:
        """The tables of persons and of households with members, by division, household, relation and person."""
        person_ids, household_ids, areas, births, sexes, relations = self.carried.columns(
            f"SELECT p.id, h.id, h.area_code, {_day('p.birth_date', UNKNOWN_DAY)}, p.sex, CAST(m.relation AS integer) "  # noqa: S608
            f"FROM {self.homes} JOIN {_T[Person]} p ON p.id = m.person_id WHERE {self.living}",
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

    def whole(self, persons: pa.Table, households: pa.Table, mark: Mark) -> Reading:
        """The reading that takes nothing over."""
        facts, waiting = self.facts(persons, households)
        return Reading(self.as_of, self.known_at, SnapshotTables(persons, households, facts), mark, waiting)

    def facts(
        self, persons: pa.Table, households: pa.Table, people: Any = None, homes: Any = None
    ) -> tuple[pa.Table, pa.Table]:
        """Facts of all subjects (or only of these ``people`` and ``homes``, by number), and who is waiting."""
        person_ids, household_ids = _array(persons["person_id"]), _array(households["household_id"])
        parts, waiting = [], []
        for ids, picked, questions in (
            (person_ids, people, (self._own, self._categories)),
            (household_ids, homes, (self._shared,)),
        ):
            for question in questions:
                of_household = ids is household_ids
                columns = self._read(question, picked)
                parts.append(_facts(ids, columns, of_household=of_household))
                waiting.append(_waiting(ids, columns, of_household=of_household))
        who = pa.concat_tables(waiting).group_by(["subject_id", "of_household"]).aggregate([])
        return _together(parts), who.sort_by([("of_household", "ascending"), ("subject_id", "ascending")])

    def _read(self, question: Any, picked: Any) -> list[Any]:
        if picked is None:
            return self.carried.columns(*question(None), "itiiii")
        found = [self.carried.columns(*question(part), "itiiii") for part in chunked(picked.tolist(), 5000)]
        found = found or [self.carried.columns(*question([]), "itiiii")]
        return [
            in_order(pa.chunked_array(column)) if isinstance(column[0], pa.DictionaryArray) else np.concatenate(column)
            for column in zip(*found, strict=True)
        ]

    def _own(self, picked: list[int] | None) -> tuple[str, list[Any]]:
        said = self._said("f.item", "f.value", "f.true_from", "f.true_to")
        where, arguments = self._where("f", "person_id", picked)
        return (
            f"SELECT f.person_id, {said} {self._from(Fact, 'f', picked)} WHERE {where}{_only(self.items, 'f.item')}",
            [self.at, self.day, *arguments, *(self.items or ())],
        )

    def _categories(self, picked: list[int] | None) -> tuple[str, list[Any]]:
        kind = "'category.' || c.kind"
        where, arguments = self._where("c", "person_id", picked)
        said = self._said(kind, "1", "c.valid_from", "c.valid_to")
        return (
            f"SELECT c.person_id, {said} {self._from(Category, 'c', picked)} WHERE {where}{_only(self.items, kind)}",
            [self.at, self.day, *arguments, *(self.items or ())],
        )

    def _shared(self, picked: list[int] | None) -> tuple[str, list[Any]]:
        said = self._said("f.item", "f.value", "f.true_from", "f.true_to")
        still, at = "(f.known_to IS NULL OR f.known_to > %s)", [self.at]
        if picked is None:
            source = f"FROM {_T[Household]} h JOIN {_T[Fact]} f ON f.household_id = h.id"
            where, arguments = f"{self.which} AND {still}", [*self.arguments, *at]
        else:
            source, where, arguments = f"FROM {_T[Fact]} f", f"{_among('f.household_id', picked)} AND {still}", at
        return (
            f"SELECT f.household_id, {said} {source} WHERE {where}{_only(self.items, 'f.item')}",
            [self.at, self.day, *arguments, *(self.items or ())],
        )

    def _said(self, item: str, value: str, start: str, end: str) -> str:
        """What a row says, and how it stands: 0 in force, 1 in force until a moment to come, 2 not yet.

        Takes two arguments: the moment and the day.
        """
        row = start[0]
        return (
            f"{item}, {value}, {_day(start, UNKNOWN_DAY)}, {_day(end, OPEN)}, "
            f"CASE WHEN {row}.known_from > %s OR {start} > %s THEN 2 WHEN {row}.known_to IS NOT NULL THEN 1 ELSE 0 END"
        )

    def _from(self, model: type[Any], row: str, picked: list[int] | None) -> str:
        joined = f"{self.homes} JOIN {_T[model]} {row} ON {row}.person_id = m.person_id"
        return f"FROM {joined}" if picked is None else f"FROM {_T[model]} {row}"

    def _where(self, row: str, column: str, picked: list[int] | None) -> tuple[str, list[Any]]:
        still = f"({row}.known_to IS NULL OR {row}.known_to > %s)"
        if picked is None:
            return f"{self.living} AND {still}", [*self.who, self.at]
        return f"{_among(f'{row}.{column}', picked)} AND {still}", [self.at]


def _among(column: str, ids: Sequence[int]) -> str:
    """SQL: a number of our own is one of these."""
    return f"{column} IN ({', '.join(map(str, ids))})" if len(ids) else "1 = 0"


def _only(items: Collection[str] | None, column: str) -> str:
    """SQL: a column is one of ``items`` (none given: nothing is; None: no condition)."""
    if items is None:
        return ""
    return f" AND {column} IN ({', '.join(['%s'] * len(items))})" if items else " AND 1 = 0"


def _facts(ids: Any, columns: Sequence[Any], *, of_household: bool) -> pa.Table:
    """Rows in force (who, item, value, from, to, standing) about subjects in ``ids``, whose row number becomes the subject."""
    who, items, values, starts, ends, standing = columns
    place, here = _places(ids, who)
    here &= standing < 2  # noqa: PLR2004 — see _said
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


def _waiting(ids: Any, columns: Sequence[Any], *, of_household: bool) -> pa.Table:
    who = np.unique(columns[0][columns[5] > 0])
    who = who[np.isin(who, ids)]
    return pa.table({"subject_id": who, "of_household": np.full(len(who), of_household)})


def _places(ids: Any, who: Any) -> tuple[Any, Any]:
    """For each of ``who``: its row in ``ids`` (each once), and whether it has one."""
    if not len(ids):
        return np.zeros(len(who), dtype=np.int64), np.zeros(len(who), dtype=bool)
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids[order], who), len(ids) - 1)
    return order[place].astype(np.int64), ids[order][place] == who


def _to_reread(now: Any, before: Any, changed: Any, earlier: Reading, of_household: bool) -> Any:
    """The numbers among ``now`` whose facts may differ from the earlier reading's."""
    waiting = _array(earlier.waiting["subject_id"])[_array(earlier.waiting["of_household"]) == of_household]
    ids = _array(now)
    return np.sort(ids[~np.isin(ids, _array(before)) | np.isin(ids, np.concatenate((changed, waiting)))])


def _repeated(persons: pa.Table) -> bool:
    """Whether somebody stands in two households: as known at a moment that later entries reach back behind."""
    ids = np.sort(_array(persons["person_id"]))
    return bool((ids[1:] == ids[:-1]).any())


def _kept(tables: SnapshotTables, persons: pa.Table, households: pa.Table, people: Any, homes: Any) -> pa.Table:
    """The earlier facts of subjects still here and not read again, pointing at their rows of now."""
    facts = tables.facts
    of_household = _array(facts["of_household"]).astype(bool)
    subject = _array(facts["subject"])
    place, here = np.zeros(len(facts), dtype=np.int64), np.zeros(len(facts), dtype=bool)
    for mine, before, now, again in (
        (~of_household, tables.persons["person_id"], persons["person_id"], people),
        (of_household, tables.households["household_id"], households["household_id"], homes),
    ):
        earlier = _array(before)
        where, found = _places(_array(now), earlier)
        found &= ~np.isin(earlier, again)
        place[mine], here[mine] = where[subject[mine]], found[subject[mine]]
    rest = ("of_household", "item", "value", "true_from", "true_to")
    kept = facts.select(rest).filter(pa.array(here))
    return pa.table({"subject": place[here], **{name: kept[name] for name in rest}})


def _together(parts: list[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(parts)
    return whole.set_column(2, "item", in_order(_joined(whole["item"])))


def _joined(words: pa.ChunkedArray) -> pa.ChunkedArray:
    return words if pa.types.is_dictionary(words.type) else words.dictionary_encode()


def _array(column: Any) -> Any:
    return np.asarray(column.to_numpy())


def _day(column: str, absent: Any) -> str:
    """SQL: a date as a day number, ``absent`` where there is none."""
    return f"coalesce({day_sql(column)}, {int(absent)})"

"""The register as columns for the engine: who lived together on a day, and what was known of them at a moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from shouwang.apps.registry.models import Household
from shouwang.apps.registry.selectors.asked import Asked, array_of, inside, places_of, words_of
from shouwang.apps.registry.selectors.carriers import carrier, in_order
from shouwang.apps.registry.selectors.changes import Mark, mark_now, touched_since
from shouwang.lib.area_codes import scope_range

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
        asked = Asked(carried, inside(area_code), as_of, known_at, items=items)
        persons, households = asked.people()
        return SnapshotTables(persons, households, asked.facts(persons, households)[0])


def snapshot_reading(area_code: str, as_of: date, known_at: datetime, earlier: Reading | None = None) -> Reading:
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
        asked = Asked(carried, inside(area_code), as_of, known_at)
        persons, households = asked.people()
        changed = touched_since(carried, mark, earlier.mark) if earlier is not None else None
        if earlier is None or changed is None or _repeated(persons) or _repeated(earlier.tables.persons):
            return _whole(asked, persons, households, mark)
        people = _to_reread(persons["person_id"], earlier.tables.persons["person_id"], changed[0], earlier, False)
        homes = _to_reread(
            households["household_id"], earlier.tables.households["household_id"], changed[1], earlier, True
        )
        total = len(persons) + len(households)
        if (len(people) + len(homes)) * 100 > total * _FEW_IN_A_HUNDRED:
            return _whole(asked, persons, households, mark)
        fresh, waiting = asked.facts(persons, households, people, homes)
        kept = _kept(earlier.tables, persons, households, people, homes)
        facts = pa.concat_tables([kept, fresh.cast(kept.schema)]) if len(kept) else fresh
        facts = facts.set_column(2, "item", in_order(words_of(facts["item"])))
        tables = SnapshotTables(persons, households, facts)
        return Reading(as_of, known_at, tables, mark, waiting, len(people) + len(homes))


def _whole(asked: Asked, persons: pa.Table, households: pa.Table, mark: Mark) -> Reading:
    facts, waiting = asked.facts(persons, households)
    return Reading(asked.as_of, asked.known_at, SnapshotTables(persons, households, facts), mark, waiting)


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


def _to_reread(now: Any, before: Any, changed: Any, earlier: Reading, of_household: bool) -> Any:
    """The numbers among ``now`` whose facts may differ from the earlier reading's."""
    waiting = array_of(earlier.waiting["subject_id"])[array_of(earlier.waiting["of_household"]) == of_household]
    ids = array_of(now)
    return np.sort(ids[~np.isin(ids, array_of(before)) | np.isin(ids, np.concatenate((changed, waiting)))])


def _repeated(persons: pa.Table) -> bool:
    """Whether somebody stands in two households: as known at a moment that later entries reach back behind."""
    ids = np.sort(array_of(persons["person_id"]))
    return bool((ids[1:] == ids[:-1]).any())


def _kept(tables: SnapshotTables, persons: pa.Table, households: pa.Table, people: Any, homes: Any) -> pa.Table:
    """The earlier facts of subjects still here and not read again, pointing at their rows of now."""
    facts = tables.facts
    of_household = array_of(facts["of_household"]).astype(bool)
    subject = array_of(facts["subject"])
    place, here = np.zeros(len(facts), dtype=np.int64), np.zeros(len(facts), dtype=bool)
    for mine, before, now, again in (
        (~of_household, tables.persons["person_id"], persons["person_id"], people),
        (of_household, tables.households["household_id"], households["household_id"], homes),
    ):
        earlier = array_of(before)
        where, found = places_of(array_of(now), earlier)
        found &= ~np.isin(earlier, again)
        place[mine], here[mine] = where[subject[mine]], found[subject[mine]]
    rest = ("of_household", "item", "value", "true_from", "true_to")
    kept = facts.select(rest).filter(pa.array(here))
    return pa.table({"subject": place[here], **{name: kept[name] for name in rest}})

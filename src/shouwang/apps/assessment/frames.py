"""The register's snapshot as the engine's people, facts and frame: one way for a county and for one household."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shouwang.engine.book import Book
from shouwang.engine.compare.state import fold_facts
from shouwang.engine.frame import FactColumns, Frame, People
from shouwang.lib.area_codes import ancestors_of, level_of

if TYPE_CHECKING:
    from shouwang.apps.registry.selectors import SnapshotTables

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A register as arrays. Person and household rows are aligned with the frame folded from it."""

    person_ids: Array
    household_ids: Array
    people: People
    person_facts: FactColumns
    household_facts: FactColumns

    def part(self, first: int, after: int) -> Snapshot:
        """Return the households at rows ``first`` to ``after`` with their members and facts."""
        begin, end = np.searchsorted(self.people.household_index, [first, after])
        whole = self.people
        people = People(
            area_codes=whole.area_codes[first:after],
            household_index=whole.household_index[begin:end] - first,
            birth_day=whole.birth_day[begin:end],
            sex=whole.sex[begin:end],
            relation=whole.relation[begin:end],
        )
        return Snapshot(
            self.person_ids[begin:end],
            self.household_ids[first:after],
            people,
            _within(self.person_facts, int(begin), int(end)),
            _within(self.household_facts, first, after),
        )

    def by_county(self) -> Iterator[tuple[str, Snapshot]]:
        """Yield each county's code and part: a feed is delivered, and covered, county by county."""
        codes = self.people.area_codes
        counties = np.array([county_of(str(code)) for code in np.unique(codes)])
        of = counties[np.searchsorted(np.unique(codes), codes)] if len(codes) else counties
        turns = np.flatnonzero(of[1:] != of[:-1]) + 1
        bounds = [0, *turns.tolist(), len(of)]
        for first, after in pairwise(bounds):
            if after > first:
                yield str(of[first]), self.part(first, after)

    def frame(
        self, book: Book, as_of: date, covered_feeds: Collection[str], names: Collection[str] | None = None
    ) -> Frame:
        """Fold every input of the book (or only ``names``) as of a day."""
        return fold_facts(
            book, self.people, self.person_facts, self.household_facts, as_of, covered_feeds=covered_feeds, names=names
        )


def snapshot_of(persons: pa.Table, households: pa.Table, facts: pa.Table) -> Snapshot:
    """Return the arrays of the register's tables (``registry.selectors.SnapshotTables``)."""
    of_household = _array(facts["of_household"]).astype(bool)
    return Snapshot(
        person_ids=_array(persons["person_id"]),
        household_ids=_array(households["household_id"]),
        people=People(
            area_codes=_codes(households["area_code"]),
            household_index=_array(persons["household_index"]),
            birth_day=_array(persons["birth_day"]),
            sex=_array(persons["sex"]),
            relation=_array(persons["relation"]),
        ),
        person_facts=_facts(facts, ~of_household),
        household_facts=_facts(facts, of_household),
    )


def ordered(tables: SnapshotTables) -> SnapshotTables:
    """Return the tables with their facts in one fixed order, so that an equal register gives equal bytes."""
    facts = tables.facts
    item = _words(facts["item"])
    columns = {name: _array(facts[name]) for name in ("of_household", "subject", "value", "true_from", "true_to")}
    codes, last = _array(item.indices), len(tables.persons) + len(tables.households)
    about = (columns["of_household"] * last + columns["subject"]) * max(len(item.dictionary), 1) + codes
    order = np.argsort(about, kind="stable")
    turns = about[order][1:] == about[order][:-1]
    again = np.flatnonzero(np.concatenate((turns, [False])) | np.concatenate(([False], turns)))[: len(order)]
    several = order[again]
    order[again] = several[
        np.lexsort([*(columns[name][several] for name in ("value", "true_to", "true_from")), about[several]])
    ]
    kept = {name: column[order] for name, column in columns.items()}
    item = pa.DictionaryArray.from_arrays(item.indices.take(pa.array(order)), item.dictionary)
    return type(tables)(persons=tables.persons, households=tables.households, facts=pa.table({"item": item, **kept}))


def _words(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.unify_dictionaries().combine_chunks() if len(column) else pa.array([], column.type)


def _facts(table: pa.Table, mask: Array) -> FactColumns:
    items = _words(table["item"])
    return FactColumns(
        items=items.dictionary.to_pylist(),
        subject=_array(table["subject"])[mask],
        item=_array(items.indices)[mask].astype(np.int64),
        value=_array(table["value"])[mask],
        true_from=_array(table["true_from"])[mask],
        true_to=_array(table["true_to"])[mask],
    )


def _within(facts: FactColumns, first: int, after: int) -> FactColumns:
    mask = (facts.subject >= first) & (facts.subject < after)
    return FactColumns(
        facts.items,
        facts.subject[mask] - first,
        facts.item[mask],
        facts.value[mask],
        facts.true_from[mask],
        facts.true_to[mask],
    )


def _codes(column: pa.ChunkedArray) -> Array:
    words = _words(column)
    return np.array(words.dictionary.to_pylist(), dtype="<U12")[_array(words.indices)]


def _array(column: pa.ChunkedArray | pa.Array) -> Array:
    return np.asarray(column.to_numpy(zero_copy_only=False))


def county_of(code: str) -> str:
    """Return the county of a division; where a township lies right under a city, the city."""
    for above in ancestors_of(code):
        if level_of(above) in {"county", "city", "province", "nation"}:
            return above
    return code

"""One state of a division's register read county by county, so that no more than a county stands in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.db import connection

from shouwang.apps.registry.models import Household, Person
from shouwang.apps.registry.selectors.asked import TABLES, Asked, Which, inside
from shouwang.apps.registry.selectors.carriers import Carrier, carrier, columns
from shouwang.apps.registry.selectors.changes import Mark, mark_now, touched_since
from shouwang.lib.area_codes import level_of, scope_range
from shouwang.lib.crypto.indexer import KEY_BYTES, key_of


@dataclass(frozen=True, slots=True)
class CountyPart:
    """The households of one county (or of one division in it) with what a register folder keeps of them.

    ``persons`` and ``households`` as in ``SnapshotTables``, persons with ``key`` (``lib.crypto.indexer.key_of``), null
    where nobody's number is held. ``facts()`` reads, when called, all that is known, also what is true only from a later
    day; and whether something waits for a later moment of knowing.
    """

    area_code: str
    persons: pa.Table
    households: pa.Table
    facts: Callable[[], tuple[pa.Table, bool]]


class RegisterState:
    """One state of a division's register, read county by county: what ``whole_register`` opens."""

    def __init__(self, carried: Carrier, area_code: str, as_of: date, known_at: datetime) -> None:
        self._carried, self._area_code, self._as_of, self._known_at = carried, area_code, as_of, known_at
        self.mark = mark_now(carried)

    def touched_since(self, mark: Mark) -> tuple[Any, Any] | None:
        """Person and household numbers that changed since a mark (see ``changes.touched_since``)."""
        return touched_since(self._carried, self.mark, mark)

    def counties(self) -> list[str]:
        """The divisions to read one after another: counties (towns right under a city: the city), or the division itself."""
        if level_of(self._area_code) in {"county", "township", "village"}:
            return [self._area_code]
        low, high = scope_range(self._area_code)
        sql = (
            f"SELECT DISTINCT substr(area_code, 1, 6) FROM {TABLES[Household]} WHERE area_code >= %s AND area_code < %s"  # noqa: S608
        )
        (found,) = columns(self._carried, sql, [low, high], "t")
        return [code.ljust(12, "0") for code in found.dictionary.to_pylist()]

    def county(self, area_code: str) -> CountyPart:
        """Read one county's people and households."""
        asked = Asked(self._carried, _six(area_code), self._as_of, self._known_at, until=date.max)
        persons, households = asked.people()

        def facts() -> tuple[pa.Table, bool]:
            found, waiting = asked.facts(persons, households)
            return found, bool(len(waiting))

        return CountyPart(area_code, persons.append_column("key", self._keys(asked, persons)), households, facts)

    def _keys(self, asked: Asked, persons: pa.Table) -> pa.Array:
        absent = "''::bytea" if connection.vendor == "postgresql" else "x''"
        ids, indexes = columns(
            self._carried,
            f"SELECT p.id, coalesce(p.id_index, {absent}) FROM {asked.homes} "  # noqa: S608
            f"JOIN {TABLES[Person]} p ON p.id = m.person_id WHERE {asked.living}",
            asked.who,
            "ib",
        )
        held = {number: key_of(index) for number, index in zip(ids.tolist(), indexes.to_pylist(), strict=True) if index}
        return pa.array([held.get(number) for number in persons["person_id"].to_pylist()], pa.int64())

    def shared_keys(self) -> list[tuple[int, int]]:
        """Pairs of persons anywhere in the register whose keys are equal though their identity numbers differ."""
        pairs, last_id, last_key = [], 0, b""
        sql = f"SELECT id, id_index FROM {TABLES[Person]} WHERE id_index IS NOT NULL ORDER BY id_index"  # noqa: S608
        for ids, indexes in self._carried.pages(sql, [], "ib"):
            heads = [last_key, *(index[:KEY_BYTES] for index in indexes.to_pylist())]
            numbers = [last_id, *ids.to_pylist()]
            pairs += [
                (numbers[place], numbers[place + 1])
                for place in range(len(heads) - 1)
                if heads[place] == heads[place + 1]
            ]
            last_id, last_key = numbers[-1], heads[-1]
        return pairs


@contextmanager
def whole_register(area_code: str, as_of: date, known_at: datetime) -> Iterator[RegisterState]:
    """Open one state of a division's register, to be read county by county. Raises RegisterUnreadable."""
    with carrier() as carried:
        yield RegisterState(carried, area_code, as_of, known_at)


def _six(area_code: str) -> Which:
    """The households whose code begins as a county's does: where towns lie right under a city, those towns only."""
    if level_of(area_code) == "city":
        return Which("substr(h.area_code, 1, 6) = %s", [area_code[:6]])
    return inside(area_code)

"""Words of two versions compared: what is raised, what is cleared, what cannot be told any more.

Of one subject and one target: ``raised`` holds now and did not; ``cleared`` held and does not now (or the subject has left);
``untold`` held and cannot be told now. The same three that ``compare.diff`` tells apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shouwang.engine.compare.rosters import Roster
from shouwang.engine.compare.tallying import CHANGES, CLEARED, RAISED, UNTOLD, Tally
from shouwang.engine.frame import Array
from shouwang.engine.packed import Verdicts

_MANY = 16
"""Where more than one person in so many is asked for the household, everybody's is written out."""


def schema() -> Any:
    """The columns of a change file."""
    import pyarrow as pa

    return pa.schema(
        [
            ("target", pa.string()),
            ("person_id", pa.int64()),
            ("household_id", pa.int64()),
            ("area_code", pa.string()),
            ("change", pa.string()),
        ]
    )


def moved_bits(words: Array, old: Sequence[str], new: Sequence[str]) -> Array:
    """Words that speak of ``old`` targets, as words that speak of ``new`` ones; other targets are lost."""
    if tuple(old) == tuple(new):
        return words
    place = {name: bit for bit, name in enumerate(old)}
    found = np.zeros(len(words), dtype=np.uint64)
    for bit, name in enumerate(new):
        if name in place:
            found |= (words.astype(np.uint64) >> np.uint64(place[name]) & np.uint64(1)) << np.uint64(bit)
    return found


def saying(words: Array) -> Array:
    """The rows of words that say anything."""
    return np.flatnonzero(words != 0)


@dataclass(frozen=True, slots=True)
class Subjects:
    """Persons or households of a part and their words. ``rows``: which of it (ascending; None: all); words are theirs.

    Who they are is looked up only for those of whom something must be said.
    """

    roster: Roster
    person: bool
    rows: Array | None
    holds: Array
    untold: Array

    @property
    def slots(self) -> Array:
        """Their lasting places in the store, int32."""
        numbers = self.roster.slots if self.person else self.roster.homes
        return numbers if self.rows is None else numbers[self.rows]

    def only(self, at: Array) -> Subjects:
        """Those at these places."""
        rows = at if self.rows is None else self.rows[at]
        return replace(self, rows=rows, holds=self.holds[at], untold=self.untold[at])

    def without_words(self) -> Subjects:
        """The same ones, of whom nothing holds."""
        none = np.zeros(len(self.holds), dtype=np.uint64)
        return replace(self, holds=none, untold=none)

    def named(self, at: Array) -> tuple[Array, Array, Array]:
        """Of those at these places: own lasting number, household's, and place of the division."""
        roster, rows = self.roster, at if self.rows is None else self.rows[at]
        homes = self._homes_of(rows)
        ids = roster.person_ids[rows] if self.person else roster.household_ids[rows]
        return ids, roster.household_ids[homes], roster.area[homes]

    def area(self, at: Array) -> Array:
        """The division's place of those at these places."""
        return self.roster.area[self._homes_of(at if self.rows is None else self.rows[at])]

    def _homes_of(self, rows: Array) -> Array:
        if not self.person:
            return rows
        roster = self.roster
        if len(rows) * _MANY > roster.persons:
            return np.repeat(np.arange(roster.households, dtype=np.int32), roster.sizes)[rows]
        return np.searchsorted(roster.offsets, rows, side="right") - 1


Both = tuple[Subjects, Subjects]
"""The persons and the households of some rows."""


def subjects_of(roster: Roster, words: Verdicts, rows: Array) -> Both:
    """The persons and the households at these rows (ascending) of a part whose words these are."""
    if len(rows) == roster.households:
        return subjects_with(roster, words, None, None)
    members = roster.members(rows)
    own = Verdicts(
        words.targets,
        words.person_holds[members],
        words.person_untold[members],
        words.household_holds[rows],
        words.household_untold[rows],
    )
    return subjects_with(roster, own, members, rows)


def subjects_with(roster: Roster, words: Verdicts, members: Array | None, rows: Array | None) -> Both:
    """Persons and households of a part (None: all of it) whose own words these are."""
    return (
        Subjects(roster, True, members, words.person_holds, words.person_untold),
        Subjects(roster, False, rows, words.household_holds, words.household_untold),
    )


def write_changes(writer: Any, tally: Tally, areas: Sequence[str], now: Subjects, held: Array) -> None:
    """Write the changes of subjects against the words they held before, and count them. Rows: by target, then as they come."""
    import pyarrow as pa

    rows = saying(now.holds ^ held)
    if not len(rows):
        return
    after, unclear, before = (each[rows].astype(np.uint64) for each in (now.holds, now.untold, held))
    places: list[Array] = []
    said: list[tuple[int, int]] = []
    for bit in range(len(tally.targets)):
        if tally.own[bit] is not now.person:
            continue
        is_now, is_unclear, was = (
            (each >> np.uint64(bit) & np.uint64(1)).astype(bool) for each in (after, unclear, before)
        )
        masks = {RAISED: is_now & ~was, CLEARED: was & ~is_now & ~is_unclear, UNTOLD: was & is_unclear}
        for change, mask in masks.items():
            found = np.flatnonzero(mask)
            if len(found):
                places.append(found)
                said.append((bit, CHANGES.index(change)))
    if not places:
        return
    ids, households, area = now.named(rows)
    counts = [len(each) for each in places]
    chosen = np.concatenate(places)
    for (target, what), found in zip(said, places, strict=True):
        tally.changed(CHANGES[what], target, area[found])
    codes, where = np.unique(area, return_inverse=True)
    named = pa.array([areas[each] for each in codes.tolist()], type=pa.string())
    bits, changes = (np.repeat(np.array(each), counts) for each in zip(*said, strict=True))
    table = pa.table(
        [
            pa.array(tally.targets, type=pa.string()).take(pa.array(bits)),
            pa.array(ids[chosen]) if now.person else pa.nulls(len(chosen), pa.int64()),
            pa.array(households[chosen]),
            named.take(pa.array(where[chosen])),
            pa.array(CHANGES, type=pa.string()).take(pa.array(changes)),
        ],
        schema=schema(),
    )
    writer.write_table(table)

"""Words of two versions compared: what is raised, what is cleared, what cannot be told any more, and counts by county.

Of one subject and one target: ``raised`` holds now and did not; ``cleared`` held and does not now (or the subject has left);
``untold`` held and cannot be told now. The same three that ``compare.diff`` tells apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shouwang.engine.backends.arrays import bits_by_group
from shouwang.engine.frame import Array

RAISED, CLEARED, UNTOLD = "raised", "cleared", "untold"
CHANGES = (RAISED, CLEARED, UNTOLD)


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


def county_of(code: str) -> str:
    """The county (or the city without counties) of a division."""
    return code[:6].ljust(12, "0")


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


@dataclass(frozen=True, slots=True)
class Subjects:
    """Persons (or households) and their words: ``slots`` int32, ``ids`` int64, ``households`` int64, ``area`` places."""

    slots: Array
    ids: Array
    households: Array
    area: Array
    holds: Array
    untold: Array

    def only(self, mask: Array) -> Subjects:
        """The subjects of a mask or of rows."""
        return Subjects(
            self.slots[mask],
            self.ids[mask],
            self.households[mask],
            self.area[mask],
            self.holds[mask],
            self.untold[mask],
        )

    @staticmethod
    def joined(parts: Sequence[Subjects]) -> Subjects:
        """Subjects of several parts."""
        names = ("slots", "ids", "households", "area", "holds", "untold")
        return Subjects(*(np.concatenate([getattr(each, name) for each in parts]) for name in names))


@dataclass(slots=True)
class Tally:
    """Counts by county and target: ``holds`` and ``untold`` now, and what changed; (counties, targets) int64."""

    counties: list[str]
    county: Array
    targets: tuple[str, ...]
    own: tuple[bool, ...]
    holds: Array = field(init=False)
    untold: Array = field(init=False)
    changes: dict[str, Array] = field(init=False)

    def __post_init__(self) -> None:
        shape = len(self.counties), len(self.targets)
        self.holds, self.untold = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        self.changes = {name: np.zeros(shape, dtype=np.int64) for name in CHANGES}

    def count(self, subjects: Subjects, sign: int) -> None:
        """Add (or with -1 take away) what these subjects' words say."""
        county = self.county[subjects.area]
        bits = len(self.targets)
        self.holds += sign * bits_by_group(subjects.holds, county, len(self.counties), bits)
        self.untold += sign * bits_by_group(subjects.untold, county, len(self.counties), bits)


def matched(before: Subjects, after: Subjects) -> tuple[Subjects, Array]:
    """Everybody in either, once, as they are now (or were last, with no words now), and what held of them before."""
    order = np.argsort(before.slots, kind="stable")
    slots = before.slots[order]
    places = np.searchsorted(slots, after.slots)
    there = places < len(slots)
    there[there] = slots[places[there]] == after.slots[there]
    rows = order[places[there]]
    holds = np.zeros(len(after.slots), dtype=np.uint64)
    holds[there] = before.holds[rows]
    left = np.ones(len(before.slots), dtype=bool)
    left[rows] = False
    gone = before.only(left)
    none = np.zeros(len(gone.slots), dtype=np.uint64)
    all_of = Subjects.joined([after, Subjects(gone.slots, gone.ids, gone.households, gone.area, none, none)])
    return all_of, np.concatenate((holds, gone.holds))


def write_changes(writer: Any, tally: Tally, areas: Sequence[str], now: Subjects, held: Array, *, person: bool) -> None:
    """Write the changes of subjects against the words they held before, and count them. Rows: by target, then as they come."""
    import pyarrow as pa

    rows = np.flatnonzero(now.holds ^ held)
    if not len(rows):
        return
    tables = []
    after, unclear, before = now.holds[rows], now.untold[rows], held[rows]
    for bit, target in enumerate(tally.targets):
        if tally.own[bit] is not person:
            continue
        is_now, is_unclear, was = (
            (each >> np.uint64(bit) & np.uint64(1)).astype(bool) for each in (after, unclear, before)
        )
        masks = {RAISED: is_now & ~was, CLEARED: was & ~is_now & ~is_unclear, UNTOLD: was & is_unclear}
        for change, mask in masks.items():
            chosen = rows[mask]
            if not len(chosen):
                continue
            tally.changes[change][:, bit] += np.bincount(tally.county[now.area[chosen]], minlength=len(tally.counties))
            codes, where = np.unique(now.area[chosen], return_inverse=True)
            named = pa.array([areas[each] for each in codes.tolist()], type=pa.string())
            ids = pa.array(now.ids[chosen]) if person else pa.nulls(len(chosen), pa.int64())
            tables.append(
                pa.table(
                    [
                        pa.array([target], type=pa.string()).take(pa.array(np.zeros(len(chosen), dtype=np.int64))),
                        ids,
                        pa.array(now.households[chosen]),
                        named.take(pa.array(where)),
                        pa.array([change], type=pa.string()).take(pa.array(np.zeros(len(chosen), dtype=np.int64))),
                    ],
                    schema=schema(),
                )
            )
    writer.write_table(pa.concat_tables(tables))

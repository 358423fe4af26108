"""Counts by county and target: what holds and what cannot be told now, and what has changed; kept as a run's summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shouwang.engine.backends.arrays import bits_by_group
from shouwang.engine.compare import store_files
from shouwang.engine.frame import Array

if TYPE_CHECKING:
    from shouwang.engine.compare.word_changes import Subjects

RAISED, CLEARED, UNTOLD = "raised", "cleared", "untold"
CHANGES = (RAISED, CLEARED, UNTOLD)
_COUNTY = 10**6
"""A division's code less its last six digits is its county's (or that of the city without counties)."""


@dataclass(slots=True)
class Tally:
    """Counts by county and target, (counties, targets) int64.

    ``counties`` 12-digit codes, ascending · ``county`` the county's place of each division · ``own``: whose rule each target
    is, a person's or a household's.
    """

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

    @classmethod
    def of(cls, areas: Sequence[str], targets: tuple[str, ...], own: Sequence[bool]) -> Tally:
        """An empty tally for the divisions of a store."""
        codes = np.array(areas, dtype="<U12").astype(np.int64) // _COUNTY * _COUNTY if areas else np.empty(0, np.int64)
        counties, county = np.unique(codes, return_inverse=True)
        return cls([f"{code:012d}" for code in counties.tolist()], county.astype(np.int64), targets, tuple(own))

    def count(self, subjects: Subjects, sign: int) -> None:
        """Add (or with -1 take away) what these subjects' words say."""
        for counts, words in ((self.holds, subjects.holds), (self.untold, subjects.untold)):
            rows = np.flatnonzero(words != 0)
            if len(rows):
                county = self.county[subjects.area(rows)]
                kept = words[rows].astype(np.uint64)
                counts[:] += sign * bits_by_group(kept, county, len(self.counties), len(self.targets))

    def changed(self, change: str, target: int, area: Array) -> None:
        """Count subjects in these divisions of whom a target (its place) has changed."""
        self.changes[change][:, target] += np.bincount(self.county[area], minlength=len(self.counties))

    @property
    def _named(self) -> dict[str, Array]:
        raised, cleared, lost = (self.changes[name] for name in CHANGES)
        return {"holds": self.holds, "untold": self.untold, "raised": raised, "cleared": cleared, "lost": lost}

    def totals(self) -> dict[str, dict[str, int]]:
        """Target → the counts of the whole country."""
        return {
            name: {key: int(each[:, bit].sum()) for key, each in self._named.items()}
            for bit, name in enumerate(self.targets)
        }

    def take_over(self, summary: Path, totals: Mapping[str, Mapping[str, int]]) -> bool:
        """Begin from what an earlier run's summary of the same targets says now holds.

        False, and nothing is taken, where it cannot be read or does not come to the ``totals`` of that run.
        """
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(summary)
            columns = {name: table[name].combine_chunks() for name in ("area_code", "target", "holds", "untold")}
        except (OSError, ValueError, KeyError):  # whoever works with the change files may have moved or spoilt them
            return False
        places = []
        for name, known in (("area_code", self.counties), ("target", self.targets)):
            coded = columns[name].dictionary_encode()
            place: Mapping[str, int] = {code: at for at, code in enumerate(known)}
            if any(code not in place for code in coded.dictionary.to_pylist()):
                return False
            own = np.array([place[code] for code in coded.dictionary.to_pylist()], dtype=np.int64)
            places.append(own[coded.indices.to_numpy(zero_copy_only=False)])
        where, found = tuple(places), {}
        for name in ("holds", "untold"):
            if columns[name].null_count:
                return False
            found[name] = np.zeros_like(self.holds)
            found[name][where] = columns[name].to_numpy(zero_copy_only=False)
            if found[name].sum(axis=0).tolist() != [totals.get(target, {}).get(name) for target in self.targets]:
                return False
        self.holds, self.untold = found["holds"], found["untold"]
        return True

    def write(self, path: Path, as_of: date, version: int) -> None:
        """Write the summary: counts by county and target; lines of zeros are left out."""
        import pyarrow as pa

        counts = self._named
        any_of = np.logical_or.reduce([each != 0 for each in counts.values()])
        county, target = np.nonzero(any_of)
        columns = {
            "area_code": pa.array(self.counties, type=pa.string()).take(pa.array(county)),
            "target": pa.array(self.targets, type=pa.string()).take(pa.array(target)),
        } | {name: pa.array(each[county, target]) for name, each in counts.items()}
        table = pa.table(columns).replace_schema_metadata({"as_of": as_of.isoformat(), "version": str(version)})
        with store_files.written_table(path, table.schema) as writer:
            writer.write_table(table)

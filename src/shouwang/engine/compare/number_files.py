"""Which slot a number has (a key, a person's or a household's lasting number): sorted, in two mapped files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from shouwang.engine.backends.arrays import Numbers, distinct
from shouwang.engine.compare import store_files
from shouwang.engine.compare.column_files import Columns, ColumnsWriter
from shouwang.engine.compare.spilling import Rows
from shouwang.engine.frame import Array

_PARTITION = 8_000_000


class NumbersWriter:
    """Collects (number, slot) pairs and writes them sorted; a number of two slots has neither and is listed as doubled."""

    def __init__(self, work: Path, cuts: Array, limit: int) -> None:
        self._cuts = cuts
        self._rows = Rows(work, (np.int64, np.int32), len(cuts) + 1, limit)

    def add(self, numbers: Array, slots: Array) -> None:
        """More pairs."""
        if not len(self._cuts):
            self._rows.add(0, (numbers, slots))
            return
        partition = np.searchsorted(self._cuts, numbers, side="right")
        order = np.argsort(partition.astype(np.uint16), kind="stable")
        bounds = np.searchsorted(partition[order], np.arange(len(self._cuts) + 2))
        for place in range(len(self._cuts) + 1):
            rows = order[bounds[place] : bounds[place + 1]]
            self._rows.add(place, (numbers[rows], slots[rows]))

    @property
    def count(self) -> int:
        """How many pairs there are."""
        return sum(self._rows.counts)

    def pairs(self) -> Iterator[tuple[Array, Array]]:
        """The pairs as they came; the writer is done with then."""
        with self._rows:
            for place in range(len(self._cuts) + 1):
                numbers, slots = self._rows.take(place)
                yield numbers, slots

    def write(self, path: Path) -> int:
        """Write ``path``.numbers and ``path``.slots; returns how many numbers are doubled (listed in ``path``.slots)."""
        doubled: list[Array] = []
        with self._rows, ExitStack() as stack:
            files = [stack.enter_context(store_files.written(each)) for each in files_of(path)]
            writers = [ColumnsWriter(file) for file in files]
            writers[0].begin("numbers", np.int64, 0)
            writers[1].begin("slots", np.int32, 0)
            length = 0
            for numbers, slots in self._sorted(doubled):
                writers[0].more(numbers)
                writers[1].more(slots)
                length += len(numbers)
            for writer in writers:
                writer.end_at(length)
            twice = np.concatenate(doubled) if doubled else np.empty(0, dtype=np.int64)
            writers[1].plain("doubled", twice)
            for writer in writers:
                writer.finish({})
        return len(twice)

    def _sorted(self, doubled: list[Array]) -> Iterator[tuple[Array, Array]]:
        for place in range(len(self._cuts) + 1):
            numbers, slots = self._rows.take(place)
            numbers, slots, twice = distinct(numbers, slots)
            doubled.append(twice)
            yield numbers, slots


def files_of(path: Path) -> tuple[Path, Path]:
    """The two files of an index."""
    return path.with_name(path.name + ".numbers"), path.with_name(path.name + ".slots")


def cuts_for(sample: Array, length: int) -> Array:
    """Where to cut ``length`` numbers so that each part can be sorted in memory, told from a sample of them."""
    parts = length // _PARTITION
    if parts < 1 or not len(sample):
        return np.empty(0, dtype=np.int64)
    ordered = np.sort(sample)
    return np.unique(ordered[np.linspace(0, len(ordered) - 1, parts + 2).astype(np.int64)[1:-1]])


class NumberFiles:
    """An index, open."""

    def __init__(self, path: Path) -> None:
        numbers, slots = (Columns(each) for each in files_of(path))
        self.doubled: Array = slots["doubled"]
        self.found = Numbers(numbers["numbers"], slots["slots"])

    def slots_of(self, asked: Array, threads: int = 1) -> Array:
        """Each number's slot, -1 where it has none."""
        return self.found.slots_of(asked, threads)

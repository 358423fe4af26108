"""The words of one state against those of the state before, part by part; who changed parts is matched at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shouwang.engine.compare.tallying import Tally
from shouwang.engine.compare.word_changes import Both, Subjects, saying, write_changes
from shouwang.engine.frame import Array


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of the new state has to say beside the old one.

    ``stayed``: who lived in it before and does now, with the words of now and of then (none: they are the same, or asked for
    only to be counted) · ``came``: who lives in it now only · ``left``: who lived in it before only.
    """

    stayed: tuple[Both, Both | None] | None = None
    came: Both | None = None
    left: Both | None = None


@dataclass(slots=True)
class Comparison:
    """Writes changes and counts. ``counted``: the tally holds the counts of the state before, so only differences count.

    ``first``: there is no state before.
    """

    writer: Any
    tally: Tally
    areas: Sequence[str]
    counted: bool
    first: bool
    _left: list[Both] = field(default_factory=list)
    _came: list[Both] = field(default_factory=list)

    def part(self, part: Part) -> None:
        """Compare a part; parts come in their order."""
        if part.stayed is not None:
            now, before = part.stayed
            if before is None:
                self._count(now)
            else:
                for later, earlier in zip(now, before, strict=True):
                    write_changes(self.writer, self.tally, self.areas, later, earlier.holds)
                    if self.counted:
                        other = saying((later.holds ^ earlier.holds) | (later.untold ^ earlier.untold))
                        self.tally.count(later.only(other), 1)
                        self.tally.count(earlier.only(other), -1)
                    else:
                        self.tally.count(later, 1)
        if part.came is not None:
            self._count(part.came)
            if self.first:
                for each in part.came:
                    write_changes(self.writer, self.tally, self.areas, each, np.zeros(len(each.holds), np.uint64))
            else:
                self._came.append(part.came)
        if part.left is not None:
            self._left.append(part.left)
            self._count_before(part.left)

    def finish(self) -> None:
        """Match who left a part with who came into one; who came nowhere has left the register."""
        for position in (0, 1):
            self._match([each[position] for each in self._left], [each[position] for each in self._came])

    def _match(self, left: list[Subjects], came: list[Subjects]) -> None:
        before, after = _slots_of(left), _slots_of(came)
        held = np.concatenate([np.empty(0, np.uint64), *(each.holds for each in left)])
        if np.array_equal(before, after):  # the touched households of a day, moved into parts of their own
            gone = np.empty(0, dtype=np.int64)
        else:
            order = np.argsort(after, kind="stable")
            places = np.searchsorted(after[order], before)
            there = places < len(after)
            there[there] = after[order[places[there]]] == before[there]
            gone = np.flatnonzero(~there)
            of_left, held = held, np.zeros(len(after), dtype=np.uint64)
            held[order[places[there]]] = of_left[there]
        begin = 0
        for each in came:
            end = begin + len(each.holds)
            write_changes(self.writer, self.tally, self.areas, each, held[begin:end])
            begin = end
        begin = 0
        for each in left:
            end = begin + len(each.holds)
            own = gone[np.searchsorted(gone, begin) : np.searchsorted(gone, end)] - begin
            if len(own):
                last = each.only(own)
                write_changes(self.writer, self.tally, self.areas, last.without_words(), last.holds)
            begin = end

    def _count(self, both: Both) -> None:
        for each in both:
            self.tally.count(each, 1)

    def _count_before(self, both: Both) -> None:
        if self.counted:
            for each in both:
                self.tally.count(each, -1)


def _slots_of(subjects: Sequence[Subjects]) -> Array:
    return np.concatenate([np.empty(0, dtype=np.int32), *(each.slots for each in subjects)])

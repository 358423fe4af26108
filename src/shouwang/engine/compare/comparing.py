"""The words of one state against those of the state before, part by part; who changed parts is matched at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shouwang.engine.compare.versions import State
from shouwang.engine.compare.word_changes import Subjects, Tally, matched, write_changes
from shouwang.engine.frame import Array
from shouwang.engine.packed import Verdicts

Both = tuple[Subjects, Subjects]
"""The persons and the households of some rows."""


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

    def part(
        self, state: State, place: int, lives: tuple[Array, Array], words: tuple[Verdicts | None, Verdicts | None]
    ) -> None:
        """A part that both states may have. ``lives``: who lives in it now, and before.

        ``words``: now, and before; both are needed where they may differ, None says that nobody has moved and nothing is to
        be counted.
        """
        (live, live_before), (after, before) = lives, words
        both = np.flatnonzero(live & live_before)
        if len(both) and after is not None and before is not None and after is not before:
            pairs = zip(subjects_of(state, place, after, both), subjects_of(state, place, before, both), strict=True)
            for position, (later, earlier) in enumerate(pairs):
                write_changes(self.writer, self.tally, self.areas, later, earlier.holds, person=position == 0)
                self._count(later, 1)
                self._count_before(earlier)
        elif len(both) and after is not None and not self.counted:
            for each in subjects_of(state, place, after, both):
                self._count(each, 1)
        arrived, gone = np.flatnonzero(live & ~live_before), np.flatnonzero(live_before & ~live)
        if len(arrived) and after is not None:
            new = subjects_of(state, place, after, arrived)
            for position, each in enumerate(new):
                self._count(each, 1)
                if self.first:
                    nothing_held = np.zeros(len(each.slots), dtype=np.uint64)
                    write_changes(self.writer, self.tally, self.areas, each, nothing_held, person=position == 0)
            if not self.first:
                self._came.append(new)
        if len(gone) and before is not None:
            self.left(subjects_of(state, place, before, gone))

    def left(self, gone: Both) -> None:
        """Who lived in a part before and does not now."""
        self._left.append(gone)
        for each in gone:
            self._count_before(each)

    def finish(self) -> None:
        """Match who left a part with who came into one; who came nowhere has left the register."""
        for position, nobody in enumerate((_nobody(), _nobody())):
            earlier = Subjects.joined([nobody, *(each[position] for each in self._left)])
            later = Subjects.joined([nobody, *(each[position] for each in self._came)])
            subjects, held = matched(earlier, later)
            write_changes(self.writer, self.tally, self.areas, subjects, held, person=position == 0)

    def _count(self, subjects: Subjects, sign: int) -> None:
        self.tally.count(subjects, sign)

    def _count_before(self, subjects: Subjects) -> None:
        if self.counted:
            self.tally.count(subjects, -1)


def subjects_of(state: State, place: int, words: Verdicts, rows: Array) -> Both:
    """The persons and the households at these rows of a part, with their words."""
    roster = state.roster(place)
    if len(rows) == roster.households:
        members: Any = slice(None)
        rows_of: Any = slice(None)
        household_of = roster.household_of
    else:
        members, rows_of = roster.members(rows), rows
        household_of = np.repeat(rows, roster.sizes[rows])
    return (
        Subjects(
            roster.slots[members],
            roster.person_ids[members],
            roster.household_ids[household_of],
            roster.area[household_of],
            words.person_holds[members].astype(np.uint64),
            words.person_untold[members].astype(np.uint64),
        ),
        Subjects(
            roster.homes[rows_of],
            roster.household_ids[rows_of],
            roster.household_ids[rows_of],
            roster.area[rows_of],
            words.household_holds[rows_of].astype(np.uint64),
            words.household_untold[rows_of].astype(np.uint64),
        ),
    )


def _nobody() -> Subjects:
    whole, words = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    return Subjects(whole.astype(np.int32), whole, whole, whole.astype(np.int32), words, words)

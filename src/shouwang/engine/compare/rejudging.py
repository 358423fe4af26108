"""What may have changed is judged again, part by part; the words are written and compared with those of the run before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.compare.at_once import at_once
from shouwang.engine.compare.comparing import Comparison, Part
from shouwang.engine.compare.judging import Judgement
from shouwang.engine.compare.tallying import Tally
from shouwang.engine.compare.versions import WORDS, State, write_words
from shouwang.engine.compare.word_changes import (
    Both,
    moved_bits,
    subjects_of,
    subjects_with,
    write_changes,
)
from shouwang.engine.frame import Array
from shouwang.engine.packed import Verdicts
from shouwang.lib.in_turn import in_turn

THREADS = 2


class Again:
    """The targets to be judged again though no fact has changed, by place of the law."""

    def __init__(self, targets: Sequence[frozenset[str]]) -> None:
        self._targets = targets
        self._everywhere = targets[0] if len(set(targets)) == 1 else None

    def of(self, place_of: Array, area: Array) -> set[str]:
        """All targets that some of these divisions ask for; ``place_of``: each division's place of the law."""
        if self._everywhere is not None:
            return set(self._everywhere)
        found = np.flatnonzero(np.bincount(place_of[area], minlength=len(self._targets)))
        return set().union(*(self._targets[each] for each in found.tolist()))


@dataclass(frozen=True, slots=True)
class Judged:
    """A part judged, or not: the file of its new words (None: they stay), and what it says beside the state before."""

    words: str | None
    part: Part


@dataclass(frozen=True, slots=True)
class Rejudging:
    """Judges the parts of ``now`` that are ``fresh`` or must be judged ``again``, into files of ``version``.

    ``before``: the state of the last run · ``counted``: its counts are known, and whoever stays as he was is not looked at.
    """

    folder: Path
    version: int
    now: State
    before: State | None
    fresh: set[int]
    again: Again
    targets: tuple[str, ...]
    judgement: Judgement
    counted: bool
    budget: int

    def judge(self, comparison: Comparison, tell: Callable[[int, int], None]) -> int:
        """Judge and compare part after part; sets the words of ``now``'s entries, returns how many households were judged."""
        before = self.before
        old_place = {entry.roster: at for at, entry in enumerate(before.entries)} if before else {}
        jobs = [(place, old_place.pop(entry.roster, None)) for place, entry in enumerate(self.now.entries)]
        judged = done = 0
        total = sum(entry.households for entry in self.now.entries)
        threads = at_once(len(jobs), total, self.budget)
        judgement = replace(self.judgement, threads=THREADS // threads, budget=self.budget // threads)
        with in_turn(lambda job: self._part(*job, judgement), jobs, threads) as parts:
            for place, found in enumerate(parts):
                entry = self.now.entries[place]
                if found.words is not None:
                    self.now.entries[place] = replace(entry, words=found.words)
                    judged += entry.households
                comparison.part(found.part)
                done += entry.households
                tell(done, total)
        for was in old_place.values():
            if before is not None and (rows := np.flatnonzero(before.live(was))).size:
                comparison.part(Part(left=self._old_ones(before, was, rows)))
        comparison.finish()
        return judged

    def _asked(self, place: int) -> set[str]:
        """The targets a part is judged by."""
        if place in self.fresh or self.now.entries[place].words is None:
            return set(self.targets)
        return self.again.of(self.judgement.place_of, self.now.roster(place).area)

    def _part(self, place: int, was: int | None, judgement: Judgement) -> Judged:
        now, before, roster, asked = self.now, self.before, self.now.roster(place), self._asked(place)
        live = now.live(place)
        live_before = np.zeros_like(live) if before is None or was is None else before.live(was)
        stay, come, go = (
            np.flatnonzero(each) for each in (live & live_before, live & ~live_before, live_before & ~live)
        )
        earlier = None
        if before is not None and was is not None and (asked or not self.counted or len(come)):
            earlier = self._moved(before.words(was))
        words, name = earlier, None
        if asked:
            words = self._words(judgement, place, asked, earlier)
            name = f"words/{self.version}-{place}.words"
            write_words(self.folder / name, words)
        stayed: tuple[Both, Both | None] | None = None
        if len(stay) and words is not None:
            if earlier is not None and words is not earlier:
                stayed = subjects_of(roster, words, stay), subjects_of(roster, earlier, stay)
            elif not self.counted:
                stayed = subjects_of(roster, words, stay), None
        came = subjects_of(roster, words, come) if len(come) and words is not None else None
        left = None
        if len(go) and before is not None and was is not None:
            left = self._old_ones(before, was, go) if earlier is None else subjects_of(roster, earlier, go)
        return Judged(name, Part(stayed, came, left))

    def _words(self, judgement: Judgement, place: int, asked: set[str], earlier: Verdicts | None) -> Verdicts:
        """A part judged; of targets that are not asked the bits of ``earlier`` stay."""
        targets = [name for name in self.targets if name in asked]
        found = judgement.words(self.now, place, targets)
        if earlier is None or len(targets) == len(self.targets):
            return found
        kept = np.uint64(sum(1 << bit for bit, name in enumerate(self.targets) if name not in asked))
        return Verdicts(
            self.targets,
            *(
                (getattr(earlier, name).astype(np.uint64) & kept)
                | moved_bits(getattr(found, name), targets, self.targets)
                for name in WORDS
            ),
        )

    def _old_ones(self, before: State, was: int, rows: Array) -> Both:
        """Persons and households at some rows of a part of the state before, with their words."""
        roster = before.roster(was)
        members = roster.members(rows)
        return subjects_with(roster, self._moved(before.words_at(was, members, rows)), members, rows)

    def _moved(self, words: Verdicts) -> Verdicts:
        """Words in the bits of this run's targets."""
        return Verdicts(
            self.targets, *(moved_bits(getattr(words, name), words.targets, self.targets) for name in WORDS)
        )


def write_dropped(
    writer: Any, before: State, areas: Sequence[str], dropped: tuple[str, ...], of_persons: Sequence[str]
) -> None:
    """Targets that are watched no more: what held is cleared."""
    tally = Tally.of(areas, dropped, [name in of_persons for name in dropped])
    for was in range(len(before.entries)):
        words = before.words(was)
        moved = Verdicts(dropped, *(moved_bits(getattr(words, name), words.targets, dropped) for name in WORDS))
        for each in subjects_of(before.roster(was), moved, np.flatnonzero(before.live(was))):
            write_changes(writer, tally, areas, each.without_words(), each.holds)

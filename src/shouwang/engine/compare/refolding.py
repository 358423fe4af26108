"""The households to be folded again: parts of their own, or a part anew as a whole where many of it are touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.compare import rosters
from shouwang.engine.compare.at_once import MANY, at_once
from shouwang.engine.compare.folding import Few, Linked, fold_linked, write_folded
from shouwang.engine.compare.rosters import Roster, joined
from shouwang.engine.compare.versions import Entry, State, widen
from shouwang.engine.frame import Array
from shouwang.engine.rule import Entity
from shouwang.lib.in_turn import in_turn

IN_PLACE = 8
"""A part of which more than one household in eight is touched is folded anew as a whole."""

Pieces = list[tuple[int, Array]]
"""Parts, and rows of each."""


@dataclass(slots=True)
class Refolded:
    """The state with its touched households folded. ``fresh``: the places of parts with new columns.

    ``kinds``: the kind of each new column, the widest where parts differ.
    """

    entries: list[Entry] = field(default_factory=list)
    lives: list[Array] = field(default_factory=list)
    fresh: set[int] = field(default_factory=set)
    kinds: dict[str, str] = field(default_factory=dict)
    households: int = 0

    def put(self, entry: Entry, live: Array, kinds: dict[str, str] | None = None) -> None:
        """Put a part at the end, unless nobody lives in it any more; ``kinds``: those of its new columns."""
        widen(self.kinds, kinds or {})
        if live.any():
            if kinds is not None:
                self.fresh.add(len(self.entries))
            self.entries.append(entry)
            self.lives.append(live)


@dataclass(frozen=True, slots=True)
class Refolding:
    """Folds rows of a state from linked files as of a day, into files of ``version``; ``tell`` is told how many are done."""

    folder: Path
    version: int
    book: Book
    as_of: date
    files: Sequence[Linked]
    budget: int
    tell: Callable[[int, int], None]

    def fold(self, now: State, chosen: Sequence[Array]) -> Refolded:
        """Fold the chosen rows of each part."""
        whole = [place for place, rows in enumerate(chosen) if len(rows) * IN_PLACE > now.entries[place].households]
        anew = set(whole)
        moving = [(place, rows) for place, rows in enumerate(chosen) if len(rows) and place not in anew]
        total = sum(map(len, chosen))
        shares = shared_out(moving)
        jobs: list[tuple[int, int | Pieces]] = list(enumerate([*whole, *shares]))
        threads = at_once(len(jobs), total, self.budget)
        with in_turn(lambda job: self._folded(now, *job), jobs, threads) as found:
            return self._put_together(now, chosen, whole, found)

    def _put_together(
        self, now: State, chosen: Sequence[Array], whole: Sequence[int], found: Iterator[tuple[Entry, dict[str, str]]]
    ) -> Refolded:
        """The state of what is ``found``: the ``whole`` parts anew, then the parts of those that move, in this order."""
        total = sum(map(len, chosen))
        refolded = Refolded()
        anew: dict[int, tuple[Entry, dict[str, str]]] = {}
        done = 0
        for place in whole:
            anew[place] = next(found)
            done += len(chosen[place])
            refolded.households += now.entries[place].households
            self.tell(done, total)
        for place, entry in enumerate(now.entries):
            live = now.live(place)
            if place in anew:
                refolded.put(anew[place][0], live, anew[place][1])
            elif len(chosen[place]):
                stays = live.copy()
                stays[chosen[place]] = False
                refolded.put(entry, stays)
            else:
                refolded.put(entry, live)
        for entry, kinds in found:
            refolded.put(entry, np.ones(entry.households, dtype=bool), kinds)
            done += entry.households
            refolded.households += entry.households
            self.tell(done, total)
        return refolded

    def _folded(self, now: State, number: int, what: int | Pieces) -> tuple[Entry, dict[str, str]]:
        """A part folded anew, or rows of several as a part of their own; and the kinds of its columns."""
        columns = f"columns/{self.version}-{number}.columns"
        if isinstance(what, int):
            roster, entry = now.roster(what), replace(now.entries[what], columns=columns, words=None)
        else:
            roster = joined([now.roster(place).take(rows) for place, rows in what])
            name = f"rosters/{self.version}-{number}.roster"
            roster.write(self.folder / name)
            entry = Entry(name, roster.households, roster.persons, columns)
        return entry, self._fold(roster, columns)

    def _fold(self, roster: Roster, name: str) -> dict[str, str]:
        found = {
            Entity.PERSON: (roster.persons, self._facts(Entity.PERSON, roster.slots)),
            Entity.HOUSEHOLD: (roster.households, self._facts(Entity.HOUSEHOLD, roster.homes)),
        }
        write_folded(self.folder / name, found)
        return {
            f"{entity.value}/{each}": few.stored.dtype.str
            for entity, (_, columns) in found.items()
            for each, few in columns.items()
        }

    def _facts(self, entity: Entity, slots: Array) -> dict[str, Few]:
        return fold_linked(self.book, entity, slots, self.files, self.as_of)


def shared_out(moving: Pieces) -> list[Pieces]:
    """The rows cut into parts alike in size: one if they are few, else an even number, for two are made at a time."""
    total = sum(len(rows) for _, rows in moving)
    if not total:
        return []
    count = -(-total // rosters.PART)
    if total > MANY or count > 1:
        count += count % 2
    size = -(-total // count)
    shares: list[Pieces] = [[]]
    room = size
    for place, rows in moving:
        begin = 0
        while begin < len(rows):
            if not room:
                shares.append([])
                room = size
            taken = rows[begin : begin + room]
            shares[-1].append((place, taken))
            begin += len(taken)
            room -= len(taken)
    return shares

"""One version of a national store, open for reading: its parts, their words, and the same parts judged anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.compare import store_files
from shouwang.engine.compare.at_once import at_once
from shouwang.engine.compare.changed_law import law_places
from shouwang.engine.compare.covering import Coverage, nearest_of
from shouwang.engine.compare.judging import Judgement
from shouwang.engine.compare.store_files import StoreError
from shouwang.engine.compare.versions import Manifests, State, areas_of, kinds_of, wide
from shouwang.engine.packed import Segment, Verdicts
from shouwang.engine.parameter_csv import read_assertions
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity
from shouwang.lib.in_turn import in_turn


class View:
    """One version, open for reading. Use as a context: while it is open, nobody removes what it reads."""

    def __init__(self, folder: Path, version: int) -> None:
        self.folder, self.version = folder, version
        self._stack = ExitStack()
        versions = Manifests(folder)
        try:
            self._stack.enter_context(store_files.held(versions.path(version)))
        except FileNotFoundError:
            versions.read(version)
        self.manifest = versions.read(version)
        if not self.manifest["run"] or self.manifest["run"]["state"] != version:
            self.close()
            raise StoreError(f"版本 {version} 不是一次比对的结果；比对的版本见 shouwang nation status")
        self.state = State(folder, self.manifest)
        self.areas = areas_of(folder, self.manifest)
        self.run: dict[str, Any] = self.manifest["run"]
        self.as_of = date.fromisoformat(self.run["as_of"])
        self.targets: tuple[str, ...] = tuple(self.run["targets"])
        self.covered = Coverage(self.run["coverage"], self.as_of)

    def __enter__(self) -> View:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the version go."""
        self._stack.close()

    def parameters(self, book: Book) -> ParameterTable:
        """The parameters the version was judged with, over a book's own."""
        name = self.run["parameters"]
        return book.table(read_assertions(self.folder / name)) if name else book.parameters

    def segments(self, columns: Mapping[Entity, set[str]] | None = None) -> Iterator[Segment]:
        """The state, part by part, live households only; ``columns``: only these stored columns (all if None)."""
        for place in range(len(self.state.entries)):
            segment = self.state.segment(place, self.areas, columns)
            live = self.state.live(place)
            yield segment if live.all() else segment.take(np.flatnonzero(live))

    def verdicts(self) -> Iterator[tuple[Segment, Verdicts]]:
        """The parts without facts, and their words, live households only."""
        for place in range(len(self.state.entries)):
            yield self._living(place, wide(self.state.words(place)))

    def judged(
        self,
        book: Book,
        parameters: ParameterTable,
        targets: Sequence[str],
        *,
        budget: int,
        threads: int = 2,
        compiled: bool | None = None,
    ) -> Iterator[tuple[Segment, Verdicts]]:
        """The parts without facts, and the words that a book and parameters give them on the version's day; nothing is written.

        Within ``budget`` bytes; parts are judged two at a time where that pays.
        """
        places, place_of = nearest_of(self.areas, {*law_places(book, parameters), *self.covered.senders})
        entries = self.state.entries
        several = min(threads, at_once(len(entries), sum(each.households for each in entries), budget))
        judgement = Judgement(
            book,
            self.as_of,
            parameters,
            self.covered,
            places,
            place_of,
            self.run.get("kinds") or kinds_of(self.folder, entries),
            budget // several,
            compiled,
            threads // several,
        )
        with in_turn(
            lambda place: self._living(place, judgement.words(self.state, place, targets)), range(len(entries)), several
        ) as parts:
            yield from parts

    def _living(self, place: int, words: Verdicts) -> tuple[Segment, Verdicts]:
        """A part's live households without facts, and of its words theirs."""
        none: dict[Entity, set[str]] = {Entity.PERSON: set(), Entity.HOUSEHOLD: set()}
        segment, live = self.state.segment(place, self.areas, none), self.state.live(place)
        if live.all():
            return segment, words
        rows = np.flatnonzero(live)
        members = self.state.roster(place).members(rows)
        own = Verdicts(
            words.targets,
            words.person_holds[members],
            words.person_untold[members],
            words.household_holds[rows],
            words.household_untold[rows],
        )
        return segment.take(rows), own

    def household(self, household_id: int) -> Segment | None:
        """One household of the state with all its columns; None where it is not in it."""
        for place in range(len(self.state.entries)):
            rows = np.flatnonzero(self.state.roster(place).household_ids == household_id)
            for row in rows.tolist():
                if self.state.live(place)[row]:
                    return self.state.segment(place, self.areas).take(np.array([row]))
        return None

"""One run of the national store: what is touched is folded, what may differ is judged, and what does is written down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.compare import store_files
from shouwang.engine.compare.changed_law import changed_law, law_places
from shouwang.engine.compare.column_files import Columns
from shouwang.engine.compare.comparing import Comparison
from shouwang.engine.compare.covering import Coverage, nearest_of
from shouwang.engine.compare.folding import Linked, folds_fingerprint
from shouwang.engine.compare.judging import Judgement, check_targets
from shouwang.engine.compare.refolding import Refolded, Refolding
from shouwang.engine.compare.rejudging import Again, Rejudging, write_dropped
from shouwang.engine.compare.rosters import Progress
from shouwang.engine.compare.tallying import Tally
from shouwang.engine.compare.touching import touched_rows
from shouwang.engine.compare.versions import Entry, State, areas_of, kinds_of, widen
from shouwang.engine.compare.word_changes import schema
from shouwang.engine.frame import Array
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity

OPEN_FILES = 200
"""Linked files held open at a time: a county a file makes thousands of them, and a process may often open only 1024."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did. ``counts``: target → holds, untold, raised, cleared, lost (held and cannot be told now)."""

    version: int
    as_of: date
    touched: int
    folded: int
    judged: int
    counts: Mapping[str, Mapping[str, int]]
    seconds: Mapping[str, float] = field(compare=False)
    changes: Path | None = None
    summary: Path | None = None
    already: bool = False
    standards: bool = True
    """Whether any division's own standards have been given, now or in an earlier run."""


class Run:
    """A run on its way into version ``version``; ``before``: the manifest of the last run's state."""

    def __init__(
        self,
        folder: Path,
        version: int,
        manifest: Mapping[str, Any],
        before: Mapping[str, Any] | None,
        *,
        book: Book,
        old_book: Book | None,
        as_of: date,
        parameters: ParameterTable,
        old_parameters: ParameterTable,
        parameter_file: str | None,
        targets: tuple[str, ...],
        budget: int,
        compiled: bool | None,
        progress: Progress | None,
    ) -> None:
        self.folder, self.version, self.manifest = folder, version, manifest
        self.book, self.old_book, self.as_of = book, old_book, as_of
        self.parameters, self.old_parameters, self.parameter_file = parameters, old_parameters, parameter_file
        self.targets = check_targets(book, targets)
        self.budget, self.compiled, self.progress = budget, compiled, progress
        self.last: Mapping[str, Any] | None = manifest["run"]
        self._before = before
        self.before: State | None = None
        self.areas = areas_of(folder, manifest)
        self.gone: str | None = manifest["gone"]
        self.applied = [name for each in manifest["deliveries"] for name in each["linked"]]
        self.coverage_of = [
            {key: each[key] for key in ("feed", "period", "area_code", "cadence")} for each in manifest["deliveries"]
        ]
        self.covered = Coverage(self.coverage_of, as_of)
        self.folds = folds_fingerprint(book)
        self.entries: list[Entry] = []
        self.kinds: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._files: dict[str, Linked] = {}
        self._open = lru_cache(maxsize=OPEN_FILES)(Columns)

    # ── the whole ──────────────────────────────────────────────────────────────────────────────────────────────────

    def perform(self) -> RunReport:
        """Do it; the files are written and nothing is current yet."""
        if self._is_done():
            assert self.last is not None
            return self._report(0, 0, 0, already=True)
        with self._timed("touched"):
            now = State(self.folder, self.manifest)
            self.before = self._state_before(now)
            chosen = self._chosen(now)
        with self._timed("fold"):
            refolded = self._folded(now, chosen)
        with self._timed("judge"):
            judged = self._judged(now, refolded)
        return self._report(sum(map(len, chosen)), refolded.households, judged)

    def _state_before(self, now: State) -> State | None:
        """The state of the last run: the one at hand, if the register has not changed since."""
        before = self._before
        if before is None:
            return None
        alike = all(before[name] == self.manifest[name] for name in ("entries", "gone", "homes"))
        return now if alike else State(self.folder, before)

    def kept(self) -> dict[str, Any]:
        """What the manifest keeps of the run."""
        return {
            "state": self.version,
            "as_of": self.as_of.isoformat(),
            "targets": list(self.targets),
            "of_persons": [name for name in self.targets if self.book.entity_of(name) is Entity.PERSON],
            "book": self.book.fingerprint,
            "folds": self.folds,
            "kinds": self.kinds,
            "parameters": self.parameter_file,
            "applied": self.applied,
            "coverage": self.coverage_of,
            "counts": self._counts,
            "changes": f"changes/{self.version}.parquet",
            "summary": f"changes/{self.version}-summary.parquet",
        }

    def _is_done(self) -> bool:
        """Whether the last version is this very run."""
        last = self.last
        return (
            last is not None
            and all(each["columns"] and each["words"] for each in self.manifest["entries"])
            and self._before is not None
            and self.manifest["gone"] == self._before["gone"]
            and last["applied"] == self.applied
            and last["coverage"] == self.coverage_of
            and last["as_of"] == self.as_of.isoformat()
            and tuple(last["targets"]) == self.targets
            and last["book"] == self.book.fingerprint
            and last["parameters"] == self.parameter_file
        )

    def _report(self, touched: int, folded: int, judged: int, *, already: bool = False) -> RunReport:
        last = self.last if already else self.kept()
        assert last is not None
        return RunReport(
            version=int(last["state"]),
            as_of=self.as_of,
            touched=touched,
            folded=folded,
            judged=judged,
            counts=last["counts"],
            seconds=self.seconds,
            changes=self.folder / last["changes"],
            summary=self.folder / last["summary"],
            already=already,
            standards=last["parameters"] is not None,
        )

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[stage] = round(time.perf_counter() - began, 3)

    def _telling(self, stage: str) -> Callable[[int, int], None]:
        def tell(done: int, total: int) -> None:
            if self.progress:
                self.progress(stage, done, total)

        return tell

    # ── its stages ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _chosen(self, now: State) -> list[Array]:
        """Per part, the rows of live households that must be folded again."""
        last = self.last
        if last is None or last["folds"] != self.folds:
            return [np.flatnonzero(live) for live in now.lives]
        moved = set(last["applied"]) ^ set(self.applied)
        before = date.fromisoformat(last["as_of"])
        names = sorted(moved if before == self.as_of else moved.union(self.applied))
        return touched_rows(now, self.book, map(self._linked, names), moved, before, self.as_of)

    def _linked(self, name: str) -> Linked:
        if name not in self._files:
            self._files[name] = Linked(name, self.folder / name, self._open)
        return self._files[name]

    def _folded(self, now: State, chosen: list[Array]) -> Refolded:
        """Fold the chosen households; sets ``entries`` and ``kinds``."""
        files = [self._linked(each) for each in self.applied] if any(map(len, chosen)) else []
        refolding = Refolding(
            self.folder, self.version, self.book, self.as_of, files, self.budget, self._telling("折算住户")
        )
        refolded = refolding.fold(now, chosen)
        self.entries = refolded.entries
        kept = [entry for place, entry in enumerate(self.entries) if place not in refolded.fresh]
        if kept:
            known = (self.last or {}).get("kinds")
            self.kinds = dict(known) if known is not None else kinds_of(self.folder, kept)
        widen(self.kinds, refolded.kinds)
        return refolded

    def _judged(self, now: State, refolded: Refolded) -> int:
        """Judge what may differ, write words, changes and counts; returns how many households were judged."""
        before = self.before
        places, place_of = nearest_of(self.areas, self._law_places())
        own = [self.book.entity_of(name) is Entity.PERSON for name in self.targets]
        tally = Tally.of(self.areas, self.targets, own)
        last = self.last if before is not None else None
        same = last is not None and tuple(last["targets"]) == self.targets
        counted = last is not None and same and tally.take_over(self.folder / last["summary"], last["counts"])
        rejudging = Rejudging(
            self.folder,
            self.version,
            now.followed_by(self.entries, refolded.lives),
            before,
            refolded.fresh,
            self._again(places),
            self.targets,
            Judgement(
                self.book,
                self.as_of,
                self.parameters,
                self.covered,
                places,
                place_of,
                self.kinds,
                self.budget,
                self.compiled,
            ),
            counted,
            self.budget,
        )
        with store_files.written_table(self.folder / f"changes/{self.version}.parquet", schema()) as writer:
            comparison = Comparison(writer, tally, self.areas, counted, first=before is None)
            judged = rejudging.judge(comparison, self._telling("比对判断"))
            self.entries = rejudging.now.entries
            if before is not None and self.last is not None:
                dropped = tuple(name for name in self.last["targets"] if name not in self.targets)
                if dropped:
                    write_dropped(writer, before, self.areas, dropped, self.last["of_persons"])
        tally.write(self.folder / f"changes/{self.version}-summary.parquet", self.as_of, self.version)
        self._counts = tally.totals()
        return judged

    def _law_places(self) -> set[str]:
        """The divisions around which law or coverage is one, now and in the last run."""
        codes = {*law_places(self.book, self.parameters), *self.covered.senders}
        if self.last is not None:
            codes |= {*law_places(self.old_book or self.book, self.old_parameters)}
            codes |= {each["area_code"] for each in self.last["coverage"]}
        return codes

    def _again(self, places: list[str]) -> Again:
        """For each place of the law, the targets that must be judged again though no fact has changed."""
        last = self.last
        everything = frozenset(self.targets)
        if (
            last is None
            or last["as_of"] != self.as_of.isoformat()
            or tuple(last["targets"]) != self.targets
            or (
                last["book"] != self.book.fingerprint
                and (self.old_book is None or last["book"] != self.old_book.fingerprint)
            )
        ):
            return Again([everything] * len(places))
        earlier = Coverage(last["coverage"], self.as_of)
        found = [everything if earlier(code) != self.covered(code) else frozenset[str]() for code in places]
        if last["book"] != self.book.fingerprint or last["parameters"] != self.parameter_file:
            changed = changed_law(
                self.old_book or self.book,
                self.old_parameters,
                self.book,
                self.parameters,
                places,
                self.targets,
                self.as_of,
            )
            found = [own | changed.get(code, frozenset()) for own, code in zip(found, places, strict=True)]
        return Again(found)

"""One run of the national store: what is touched is folded, what may differ is judged, and what does is written down."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.compare import store_files
from shouwang.engine.compare.changed_law import changed_law, law_places
from shouwang.engine.compare.column_files import Columns
from shouwang.engine.compare.comparing import Comparison, subjects_of
from shouwang.engine.compare.covering import Coverage, nearest_of
from shouwang.engine.compare.folding import Linked, fold_linked, folds_fingerprint, touched_by_time, write_folded
from shouwang.engine.compare.judging import check_targets, judge_in_pieces
from shouwang.engine.compare.regrouping import widened
from shouwang.engine.compare.rosters import PART, Progress, Roster, joined
from shouwang.engine.compare.versions import WORDS, Entry, State, areas_of, write_words
from shouwang.engine.compare.word_changes import (
    CHANGES,
    Tally,
    county_of,
    moved_bits,
    schema,
    write_changes,
)
from shouwang.engine.frame import Array
from shouwang.engine.packed import Segment, Verdicts, columns_needed, nothing
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity

IN_PLACE = 8
"""A part of which more than one household in eight is touched is folded anew as a whole."""
MANY = 1_000_000
"""Households to fold from which on two parts are folded at once."""
ROOM = 2 << 30
"""The least budget of memory for two things at once, here and in linking."""
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
        old_parameters: ParameterTable | None,
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
        self.before = State(folder, before) if before else None
        self.areas = areas_of(folder, manifest)
        self.gone: str | None = manifest["gone"]
        self.applied = [name for each in manifest["deliveries"] for name in each["linked"]]
        self.coverage_of = [
            {key: each[key] for key in ("feed", "period", "area_code", "cadence")} for each in manifest["deliveries"]
        ]
        self.covered = Coverage(self.coverage_of, as_of)
        self.folds = folds_fingerprint(book)
        self.entries: list[Entry] = []
        self.seconds: dict[str, float] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._files: dict[str, Linked] = {}
        self._open = lru_cache(maxsize=OPEN_FILES)(Columns)
        self._kinds: dict[str, np.dtype[Any]] | None = None

    # ── the whole ──────────────────────────────────────────────────────────────────────────────────────────────────

    def perform(self) -> RunReport:
        """Do it; the files are written and nothing is current yet."""
        if self._is_done():
            assert self.last is not None
            return self._report(0, 0, 0, already=True)
        with self._timed("touched"):
            now = State(self.folder, self.manifest)
            chosen = self._chosen(now)
        with self._timed("fold"):
            touched = sum(len(rows) for rows in chosen)
            fresh = self._folded(now, chosen)
        with self._timed("judge"):
            judged = self._judged(fresh)
        return self._report(touched, self._folded_households, judged)

    def kept(self) -> dict[str, Any]:
        """What the manifest keeps of the run."""
        return {
            "state": self.version,
            "as_of": self.as_of.isoformat(),
            "targets": list(self.targets),
            "of_persons": [name for name in self.targets if self.book.entity_of(name) is Entity.PERSON],
            "book": self.book.fingerprint,
            "folds": self.folds,
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
            and self.before is not None
            and self.manifest["gone"] == self.before.manifest["gone"]
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

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self.progress:
            self.progress(stage, done, total)

    # ── touched ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _linked(self, name: str) -> Linked:
        if name not in self._files:
            self._files[name] = Linked(name, self.folder / name, self._open)
        return self._files[name]

    def _chosen(self, now: State) -> list[Array]:
        """Per part, the rows of live households that must be folded again."""
        lives = [now.live(place) for place in range(len(now.entries))]
        last = self.last
        if last is None or last["folds"] != self.folds:
            return [np.flatnonzero(live) for live in lives]
        touched: dict[Entity, list[Array]] = {Entity.PERSON: [], Entity.HOUSEHOLD: []}
        moved = set(last["applied"]) ^ set(self.applied)
        for name in sorted(moved):
            file = self._linked(name)
            touched[file.entity].append(_distinct(file.slots))
        before = date.fromisoformat(last["as_of"])
        if before != self.as_of:
            for name in self.applied:
                if name not in moved:
                    file = self._linked(name)
                    touched[file.entity].append(touched_by_time(self.book, file, before, self.as_of))
        persons, homes = (
            np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int32) for found in touched.values()
        )
        return [
            np.flatnonzero(lives[place])
            if entry.columns is None
            else _touched_rows(now, place, persons, homes, lives[place])
            for place, entry in enumerate(now.entries)
        ]

    # ── folded ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _folded(self, now: State, chosen: list[Array]) -> set[int]:
        """Fold the chosen households; sets ``entries`` and returns the places of those with new columns."""
        fresh: set[int] = set()
        moving: list[Roster] = []
        keeping: list[Entry] = []
        self._folded_households = 0
        self._number = 0
        total = sum(len(rows) for rows in chosen)
        done = 0
        moved: list[Entry] = []
        whole = [place for place, rows in enumerate(chosen) if len(rows) * IN_PLACE > now.entries[place].households]
        names = {place: self._next_name() for place in whole}
        with ExitStack() as stack:
            # two parts at once where there is much to fold: the loops leave Python's lock alone
            has_room = total > MANY and self.budget >= ROOM
            each_of = stack.enter_context(ThreadPoolExecutor(2)).map if has_room else map
            for place in each_of(lambda place: self._fold_whole(now, place, names[place]), whole):
                self._folded_households += now.entries[place].households
                done += len(chosen[place])
                self._tell("折算住户", done, total)
        for place, rows in enumerate(chosen):
            entry = now.entries[place]
            if place in names:
                keeping.append(replace(entry, columns=names[place], words=None))
                fresh.add(len(keeping) - 1)
                continue
            keeping.append(entry)
            if len(rows):
                moving.append(now.roster(place).take(rows))
                if sum(each.households for each in moving) >= PART:
                    moved += self._moved(moving, PART)
            done += len(rows)
            self._tell("折算住户", done, total)
        moved += self._moved(moving, 1)
        fresh |= set(range(len(keeping), len(keeping) + len(moved)))
        entries = [*keeping, *moved]
        state = State(self.folder, self.manifest, entries)
        used = [place for place in range(len(entries)) if state.live(place).any()]
        self.entries = [entries[place] for place in used]
        return {at for at, place in enumerate(used) if place in fresh}

    def _moved(self, moving: list[Roster], least: int) -> list[Entry]:
        """Touched households as parts of their own, once there are enough."""
        found = []
        while moving and sum(each.households for each in moving) >= least:
            whole = joined(moving)
            roster = whole.take(np.arange(min(PART, whole.households)))
            rest = whole.take(np.arange(roster.households, whole.households))
            moving[:] = [rest] if rest.households else []
            name = f"rosters/{self.version}-{self._number}.roster"
            roster.write(self.folder / name)
            columns = self._next_name()
            self._fold(roster, columns)
            self._folded_households += roster.households
            found.append(Entry(name, roster.households, roster.persons, columns))
        return found

    def _next_name(self) -> str:
        """A name no columns of this version have yet."""
        self._number += 1
        return f"columns/{self.version}-{self._number - 1}.columns"

    def _fold_whole(self, now: State, place: int, name: str) -> int:
        self._fold(now.roster(place), name)
        return place

    def _fold(self, roster: Roster, name: str) -> None:
        files = [self._linked(each) for each in self.applied]
        persons = fold_linked(self.book, Entity.PERSON, roster.slots, files, self.as_of)
        households = fold_linked(self.book, Entity.HOUSEHOLD, roster.homes, files, self.as_of)
        write_folded(
            self.folder / name,
            {Entity.PERSON: (roster.persons, persons), Entity.HOUSEHOLD: (roster.households, households)},
        )

    # ── judged ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _judged(self, fresh: set[int]) -> int:
        """Judge what may differ, write words, changes and counts; returns how many households were judged."""
        now = State(self.folder, self.manifest, self.entries)
        places, place_of = nearest_of(self.areas, self._law_places())
        again = self._again(places)
        before = self.before
        old_place = {entry.roster: at for at, entry in enumerate(before.entries)} if before else {}
        tally = self._tally(self.targets, [self.book.entity_of(name) is Entity.PERSON for name in self.targets])
        counted = self._counts_before(tally)
        judged = done = 0
        total = sum(entry.households for entry in self.entries)
        with store_files.written_table(self.folder / f"changes/{self.version}.parquet", schema()) as writer:
            comparison = Comparison(writer, tally, self.areas, counted, first=before is None)
            for place, entry in enumerate(self.entries):
                was = old_place.pop(entry.roster, None)
                live = now.live(place)
                live_before = np.zeros_like(live) if before is None or was is None else before.live(was)
                asked = set(self.targets)
                if place not in fresh and entry.words is not None:
                    asked = again.of(place_of[now.roster(place).area])
                earlier = None
                if before is not None and was is not None and (asked or not counted or (live != live_before).any()):
                    earlier = self._old_words(before, was)
                words = earlier
                if asked:
                    words = self._words(self._segment(now, place, places, place_of, asked), asked, earlier)
                    name = f"words/{self.version}-{place}.words"
                    write_words(self.folder / name, words)
                    self.entries[place] = replace(entry, words=name)
                    judged += entry.households
                comparison.part(now, place, (live, live_before), (words, earlier))
                done += entry.households
                self._tell("比对判断", done, total)
            for was in old_place.values():
                if before is not None and (rows := np.flatnonzero(before.live(was))).size:
                    comparison.left(subjects_of(before, was, self._old_words(before, was), rows))
            comparison.finish()
            self._dropped(writer, before)
        self._write_summary(tally)
        return judged

    def _law_places(self) -> set[str]:
        """The divisions around which law or coverage is one, now and in the last run."""
        codes = {*law_places(self.book, self.parameters), *self.covered.senders}
        if self.last is not None and self.old_parameters is not None:
            codes |= {*law_places(self.old_book or self.book, self.old_parameters)}
            codes |= {each["area_code"] for each in self.last["coverage"]}
        return codes

    def _again(self, places: list[str]) -> _Again:
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
            return _Again([everything] * len(places))
        earlier = Coverage(last["coverage"], self.as_of)
        found = [everything if earlier(code) != self.covered(code) else frozenset[str]() for code in places]
        if last["book"] != self.book.fingerprint or last["parameters"] != self.parameter_file:
            assert self.old_parameters is not None
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
        return _Again(found)

    def _old_words(self, before: State, was: int) -> Verdicts:
        """A part's words of the last run, in the bits of this run's targets."""
        words = before.words(was)
        return Verdicts(
            self.targets,
            *(moved_bits(getattr(words, name), words.targets, self.targets) for name in WORDS),
        )

    def _segment(self, now: State, place: int, places: list[str], place_of: Array, asked: set[str]) -> Segment:
        """A part with the columns that the asked targets need, its divisions told as places of the law."""
        place_of_home = place_of[now.roster(place).area]
        distinct = np.flatnonzero(np.bincount(place_of_home, minlength=len(places)))
        among = np.zeros(len(places), dtype=np.int32)
        among[distinct] = np.arange(len(distinct))
        area = among[place_of_home]
        areas = [places[each] for each in distinct.tolist()]
        names = columns_needed(self.book, self.book.inputs_for(sorted(asked), self.as_of, areas))
        segment = now.segment(place, areas, names)
        segment.area = area.astype(np.int32)
        self._alike(segment, names)
        return segment

    def _alike(self, segment: Segment, names: Mapping[Entity, set[str]]) -> None:
        """Give a part the columns that any part has, in the widest kind any has, so that all parts are judged by one program."""
        if self._kinds is None:
            self._kinds = {}
            for name in {entry.columns for entry in self.entries if entry.columns}:
                columns = Columns(self.folder / name)
                for each in columns.names():
                    kind = columns.kind(each)
                    if each not in self._kinds or kind.itemsize > self._kinds[each].itemsize:
                        self._kinds[each] = kind
        for entity, table, length in (
            (Entity.PERSON, segment.person, segment.persons),
            (Entity.HOUSEHOLD, segment.household, segment.households),
        ):
            for name in names[entity]:
                if (widest := self._kinds.get(f"{entity.value}/{name}")) is not None:
                    table[name] = (
                        widened(table[name], widest)
                        if name in table
                        else np.full(length, nothing(widest), dtype=widest)
                    )

    def _words(self, segment: Segment, asked: set[str], earlier: Verdicts | None) -> Verdicts:
        """A part judged; of targets that are not asked the bits of ``earlier`` stay."""
        targets = [name for name in self.targets if name in asked]
        found = judge_in_pieces(
            self.book,
            segment,
            self.as_of,
            self.parameters,
            self.covered,
            targets,
            compiled=self.compiled,
            budget=self.budget,
        )
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

    def _dropped(self, writer: Any, before: State | None) -> None:
        """Targets that are watched no more: what held is cleared."""
        if before is None or self.last is None:
            return
        dropped = tuple(name for name in self.last["targets"] if name not in self.targets)
        if not dropped:
            return
        tally = self._tally(dropped, [name in self.last["of_persons"] for name in dropped])
        for was in range(len(before.entries)):
            words = before.words(was)
            moved = Verdicts(
                dropped,
                *(moved_bits(getattr(words, name), words.targets, dropped) for name in WORDS),
            )
            for position, each in enumerate(subjects_of(before, was, moved, np.flatnonzero(before.live(was)))):
                none = np.zeros(len(each.slots), dtype=np.uint64)
                write_changes(
                    writer, tally, self.areas, replace(each, holds=none, untold=none), each.holds, person=position == 0
                )

    # ── counts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _counts_before(self, tally: Tally) -> bool:
        """Take over the last run's counts, where they are of the same targets; False: everything is counted anew."""
        last = self.last
        if last is None or tuple(last["targets"]) != self.targets or self.before is None:
            return False
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(self.folder / last["summary"]).to_pydict()
        except (OSError, ValueError):  # whoever works with the change files may have moved or spoilt them
            return False
        county = {code: at for at, code in enumerate(tally.counties)}
        target = {name: at for at, name in enumerate(tally.targets)}
        for code, name, holds, untold in zip(
            table["area_code"], table["target"], table["holds"], table["untold"], strict=True
        ):
            tally.holds[county[code], target[name]] = holds
            tally.untold[county[code], target[name]] = untold
        return True

    def _tally(self, targets: tuple[str, ...], of_persons: Sequence[bool]) -> Tally:
        """An empty tally of these targets by county."""
        counties = sorted({county_of(code) for code in self.areas})
        place = {code: at for at, code in enumerate(counties)}
        county = np.array([place[county_of(code)] for code in self.areas], dtype=np.int64)
        return Tally(counties, county, targets, tuple(of_persons))

    def _write_summary(self, tally: Tally) -> None:
        """Counts by county and target; lines of zeros are left out."""
        import pyarrow as pa

        raised, cleared, lost = (tally.changes[name] for name in CHANGES)
        counts = {"holds": tally.holds, "untold": tally.untold, "raised": raised, "cleared": cleared, "lost": lost}
        any_of = np.logical_or.reduce([each != 0 for each in counts.values()])
        county, target = np.nonzero(any_of)
        columns: dict[str, Any] = {
            "area_code": pa.array([tally.counties[each] for each in county.tolist()], type=pa.string()),
            "target": pa.array([tally.targets[each] for each in target.tolist()], type=pa.string()),
        }
        columns |= {name: pa.array(each[county, target]) for name, each in counts.items()}
        about = {"as_of": self.as_of.isoformat(), "version": str(self.version)}
        table = pa.table(columns).replace_schema_metadata(about)
        with store_files.written_table(self.folder / f"changes/{self.version}-summary.parquet", table.schema) as writer:
            writer.write_table(table)
        self._counts = {
            name: {key: int(each[:, bit].sum()) for key, each in counts.items()}
            for bit, name in enumerate(tally.targets)
        }


class _Again:
    """The targets to be judged again, by place of the law."""

    def __init__(self, targets: Sequence[frozenset[str]]) -> None:
        self._targets = targets
        self._any = np.array([bool(each) for each in targets], dtype=bool)

    def of(self, places: Array) -> set[str]:
        """All targets that some of these places ask for."""
        found = np.unique(places[self._any[places]])
        return set().union(*(self._targets[each] for each in found.tolist()))


def _distinct(slots: Array) -> Array:
    """The distinct ones of sorted slots."""
    return slots[np.concatenate(([True], slots[1:] != slots[:-1]))] if len(slots) else slots


def _touched_rows(state: State, place: int, persons: Array, homes: Array, live: Array) -> Array:
    """The rows of a part's live households with a touched person or that are touched themselves."""
    roster, about = state.roster(place), state.about(place)
    touched = np.zeros(roster.households, dtype=bool)
    for slots, numbers, first, own in (
        (persons, roster.slots, about["first_slot"], True),
        (homes, roster.homes, about["first_home"], False),
    ):
        if not len(slots):
            continue
        if first >= 0:
            low, high = np.searchsorted(slots, [first, first + len(numbers)])
            rows = slots[low:high].astype(np.int64) - first
        else:
            at = np.minimum(np.searchsorted(slots, numbers), len(slots) - 1)
            rows = np.flatnonzero(slots[at] == numbers)
        touched[np.searchsorted(roster.offsets, rows, side="right") - 1 if own else rows] = True
    return np.flatnonzero(touched & live)

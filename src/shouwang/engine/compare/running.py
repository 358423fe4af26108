"""One run of the national store: what is touched is folded, what may differ is judged, and what does is written down."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.compare import store_files
from shouwang.engine.compare.changed_law import changed_law, law_places
from shouwang.engine.compare.covering import Coverage, nearest_of
from shouwang.engine.compare.folding import Linked, fold_linked, folds_fingerprint, touched_by_time, write_folded
from shouwang.engine.compare.judging import check_targets, judge_in_pieces
from shouwang.engine.compare.rosters import PART, Progress, Roster, joined
from shouwang.engine.compare.versions import Entry, State, areas_of, write_words
from shouwang.engine.compare.word_changes import (
    CHANGES,
    Subjects,
    Tally,
    county_of,
    matched,
    moved_bits,
    schema,
    write_changes,
)
from shouwang.engine.frame import Array
from shouwang.engine.packed import Segment, Verdicts, columns_needed
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity

IN_PLACE = 8
"""A part of which more than one household in eight is touched is folded anew as a whole."""


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
            self._files[name] = Linked(name, self.folder / name)
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
        for place, rows in enumerate(chosen):
            entry = now.entries[place]
            if len(rows) * IN_PLACE > entry.households:
                keeping.append(replace(entry, columns=self._fold(now.roster(place)), words=None))
                fresh.add(len(keeping) - 1)
            else:
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
            found.append(Entry(name, roster.households, roster.persons, self._fold(roster)))
        return found

    def _fold(self, roster: Roster) -> str:
        files = [self._linked(name) for name in self.applied]
        name = f"columns/{self.version}-{self._number}.columns"
        self._number += 1
        persons = fold_linked(self.book, Entity.PERSON, roster.slots, files, self.as_of)
        households = fold_linked(self.book, Entity.HOUSEHOLD, roster.homes, files, self.as_of)
        write_folded(
            self.folder / name,
            {Entity.PERSON: (roster.persons, persons), Entity.HOUSEHOLD: (roster.households, households)},
        )
        self._folded_households += roster.households
        return name

    # ── judged ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _judged(self, fresh: set[int]) -> int:
        """Judge what may differ, write words, changes and counts; returns how many households were judged."""
        now = State(self.folder, self.manifest, self.entries)
        places, place_of = nearest_of(self.areas, self._law_places())
        again = self._again(places)
        before = self.before
        old_place = {entry.roster: at for at, entry in enumerate(before.entries)} if before else {}
        counties = sorted({county_of(code) for code in self.areas})
        county_place = {code: at for at, code in enumerate(counties)}
        own = tuple(self.book.entity_of(name) is Entity.PERSON for name in self.targets)
        tally = Tally(
            counties,
            np.array([county_place[county_of(code)] for code in self.areas], dtype=np.int64),
            self.targets,
            own,
        )
        from_before = self._summary_before(tally)
        left: list[tuple[Subjects, Subjects]] = []
        came: list[tuple[Subjects, Subjects]] = []
        judged = done = 0
        total = sum(entry.households for entry in self.entries)
        seen: set[int] = set()
        with store_files.written_table(self.folder / f"changes/{self.version}.parquet", schema()) as writer:
            for place, entry in enumerate(self.entries):
                was = old_place.get(entry.roster)
                live = now.live(place)
                live_before = np.zeros(entry.households, dtype=bool)
                if before is not None and was is not None:
                    seen.add(was)
                    live_before = before.live(was)
                asked = set(self.targets) if place in fresh or entry.words is None else again.of(place_of[now.roster(place).area])
                words_before = None
                if was is not None and before is not None and (asked or (live_before & ~live).any() or not from_before):
                    words_before = self._old_words(before, was)
                if asked:
                    words = self._words(now, place, entry, asked, places, place_of, words_before)
                    name = f"words/{self.version}-{place}.words"
                    write_words(self.folder / name, words)
                    self.entries[place] = replace(entry, words=name)
                    judged += entry.households
                elif words_before is not None:
                    words = words_before
                elif not from_before or (live & ~live_before).any():
                    words = now.words(place)
                else:
                    words = None
                self._compare(writer, tally, now, place, (live, live_before), (words, words_before), asked, from_before, left, came)
                done += entry.households
                self._tell("比对判断", done, total)
            if before is not None:
                for was in range(len(before.entries)):
                    if was not in seen:
                        live_before = before.live(was)
                        rows = np.flatnonzero(live_before)
                        if len(rows):
                            gone = _subjects(before, was, self._old_words(before, was), rows)
                            left.append(gone)
                            if from_before:
                                for each in gone:
                                    tally.count(each, -1)
            for person, place in ((True, 0), (False, 1)):
                none = _nobody()
                earlier = Subjects.joined([none, *(each[place] for each in left)])
                later = Subjects.joined([none, *(each[place] for each in came)])
                subjects, held, _ = matched(earlier, later)
                write_changes(writer, tally, self.areas, subjects, held, person=person)
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
            or (last["book"] != self.book.fingerprint and (self.old_book is None or last["book"] != self.old_book.fingerprint))
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
            *(
                moved_bits(getattr(words, name), words.targets, self.targets)
                for name in ("person_holds", "person_untold", "household_holds", "household_untold")
            ),
        )

    def _words(
        self,
        now: State,
        place: int,
        entry: Entry,
        asked: set[str],
        places: list[str],
        place_of: Array,
        words_before: Verdicts | None,
    ) -> Verdicts:
        """A part judged; of targets that are not asked the old bits stay."""
        targets = [name for name in self.targets if name in asked]
        roster = now.roster(place)
        distinct, area = np.unique(place_of[roster.area], return_inverse=True)
        areas = [places[each] for each in distinct.tolist()]
        names = columns_needed(self.book, self.book.inputs_for(targets, self.as_of, areas))
        segment = now.segment(place, areas, {entity: set(found) for entity, found in names.items()})
        segment.area = area.astype(np.int32)
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
        if len(targets) == len(self.targets):
            return found
        old = words_before if words_before is not None else now.words(place)
        kept = np.uint64(sum(1 << bit for bit, name in enumerate(self.targets) if name not in asked))
        return Verdicts(
            self.targets,
            *(
                (getattr(old, name) & kept) | moved_bits(getattr(found, name), targets, self.targets)
                for name in ("person_holds", "person_untold", "household_holds", "household_untold")
            ),
        )

    def _compare(
        self,
        writer: Any,
        tally: Tally,
        now: State,
        place: int,
        lives: tuple[Array, Array],
        words: tuple[Verdicts | None, Verdicts | None],
        asked: set[str],
        from_before: bool,
        left: list[tuple[Subjects, Subjects]],
        came: list[tuple[Subjects, Subjects]],
    ) -> None:
        """A part's words against the same part's before; households that came or left are put aside to be matched."""
        live, live_before = lives
        after, before = words
        both = np.flatnonzero(live & live_before)
        if asked and len(both) and after is not None and before is not None:
            for position, (later, earlier) in enumerate(
                zip(_subjects(now, place, after, both), _subjects(now, place, before, both), strict=True)
            ):
                write_changes(writer, tally, self.areas, later, earlier.holds, person=position == 0)
                tally.count(later, 1)
                if from_before:
                    tally.count(earlier, -1)
        elif not from_before and len(both) and after is not None:
            for each in _subjects(now, place, after, both):
                tally.count(each, 1)
        arrived, gone = np.flatnonzero(live & ~live_before), np.flatnonzero(live_before & ~live)
        if len(arrived) and after is not None:
            new = _subjects(now, place, after, arrived)
            for each in new:
                tally.count(each, 1)
            if self.before is None:
                for position, each in enumerate(new):
                    nothing_held = np.zeros(len(each.slots), dtype=np.uint64)
                    write_changes(writer, tally, self.areas, each, nothing_held, person=position == 0)
            else:
                came.append(new)
        if len(gone) and before is not None:
            old = _subjects(now, place, before, gone)
            left.append(old)
            if from_before:
                for each in old:
                    tally.count(each, -1)

    def _dropped(self, writer: Any, before: State | None) -> None:
        """Targets that are watched no more: what held is cleared."""
        if before is None or self.last is None:
            return
        dropped = tuple(name for name in self.last["targets"] if name not in self.targets)
        if not dropped:
            return
        counties = sorted({county_of(code) for code in self.areas})
        where = {code: at for at, code in enumerate(counties)}
        own = tuple(self.book.entity_of(name) is Entity.PERSON for name in dropped)
        tally = Tally(counties, np.array([where[county_of(code)] for code in self.areas]), dropped, own)
        for was in range(len(before.entries)):
            words = before.words(was)
            moved = Verdicts(
                dropped,
                *(
                    moved_bits(getattr(words, name), words.targets, dropped)
                    for name in ("person_holds", "person_untold", "household_holds", "household_untold")
                ),
            )
            for position, each in enumerate(_subjects(before, was, moved, np.flatnonzero(before.live(was)))):
                none = np.zeros(len(each.slots), dtype=np.uint64)
                write_changes(writer, tally, self.areas, replace(each, holds=none, untold=none), each.holds, person=position == 0)

    # ── counts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _summary_before(self, tally: Tally) -> bool:
        """Take over the last run's counts, where they are of the same targets; False: everything is counted anew."""
        last = self.last
        if last is None or tuple(last["targets"]) != self.targets or self.before is None:
            return False
        import pyarrow.parquet as pq

        table = pq.read_table(self.folder / last["summary"]).to_pydict()
        county = {code: at for at, code in enumerate(tally.counties)}
        target = {name: at for at, name in enumerate(tally.targets)}
        for code, name, holds, untold in zip(
            table["area_code"], table["target"], table["holds"], table["untold"], strict=True
        ):
            tally.holds[county[code], target[name]] = holds
            tally.untold[county[code], target[name]] = untold
        return True

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
        table = pa.table(columns)
        with store_files.written_table(self.folder / f"changes/{self.version}-summary.parquet", table.schema) as writer:
            writer.write_table(table)
        self._counts = {
            name: {key: int(each[:, bit].sum()) for key, each in counts.items()} for bit, name in enumerate(tally.targets)
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


def _subjects(state: State, place: int, words: Verdicts, rows: Array) -> tuple[Subjects, Subjects]:
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
            words.person_holds[members],
            words.person_untold[members],
        ),
        Subjects(
            roster.homes[rows_of],
            roster.household_ids[rows_of],
            roster.household_ids[rows_of],
            roster.area[rows_of],
            words.household_holds[rows_of],
            words.household_untold[rows_of],
        ),
    )


def _nobody() -> Subjects:
    whole, words = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    return Subjects(whole.astype(np.int32), whole, whole, whole.astype(np.int32), words, words)

"""A register folder taken into the store: slots for whom it names first, and rosters of the households that changed."""

from __future__ import annotations

import filecmp
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.compare import store_files
from shouwang.engine.compare.column_files import Columns, write_columns
from shouwang.engine.compare.linking import NUMBER_COLUMNS, link_rest
from shouwang.engine.compare.number_files import NumberFiles, NumbersWriter, cuts_for, files_of
from shouwang.engine.compare.rosters import PART, Progress, RegisterFolder, RegisterPart, Roster, joined
from shouwang.engine.compare.store_files import StoreError
from shouwang.engine.compare.versions import Entry, State, areas_of, gathered, kept_entries
from shouwang.engine.frame import Array

_PIECE = 4_000_000


@dataclass(frozen=True, slots=True)
class RegisterReceipt:
    """What a register folder brought: all of it, and what is new against the one before."""

    persons: int
    households: int
    without_key: int
    doubled_keys: int
    new_persons: int
    changed_households: int
    gone_households: int
    linked_now: int
    already: bool = False


class Registering:
    """One register folder on its way into version ``version``."""

    def __init__(
        self,
        folder: Path,
        version: int,
        manifest: Mapping[str, Any],
        register: RegisterFolder,
        *,
        budget: int,
        progress: Progress | None,
    ) -> None:
        self.folder, self.version, self.manifest, self.register = folder, version, manifest, register
        self.budget, self.progress = budget, progress
        self.first = not manifest["register"]
        self.slots, self.homes = int(manifest["slots"]), int(manifest["homes"])
        self.areas = [] if self.first else areas_of(folder, manifest)
        self.entries: list[Entry] = [Entry(**each) for each in manifest["entries"]]
        self._old = len(self.entries)
        self._waiting: list[Roster] = []
        self._without_key = 0
        self._changed = 0
        self.receipt: RegisterReceipt

    def perform(self) -> dict[str, Any] | None:
        """Write what is new; returns what the manifest changes, None where nothing does."""
        place = {code: at for at, code in enumerate(self.areas)}
        for code in self.register.areas:
            place.setdefault(code, len(place))
        self.areas = list(place)
        to_store = np.array([place[code] for code in self.register.areas], dtype=np.int32)
        keys = self._index_writer("key")
        people = None if self.first else self._open("person_id")
        homes = None if self.first else self._open("household_id")
        new_people, new_homes = self._noting("person_id"), self._noting("household_id")
        state = None if self.first else State(self.folder, self.manifest)
        seen_homes = np.zeros(self.homes, dtype=bool)
        seen_slots = np.zeros(self.slots, dtype=bool)
        slots_before = self.slots
        for part in self.register.parts(self.progress):
            slots, self.slots = _slots(people, part.person_ids, self.slots, new_people)
            own_homes, self.homes = _slots(homes, part.household_ids, self.homes, new_homes)
            _see(seen_slots, slots, "person_id")
            _see(seen_homes, own_homes, "household_id")
            self._without_key += int((~part.keyed).sum())
            keys.add(part.key[part.keyed], slots[part.keyed])
            roster = _roster(part, to_store, slots, own_homes)
            self._take(roster if state is None else roster.take(_changed_rows(state, roster)))
        self._flush(0)
        areas = self._areas_file()
        indexes = {
            "key": self._name("key"),
            "person_id": self._indexed("person_id", new_people),
            "household_id": self._indexed("household_id", new_homes),
        }
        doubled = keys.write(self.folder / indexes["key"])
        gone, newly_gone = (None, 0) if state is None else self._gone(state, seen_homes)
        same_keys = not self.first and all(
            filecmp.cmp(old, new, shallow=False)
            for old, new in zip(
                files_of(self.folder / self.manifest["indexes"]["key"]),
                files_of(self.folder / indexes["key"]),
                strict=True,
            )
        )
        nothing_new = same_keys and not self._changed and not newly_gone and areas == self.manifest["areas"]
        deliveries, linked_now = (
            (self.manifest["deliveries"], 0) if nothing_new or self.first else self._tried_again(indexes)
        )
        self.receipt = RegisterReceipt(
            persons=self.register.persons,
            households=self.register.households,
            without_key=self._without_key,
            doubled_keys=doubled,
            new_persons=self.slots - slots_before,
            changed_households=self._changed,
            gone_households=newly_gone,
            linked_now=linked_now,
            already=nothing_new,
        )
        if nothing_new:
            for path in files_of(self.folder / indexes["key"]):  # no version will name it
                store_files.remove(path)
            return None
        told = {name: getattr(self.receipt, name) for name in ("persons", "households", "without_key", "doubled_keys")}
        return {
            "areas": areas,
            "indexes": indexes,
            "slots": self.slots,
            "homes": self.homes,
            "register": told | {"version": self.version},
            "entries": kept_entries(self.entries),
            "gone": gone,
            "deliveries": deliveries,
        }

    def _take(self, roster: Roster) -> None:
        """Households that become part of the state: whole parts are written as they fill."""
        if roster.households:
            self._changed += roster.households
            self._waiting.append(roster)
        if sum(each.households for each in self._waiting) >= PART:
            self._flush(PART)

    def _flush(self, least: int) -> None:
        while self._waiting and sum(each.households for each in self._waiting) >= max(least, 1):
            whole = joined(self._waiting)
            now = whole if whole.households <= PART else whole.take(np.arange(PART))
            rest = [] if whole.households <= PART else [whole.take(np.arange(PART, whole.households))]
            name = f"rosters/{self.version}-{len(self.entries) - self._old}.roster"
            now.write(self.folder / name)
            self.entries.append(Entry(name, now.households, now.persons))
            self._waiting = rest

    def _open(self, name: str) -> NumberFiles:
        return NumberFiles(self.folder / self.manifest["indexes"][name])

    def _name(self, number: str) -> str:
        return f"indexes/{self.version}-{number}"

    def _index_writer(self, number: str) -> NumbersWriter:
        sample = self.register.sample(number)
        length = self.register.households if number == "household_id" else self.register.persons
        return NumbersWriter(self.folder / f"{self._name(number)}.rows", cuts_for(sample, length), self.budget // 3)

    def _noting(self, number: str) -> NumbersWriter:
        """Where new numbers are noted: of the first register all, else few."""
        if self.first:
            return self._index_writer(number)
        return NumbersWriter(self.folder / f"{self._name(number)}.new.rows", np.empty(0, np.int64), self.budget // 3)

    def _indexed(self, number: str, new: NumbersWriter) -> str:
        """Write an index of the old and the new numbers; the old one stays where nothing is new."""
        if not self.first and not new.count:
            return str(self.manifest["indexes"][number])
        writer = new
        if not self.first:
            writer, old = self._index_writer(number), self._open(number).found
            for first in range(0, len(old.numbers), _PIECE):
                writer.add(old.numbers[first : first + _PIECE], old.slots[first : first + _PIECE])
            for numbers, slots in new.pairs():
                writer.add(numbers, slots)
        name = self._name(number)
        if writer.write(self.folder / name):
            raise StoreError(f"登记册里有相同的 {number}：每人每户的编号只能出现一次，请重新导出登记册")
        return name

    def _areas_file(self) -> str:
        if not self.first and len(self.areas) == len(areas_of(self.folder, self.manifest)):
            return str(self.manifest["areas"])
        name = f"areas/{self.version}.json"
        store_files.write_json(self.folder / name, self.areas)
        return name

    def _gone(self, state: State, seen: Array) -> tuple[str | None, int]:
        """The file of homes that no register names any more, and how many are new in it."""
        before = (
            Columns(self.folder / self.manifest["gone"])["homes"] if self.manifest["gone"] else np.empty(0, np.int32)
        )
        newly = np.flatnonzero((state.places >= 0) & ~seen[: len(state.places)])
        now = np.union1d(before[~seen[before]], newly).astype(np.int32)
        if len(now) == len(before) and not len(newly):
            return self.manifest["gone"], 0
        if not len(now):
            return None, len(newly)
        name = f"gone/{self.version}.gone"
        write_columns(self.folder / name, {"homes": now})
        return name, len(newly)

    def _tried_again(self, indexes: Mapping[str, str]) -> tuple[list[dict[str, Any]], int]:
        """The deliveries, with rows that nobody had before and somebody has now."""
        found, linked_now = [], 0
        for place, delivery in enumerate(self.manifest["deliveries"]):
            if not delivery["unmatched"]:
                found.append(delivery)
                continue
            number = delivery["number"]
            target = self.folder / "linked" / f"{self.version}-{place}"
            more, rest = link_rest(
                self.folder / delivery["unmatched"],
                NUMBER_COLUMNS[number],
                delivery["feed"],
                index=NumberFiles(self.folder / indexes[number]),
                slots=self.homes if number == "household_id" else self.slots,
                target=target,
                budget=self.budget,
            )
            if more:
                linked_now += more
                receipt = {**delivery["receipt"], "linked": delivery["receipt"]["linked"] + more, "unmatched": rest}
                found.append(
                    delivery
                    | {
                        "linked": [*delivery["linked"], f"linked/{target.name}.linked"],
                        "unmatched": f"linked/{target.name}.unmatched" if rest else None,
                        "receipt": receipt,
                    }
                )
            else:
                found.append(delivery)
        return found, linked_now


def _slots(index: NumberFiles | None, numbers: Array, next_slot: int, new: NumbersWriter) -> tuple[Array, int]:
    """The slot of each number, a new one for a new number (noted in ``new``), and the next free slot."""
    slots = np.full(len(numbers), -1, dtype=np.int32) if index is None else index.slots_of(numbers)
    rows = np.flatnonzero(slots < 0)
    slots[rows] = np.arange(next_slot, next_slot + len(rows), dtype=np.int32)
    if len(rows):
        new.add(numbers[rows], slots[rows])
    return slots, next_slot + len(rows)


def _see(seen: Array, slots: Array, name: str) -> None:
    known = slots[slots < len(seen)]
    if seen[known].any() or len(np.unique(known)) != len(known):
        raise StoreError(f"登记册里有相同的 {name}：每人每户的编号只能出现一次，请重新导出登记册")
    seen[known] = True


def _roster(part: RegisterPart, to_store: Array, slots: Array, homes: Array) -> Roster:
    return Roster(
        area=to_store[part.area],
        offsets=part.offsets,
        household_ids=part.household_ids,
        homes=homes,
        person_ids=part.person_ids,
        slots=slots,
        birth_day=part.birth_day,
        sex=part.sex,
        relation=part.relation,
    )


def _changed_rows(state: State, roster: Roster) -> Array:
    """The rows of households that are not in the state as they are here."""
    known = roster.homes < len(state.places)
    part = np.full(roster.households, -1, dtype=np.int64)
    row = np.zeros(roster.households, dtype=np.int64)
    part[known], row[known] = state.where(roster.homes[known])
    changed = part < 0
    here = np.flatnonzero(~changed)
    if len(here):
        old, new = gathered(state, part[here], row[here]), roster.take(here)
        differs = (old.area != new.area) | (old.sizes != new.sizes)
        alike = np.flatnonzero(~differs)
        mine, theirs = new.members(alike), old.members(alike)
        same = np.ones(len(mine), dtype=bool)
        for name in ("slots", "birth_day", "sex", "relation"):
            same &= getattr(new, name)[mine] == getattr(old, name)[theirs]
        differs[new.household_of[mine[~same]]] = True
        changed[here] = differs
    return np.flatnonzero(changed)

"""Versions of a national store: manifests, the state one of them names, and the files nobody names any more.

A manifest is a JSON file that names every file of its version. ``CURRENT`` holds the number of the newest; renaming it is
the one moment at which a command happens. Files are named by the version that makes them, so a command that was cut off
and is given again writes the same names and the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.compare import store_files
from shouwang.engine.compare.column_files import Columns, ColumnsWriter
from shouwang.engine.compare.rosters import Roster, joined, read_roster
from shouwang.engine.compare.store_files import StoreError
from shouwang.engine.frame import Array
from shouwang.engine.packed import Segment, Verdicts
from shouwang.engine.rule import Entity

FORM = 1
FOLDERS = ("areas", "indexes", "linked", "rosters", "columns", "words", "changes", "parameters", "gone")
WORDS = ("person_holds", "person_untold", "household_holds", "household_untold")
_KINDS = (np.uint8, np.uint16, np.uint32, np.uint64)


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of a state: its roster, the folded columns and the words (None: not made yet)."""

    roster: str
    households: int
    persons: int
    columns: str | None = None
    words: str | None = None


class Manifests:
    """The versions of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, version: int) -> Path:
        """Where a version's manifest is."""
        return self.folder / "manifests" / f"{version}.json"

    def current(self) -> int:
        """The newest version; 0 where there is none yet."""
        try:
            return int((self.folder / "CURRENT").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return 0
        except ValueError as error:
            raise StoreError(f"{self.folder / 'CURRENT'} 不是版本号：请从备份恢复整个文件夹") from error

    def read(self, version: int) -> dict[str, Any]:
        """A version's manifest. Raises StoreError where it is not kept."""
        try:
            found: dict[str, Any] = json.loads(self.path(version).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise StoreError(f"版本 {version} 没有保留；现有版本：{self._listed()}") from error
        except ValueError as error:
            raise store_files.damaged(self.path(version)) from error
        if found.get("form") != FORM:
            raise StoreError(f"这个库是用其他版本的守望建立的（格式 {found.get('form')}）：请用原版本打开，或重新建库")
        return found

    def kept(self) -> list[int]:
        """Every version that is kept, ascending. Numbers above the current one are left-overs."""
        current = self.current()
        found = [int(path.stem) for path in (self.folder / "manifests").glob("*.json") if path.stem.isdecimal()]
        return sorted(each for each in found if each <= current)

    def commit(self, version: int, manifest: Mapping[str, Any]) -> None:
        """Write a manifest and make it the current one."""
        store_files.write_json(self.path(version), {**manifest, "form": FORM, "version": version})
        store_files.make_current(self.folder, version)

    def tidy(self, version: int) -> None:
        """Remove what a command that was cut off left behind under this version's number."""
        named = set(_named(self.read(version)))
        for folder in FOLDERS:
            for path in (self.folder / folder).glob(f"{version}[.-]*"):
                if _name_of(folder, path) not in named:
                    store_files.remove(path)

    def sweep(self, keep: Sequence[int]) -> int:
        """Remove manifests that are not to be kept (unless somebody reads them) and files that no kept one names."""
        current = self.current()
        for path in sorted((self.folder / "manifests").glob("*.json")):
            if not path.stem.isdecimal():
                continue
            version = int(path.stem)
            if version > current:
                store_files.remove(path)
            elif version != current and version not in keep:
                store_files.remove_unless_held(path)
        named: set[str] = set()
        for version in self.kept():
            manifest = self.read(version)
            if version != current:
                manifest.pop("indexes", None)  # only the writer needs them, and only the newest
            named |= set(_named(manifest))
        removed = 0
        for folder in FOLDERS:
            for path in sorted((self.folder / folder).glob("*")):
                if _name_of(folder, path) not in named:
                    store_files.remove(path)
                    removed += 1
        return removed

    def _listed(self) -> str:
        kept = self.kept()
        return "、".join(map(str, kept[-10:])) if kept else "无"


def _name_of(folder: str, path: Path) -> str:
    """A file as manifests name it; an index is named without its two endings."""
    return f"{folder}/{path.name.removesuffix('.numbers').removesuffix('.slots') if folder == 'indexes' else path.name}"


def _named(content: object) -> Iterator[str]:
    """Every file a manifest names."""
    if isinstance(content, str):
        if content.split("/", 1)[0] in FOLDERS:
            yield content
    elif isinstance(content, dict):
        for each in content.values():
            yield from _named(each)
    elif isinstance(content, list):
        for each in content:
            yield from _named(each)


def gathered(state: State, part: Array, row: Array) -> Roster:
    """The households at these rows of these parts, in this order."""
    order = np.argsort(part, kind="stable")
    bounds = np.searchsorted(part[order], np.arange(len(state.entries) + 1))
    found = [
        state.roster(place).take(row[order[bounds[place] : bounds[place + 1]]])
        for place in range(len(state.entries))
        if bounds[place] < bounds[place + 1]
    ]
    whole = joined(found)
    if (np.diff(order) == 1).all():
        return whole
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return whole.take(back)


class State:
    """The state a manifest names: parts, and of each household which part it lives in now."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest
        self.entries = [Entry(**each) for each in manifest["entries"]]
        self._open = lru_cache(maxsize=None)(lambda name: read_roster(folder / name))
        self._places: Array | None = None
        self._lives: Sequence[Array] | None = None

    def followed_by(self, entries: Sequence[Entry], lives: Sequence[Array]) -> State:
        """The state that comes of this one: its parts, and which of their households live in them; open rosters are shared."""
        state = copy(self)
        state.entries, state._lives, state._places = list(entries), lives, None
        return state

    @property
    def begins(self) -> Array:
        """Where each part begins among all parts' rows one after another, and where the last one ends."""
        return np.concatenate(([0], np.cumsum([each.households for each in self.entries], dtype=np.int64)))

    def roster(self, place: int) -> Roster:
        """A part's roster."""
        roster: Roster = self._open(self.entries[place].roster)[0]
        return roster

    def about(self, place: int) -> dict[str, Any]:
        """What a part's roster file says of itself."""
        about: dict[str, Any] = self._open(self.entries[place].roster)[1]
        return about

    @property
    def places(self) -> Array:
        """Per home, the row of the household among all parts' rows one after another; -1: in no part."""
        if self._places is None:
            self._places = np.full(int(self.manifest["homes"]), -1, dtype=np.int32)
            for place, (entry, begin) in enumerate(zip(self.entries, self.begins.tolist(), strict=False)):
                first = self.about(place)["first_home"]
                rows = np.arange(begin, begin + entry.households, dtype=np.int32)
                if first >= 0:
                    self._places[first : first + entry.households] = rows
                else:
                    self._places[self.roster(place).homes] = rows
            if self.manifest["gone"]:
                self._places[Columns(self.folder / self.manifest["gone"])["homes"]] = -1
        return self._places

    @property
    def lives(self) -> Sequence[Array]:
        """Per part, which of its households live in it still: those that no later part has and the register still names."""
        if self._lives is None:
            taken = np.zeros(int(self.manifest["homes"]), dtype=bool)
            if self.manifest["gone"]:
                taken[Columns(self.folder / self.manifest["gone"])["homes"]] = True
            found: list[Array] = []
            for place in reversed(range(len(self.entries))):
                first = self.about(place)["first_home"]
                homes = self.roster(place).homes if first < 0 else slice(first, first + self.entries[place].households)
                found.append(~taken[homes])
                taken[homes] = True
            self._lives = found[::-1]
        return self._lives

    def live(self, place: int) -> Array:
        """Which households of a part live in it still."""
        return self.lives[place]

    def where(self, homes: Array) -> tuple[Array, Array]:
        """Part and row in it of each home; part -1 where it is in none."""
        places, begins = self.places[homes].astype(np.int64), self.begins
        part = np.searchsorted(begins, places, side="right") - 1
        part[places < 0] = -1
        return part, places - begins[part]

    def segment(self, place: int, areas: Sequence[str], names: Mapping[Entity, set[str]] | None = None) -> Segment:
        """A part as a segment: all stored columns, or only these."""
        roster, entry = self.roster(place), self.entries[place]
        segment = Segment(areas, roster.area, roster.offsets, roster.household_ids, roster.person_ids)
        for name in ("birth_day", "sex", "relation"):
            segment.person[name] = getattr(roster, name)
        if entry.columns is not None:
            columns = Columns(self.folder / entry.columns)
            for each in columns.names():
                entity, _, name = each.partition("/")
                if names is None or name in names[Entity(entity)]:
                    (segment.person if entity == Entity.PERSON.value else segment.household)[name] = columns[each]
        return segment

    def words(self, place: int) -> Verdicts:
        """A part's words."""
        return read_words(self._words_file(place))

    def words_at(self, place: int, members: Array, households: Array) -> Verdicts:
        """The words of some persons and households of a part (their rows, ascending)."""
        columns = Columns(self._words_file(place))
        rows = dict(zip(WORDS, (members, members, households, households), strict=True))
        return Verdicts(tuple(columns.about["targets"]), *(columns.at(name, rows[name]) for name in WORDS))

    def _words_file(self, place: int) -> Path:
        name = self.entries[place].words
        if name is None:
            raise StoreError("这个版本还没有比对过：请先执行 shouwang nation run")
        return self.folder / name


def kinds_of(folder: Path, entries: Sequence[Entry]) -> dict[str, str]:
    """Of each column that some part has, the widest kind."""
    kinds: dict[str, str] = {}
    for name in {entry.columns for entry in entries if entry.columns}:
        columns = Columns(folder / name)
        widen(kinds, {each: columns.kind(each).str for each in columns.names()})
    return kinds


def widen(kinds: dict[str, str], more: Mapping[str, str]) -> None:
    """Take up the kinds of more columns, where they are wider."""
    for name, kind in more.items():
        kinds[name] = max(kinds.get(name, kind), kind, key=lambda each: np.dtype(each).itemsize)


def write_words(path: Path, words: Verdicts) -> None:
    """Write words in as few bits as the targets need: of the few that say anything, else all compressed."""
    kind = np.dtype(next(each for each in _KINDS if len(words.targets) <= np.iinfo(each).bits))
    with store_files.written(path) as file:
        writer = ColumnsWriter(file)
        for name in WORDS:
            every = getattr(words, name)
            rows = np.flatnonzero(every != 0)  # of truth values NumPy finds the rows several times faster
            writer.few(name, len(every), 0, rows.astype(np.int32), every[rows].astype(kind), pack=True)
        writer.finish({"targets": list(words.targets)})


def read_words(path: Path) -> Verdicts:
    """Read words as they are kept: unsigned numbers of as many bits as the targets need."""
    columns = Columns(path)
    return Verdicts(tuple(columns.about["targets"]), *(columns[name] for name in WORDS))


def wide(words: Verdicts) -> Verdicts:
    """The words as 64 bits each."""
    return Verdicts(words.targets, *(getattr(words, name).astype(np.uint64, copy=False) for name in WORDS))


def kept_entries(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Entries as a manifest keeps them."""
    return [asdict(each) for each in entries]


def areas_of(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """The divisions' codes, by place."""
    path = folder / manifest["areas"]
    try:
        found: list[str] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise store_files.damaged(path) from error
    return found

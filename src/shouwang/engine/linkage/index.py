"""The kept blocking index (分块索引): whom in the register a new record must be compared with, found in a fraction of a millisecond.

One sorted column of 64-bit keys per block, with the person's number beside each; a key is a keyed hash of what the block
compares, so the file holds no name, no birth date and no number of an office. Changed people lie in a small overlay that
covers the base and is merged into it when it has grown.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shouwang.engine.linkage.levels import BLOCKS
from shouwang.engine.linkage.model import Judged, Model
from shouwang.engine.linkage.records import COLUMNS, Compared, Whom, compared

if TYPE_CHECKING:
    import numpy.typing as npt

FORM = 1
_NORM = ("norm",)
KEYS: tuple[tuple[str, ...], ...] = (*BLOCKS, _NORM)
"""The blocks, and last the normalised name, from which its frequency is counted."""
_PLACES = tuple(tuple(COLUMNS.index(column) for column in block) for block in KEYS)
MOST_CANDIDATES = 20_000
"""A block that gives more than this is left out: it tells nothing and would cost seconds."""
MERGE_ABOVE = 20_000


class IndexUnreadable(Exception):
    """The kept index is missing, of another form, or made under another key; build it again."""


def print_of(whom: Whom, key: bytes) -> int:
    """Return a keyed 64-bit print of what is compared of a person: another one means that the person has changed."""
    return int.from_bytes(blake2b(repr(tuple(whom)).encode(), digest_size=8, key=key).digest(), "big")


def block_keys(record: Compared, key: bytes) -> tuple[int | None, ...]:
    """Return a record's key in each block and of its name; None where it does not say enough for the block."""
    found: list[int | None] = []
    for at, places in enumerate(_PLACES):
        values = [record[place] for place in places]
        if None in values:
            found.append(None)
            continue
        text = f"{at}|{'|'.join(map(str, values))}"
        found.append(int.from_bytes(blake2b(text.encode(), digest_size=8, key=key).digest(), "big"))
    return tuple(found)


@dataclass
class BlockIndex:
    """Keys of everybody in the register, by block. ``people`` counts them; ``mark`` is the caller's own word on what is in it."""

    key: bytes
    hashes: list[npt.NDArray[np.uint64]]
    persons: list[npt.NDArray[np.int64]]
    people: npt.NDArray[np.int64]
    prints: npt.NDArray[np.uint64]
    mark: str = ""
    changed: dict[int, tuple[int | None, ...]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    _changed_prints: dict[int, int] = field(default_factory=dict)
    _added: list[dict[int, set[int]]] = field(default_factory=lambda: [defaultdict(set) for _ in KEYS])

    @property
    def size(self) -> int:
        """Return how many people are in it."""
        new = sum(1 for person in self.changed if not self._in_base(person))
        return len(self.people) + new - sum(1 for person in self.gone if self._in_base(person))

    def _in_base(self, person: int) -> bool:
        at = int(np.searchsorted(self.people, person))
        return at < len(self.people) and int(self.people[at]) == person

    def update(self, changed: Mapping[int, Whom], gone: Iterable[int] = ()) -> None:
        """Take in people who are new or whose name, birth, sex or place has changed, and leave out those who are gone.

        Costs what the change costs; merged into the base once more than ``MERGE_ABOVE`` people lie in the overlay.
        """
        for person in gone:
            self._forget(person)
            self.changed.pop(person, None)
            self._changed_prints.pop(person, None)
            self.gone.add(person)
        for person, whom in changed.items():
            self._forget(person)
            keys = block_keys(compared(whom), self.key)
            self.changed[person] = keys
            self._changed_prints[person] = print_of(whom, self.key)
            self.gone.discard(person)
            for at, value in enumerate(keys):
                if value is not None:
                    self._added[at][value].add(person)
        if len(self.changed) + len(self.gone) > MERGE_ABOVE:
            self.merge()

    def _forget(self, person: int) -> None:
        for at, value in enumerate(self.changed.get(person, ())):
            if value is not None:
                self._added[at][value].discard(person)

    def merge(self) -> None:
        """Bring the overlay into the base."""
        covered = np.array(sorted({*self.changed, *self.gone}), np.int64)
        merged = _sorted_by_block(self.changed)
        for at in range(len(KEYS)):
            kept = ~np.isin(self.persons[at], covered)
            hashes = np.concatenate([self.hashes[at][kept], merged[at][0]])
            persons = np.concatenate([self.persons[at][kept], merged[at][1]])
            order = np.lexsort((persons, hashes))
            self.hashes[at], self.persons[at] = hashes[order], persons[order]
        left = ~np.isin(self.people, covered)
        new = sorted(self.changed)
        people = np.concatenate([self.people[left], np.array(new, np.int64)])
        prints = np.concatenate([self.prints[left], np.array([self._changed_prints[each] for each in new], np.uint64)])
        order = np.argsort(people, kind="stable")
        self.people, self.prints = people[order], prints[order]
        self.changed, self.gone, self._changed_prints = {}, set(), {}
        self._added = [defaultdict(set) for _ in KEYS]

    def catch_up(self, people: Iterable[tuple[int, Whom]]) -> int:
        """Bring the index in step with the whole register, people in rising order of number; return how many differed.

        Reads everybody once and hashes what is compared; only people who differ are indexed anew.
        """
        self.merge()
        known = self.people.tolist()
        prints = self.prints.tolist()
        changed: dict[int, Whom] = {}
        gone: list[int] = []
        at = 0
        for person, whom in people:
            while at < len(known) and known[at] < person:
                gone.append(known[at])
                at += 1
            if at < len(known) and known[at] == person:
                if prints[at] != print_of(whom, self.key):
                    changed[person] = whom
                at += 1
            else:
                changed[person] = whom
        gone += known[at:]
        self.update(changed, gone)
        return len(changed) + len(gone)

    def _persons_under(self, at: int, value: int) -> list[int]:
        low, high = self._span(at, value)
        base: list[int] = self.persons[at][low:high].tolist()
        if self.changed or self.gone:
            base = [person for person in base if person not in self.changed and person not in self.gone]
        return base + sorted(self._added[at].get(value, ()))

    def _span(self, at: int, value: int) -> tuple[int, int]:
        sought = np.uint64(value)
        low = int(np.searchsorted(self.hashes[at], sought, "left"))
        return low, int(np.searchsorted(self.hashes[at], sought, "right"))

    def candidates(self, record: Compared) -> list[int]:
        """Return the numbers of the people a record must be compared with, in order."""
        found: set[int] = set()
        for at, value in enumerate(block_keys(record, self.key)[: len(BLOCKS)]):
            if value is not None:
                persons = self._persons_under(at, value)
                if len(persons) <= MOST_CANDIDATES:
                    found.update(persons)
        return sorted(found)

    def frequency(self, norm: str) -> float | None:
        """Return how large a part of the register bears a normalised name; None where nobody does."""
        value = block_keys(compared_norm(norm), self.key)[-1]
        assert value is not None
        count = len(self._persons_under(len(BLOCKS), value))
        return count / max(1, self.size) if count else None

    def keep(self, folder: Path) -> None:
        """Write the index as one folder, whole or not at all, in place of the one before.

        Of two processes that keep it at once one is the later; the other's is thrown away, as it can be built again.
        """
        self.merge()
        made = folder.with_name(f".{folder.name}.{os.getpid()}")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True, mode=0o700)
        for at in range(len(KEYS)):
            np.save(made / f"hashes-{at}.npy", self.hashes[at])
            np.save(made / f"persons-{at}.npy", self.persons[at])
        np.save(made / "people.npy", self.people)
        np.save(made / "prints.npy", self.prints)
        (made / "index.json").write_text(
            json.dumps(
                {"form": FORM, "mark": self.mark, "keys": [list(each) for each in KEYS], "seal": _seal(self.key)}
            ),
            encoding="utf-8",
        )
        old = folder.with_name(f".{folder.name}.old.{os.getpid()}")
        with suppress(OSError):  # there is none yet, or another process has just moved it away
            folder.rename(old)
        with suppress(OSError):  # another process has just put its own there
            made.rename(folder)
        for left in (old, made):
            shutil.rmtree(left, ignore_errors=True)


def compared_norm(norm: str) -> Compared:
    """Return a record that says nothing but a normalised name."""
    return Compared(norm, *(None,) * (len(COLUMNS) - 1))


def _seal(key: bytes) -> str:
    return blake2b(b"linkage index", digest_size=16, key=key).hexdigest()


def _sorted_by_block(
    keys: Mapping[int, Sequence[int | None]],
) -> list[tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]]:
    found = []
    for at in range(len(KEYS)):
        pairs = sorted((value, person) for person, each in keys.items() if (value := each[at]) is not None)
        found.append(
            (np.array([value for value, _ in pairs], np.uint64), np.array([person for _, person in pairs], np.int64))
        )
    return found


def build_index(people: Iterable[tuple[int, Whom]], key: bytes, mark: str = "") -> BlockIndex:
    """Build the index of a register from (lasting number, whom); ``key`` 16 to 64 bytes keeps its hashes unguessable."""
    numbers: list[int] = []
    prints: list[int] = []
    columns: list[list[int]] = [[] for _ in KEYS]
    persons: list[list[int]] = [[] for _ in KEYS]
    for number, whom in people:
        numbers.append(number)
        prints.append(print_of(whom, key))
        for at, value in enumerate(block_keys(compared(whom), key)):
            if value is not None:
                columns[at].append(value)
                persons[at].append(number)
    hashes, sorted_persons = [], []
    for column, numbered in zip(columns, persons, strict=True):
        one, two = np.array(column, np.uint64), np.array(numbered, np.int64)
        order = np.lexsort((two, one))
        hashes.append(one[order])
        sorted_persons.append(two[order])
    everybody = np.array(numbers, np.int64)
    order = np.argsort(everybody, kind="stable")
    return BlockIndex(key, hashes, sorted_persons, everybody[order], np.array(prints, np.uint64)[order], mark)


def open_index(folder: Path, key: bytes) -> BlockIndex:
    """Open a kept index, its columns mapped from disk. Raises IndexUnreadable."""
    try:
        head = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        if (head["form"], head["keys"], head["seal"]) != (FORM, [list(each) for each in KEYS], _seal(key)):
            raise IndexUnreadable("关联索引不是本版程序或当前密钥建立的，请重新建立。")
        columns = [
            [np.load(folder / f"{name}-{at}.npy", mmap_mode="r") for at in range(len(KEYS))]
            for name in ("hashes", "persons")
        ]
        people, prints = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("people", "prints"))
    except (OSError, ValueError, KeyError) as error:
        raise IndexUnreadable("关联索引不存在或已损坏，请重新建立。") from error
    return BlockIndex(key, columns[0], columns[1], people, prints, head["mark"])


@dataclass(frozen=True)
class Suggestion:
    """Somebody of the register who may be meant, with the judgement of the pair."""

    person: int
    judged: Judged


def suggest(
    whom: Whom,
    index: BlockIndex,
    model: Model,
    people: Callable[[list[int]], Mapping[int, Whom]],
    *,
    at_least: float = 0.05,
    most: int = 5,
    part: float = 1.0,
) -> list[Suggestion]:
    """Return who in the register one new record may be about, the likeliest first. ``part``: see ``Model.prior``.

    ``people`` gives name, birth, sex and division of the candidates by number (one left out is gone).
    """
    record = compared(whom)
    prior = model.prior(index.size, part)
    seen: dict[str, float | None] = {}
    found = []

    def frequency(column: str, norm: str) -> float | None:
        assert column == _NORM[0]
        if norm not in seen:
            seen[norm] = index.frequency(norm)
        return seen[norm]

    for person, other in people(index.candidates(record)).items():
        judged = model.judge(record, compared(other), prior=prior, frequency=frequency)
        if judged.probability >= at_least:
            found.append(Suggestion(person, judged))
    found.sort(key=lambda each: (-each.judged.probability, each.person))
    return found[:most]

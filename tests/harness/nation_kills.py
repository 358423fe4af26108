"""The national store killed, and its disk filled, at every act on the disk; each verb given again ends in the same bytes.

``run(kills, fulls)`` strikes that many times, spread over every point of every verb, and returns what it found; as a
program: ``python -m tests.harness.nation_kills 200 200``. A point is before and after each write, sync, renaming,
publishing and removal of a file; for a full disk, each write. After a strike the last whole version must read as before
(or, if the verb had happened already, as after), and the folder must end byte for byte as that of an unstruck verb.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.book import load_book
from shouwang.engine.compare import registering, rosters, store, store_files, versions
from shouwang.engine.compare.store import StoreError, open_store
from shouwang.engine.parameters import Assertion
from tests.engine.compare.nation_world import World

ACTS = ("write", "sync", "settle", "publish", "remove")
TARGETS = ("promoted", "licence_ending")
DAY, LATER = date(2032, 3, 15), date(2032, 4, 20)
AREAS = ["970101001001", "970102001001"]

Verb = tuple[str, Callable[[Path], Any]]


class Bomb:
    """Names the points it passes and, at the one it is set for, kills the process as a power cut would."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.points: list[str] = []

    def point(self, name: str) -> None:
        """Pass one point."""
        self.points.append(name)
        if len(self.points) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """Pass a point before and after an act."""

        def bracketed(*given: Any) -> Any:
            self.point(f"before {name}")
            result = act(*given)
            self.point(f"after {name}")
            return result

        return bracketed


class FullDisk:
    """Lets so many writes through and then says that the disk is full, having written half."""

    def __init__(self, at: int = 0) -> None:
        self.at, self.writes = at, 0

    def around(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """Count an act that writes; others pass."""
        if name != "write":
            return act

        def counted(file: Any, content: Any) -> Any:
            self.writes += 1
            if self.writes == self.at:
                half = memoryview(content).cast("B")
                act(file, half[: len(half) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            return act(file, content)

        return counted


@contextmanager
def struck(what: Bomb | FullDisk) -> Iterator[None]:
    """Bracket every act on the disk."""
    plain = {name: getattr(store_files, name) for name in ACTS}
    for name, act in plain.items():
        setattr(store_files, name, what.around(name, act))
    try:
        yield
    finally:
        for name, act in plain.items():
            setattr(store_files, name, act)


@contextmanager
def small_parts() -> Iterator[None]:
    """Parts of a few households, so that a verb writes many files."""
    modules = (rosters, registering, store)
    try:
        for module in modules:
            module.PART = 13
        yield
    finally:
        for module in modules:
            module.PART = 262_144


def verbs(folder: Path) -> list[Verb]:
    """The life of a small store, verb by verb; the files they read are written into ``folder``."""
    book = load_book("tests.toyland")
    standards = book.table([Assertion("notice_days", "970100000000", 60, "days", date(2030, 1, 1), source="local")])
    world = World(book, np.random.default_rng(8), AREAS)
    world.settle(30)
    first = world.write_register(folder / "first")
    feeds = ("guild", "register", "fields", "register", "guild", "river")
    files = [world.write_delivery(world.deliver(DAY, feed, rows=80), folder / "files") for feed in feeds]
    world.change_register()
    world.change_register()
    second = world.write_register(folder / "second")

    def link(number: int, **more: Any) -> Callable[[Path], Any]:
        return lambda home: open_store(home).link(files[number], items=book.items, **more)

    def run(day: date, table: Any = standards) -> Callable[[Path], Any]:
        return lambda home: open_store(home).run(book, day, table, TARGETS)

    return [
        ("open", lambda home: open_store(home, create=True).register_people(first)),
        ("link", link(0)),
        ("link more", link(1)),
        ("link in little memory", link(2, budget=2000)),
        ("run", run(DAY)),
        ("link again", link(3)),
        ("correct", link(4, replaces="d1")),
        ("open again", lambda home: open_store(home).register_people(second)),
        ("run the changes", run(DAY)),
        ("withdraw", lambda home: open_store(home).withdraw("d2")),
        ("run a later day", run(LATER)),
        ("compact", lambda home: open_store(home).compact(keep=1)),
        ("run with other parameters", run(LATER, book.parameters)),
    ]


def bytes_of(folder: Path) -> dict[str, str]:
    """Every file of a store but the lock, by its digest."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def read(folder: Path) -> tuple[int, str]:
    """The current version, and a digest of all that the last run's state says."""
    current = versions.Manifests(folder).current()
    digest = hashlib.sha256()
    if not current or not versions.Manifests(folder).read(current)["run"]:
        return current, ""
    with open_store(folder).view() as view:
        for segment, (_, words) in zip(view.segments(), view.verdicts(), strict=True):
            for table in (segment.person, segment.household):
                for name, column in sorted(table.items()):
                    digest.update(name.encode() + column.tobytes())
            digest.update(
                segment.household_ids.tobytes() + words.person_holds.tobytes() + words.household_holds.tobytes()
            )
    return current, digest.hexdigest()


def _killed(act: Callable[[], Any]) -> int:
    """Do an act in a child process; returns how it ended (0, or the signal, negative)."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def run(kills: int, fulls: int, *, careless: bool = False) -> dict[str, Any]:
    """Strike ``kills`` and ``fulls`` times (-1: at every point).

    ``careless`` plants a fault and strikes only where versions are published: the harness must then find differing ends.
    """
    order = _publish_first if careless else _as_it_is
    tally: dict[str, Any] = {"points": 0, "writes": 0, "killed": 0, "filled": 0, "differing": []}
    with tempfile.TemporaryDirectory() as name, small_parts():
        folder = Path(name)
        before = folder / "before"
        before.mkdir()
        steps = []
        for number, (verb, act) in enumerate(verbs(folder)):
            after = folder / f"after{number}"
            shutil.copytree(before, after)
            bomb, disk = Bomb(), FullDisk()
            with order(), struck(bomb):
                act(after)
            again = folder / "again"
            shutil.copytree(before, again)
            with struck(disk):
                act(again)
            shutil.rmtree(again)
            steps.append((verb, act, before, after, bomb.points, disk.writes))
            before = after
        places = [(step, at) for step in steps for at in range(1, len(step[4]) + 1)]
        writes = [(step, at) for step in steps for at in range(1, step[5] + 1)]
        if careless:
            places = [(step, at) for step, at in places if step[4][at - 1] == "after publish"]
        tally["points"], tally["writes"] = len(places), len(writes)
        for step, at in _spread(places, kills):
            with _struck_copy(folder, step) as home, order():

                def strike(step: Any = step, at: int = at, home: Path = home) -> None:
                    with struck(Bomb(at)):
                        step[1](home)

                tally["killed"] += _killed(strike) == -signal.SIGKILL
                tally["differing"] += _after(home, step, f"{step[0]}, killed {step[4][at - 1]} ({at})")
        for step, at in _spread(writes, fulls):
            with _struck_copy(folder, step) as home, order():
                try:
                    with struck(FullDisk(at)):
                        step[1](home)
                except StoreError as error:
                    tally["filled"] += "磁盘空间不足" in str(error)
                tally["differing"] += _after(home, step, f"{step[0]}, disk full at write {at}")
    return tally


def _spread(points: list[Any], count: int) -> list[Any]:
    if count < 0 or count >= len(points):
        return points
    return [points[number * len(points) // count] for number in range(count)]


@contextmanager
def _struck_copy(folder: Path, step: Any) -> Iterator[Path]:
    home = folder / "struck"
    shutil.copytree(step[2], home)
    try:
        yield home
    finally:
        shutil.rmtree(home)


def _after(home: Path, step: Any, what: str) -> list[str]:
    """What is wrong after a strike: a version that does not read, or another end than the unstruck one's."""
    _, act, before, after, *_ = step
    try:
        if read(home) not in (read(before), read(after)):
            return [f"{what}: the last whole version reads otherwise"]
        act(home)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong
        return [f"{what}: {error!r}"]
    wanted, found = bytes_of(after), bytes_of(home)
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    return [f"{what}: {', '.join(wrong)}"] if wrong else []


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _publish_first() -> Iterator[None]:
    """The planted fault: a version is current before its manifest is written."""
    plain = versions.Manifests.commit

    def careless(self: Any, version: int, manifest: Any) -> None:
        store_files.make_current(self.folder, version)
        plain(self, version, manifest)

    versions.Manifests.commit = careless
    try:
        yield
    finally:
        versions.Manifests.commit = plain


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), int(sys.argv[2])), ensure_ascii=False))

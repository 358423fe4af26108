"""Reads a delivered file in a child process with limits: a hostile file costs its own job and nothing else."""

from __future__ import annotations

import json
import logging
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import shouwang
from shouwang.apps.exchange.contract import raw_contract
from shouwang.apps.exchange.reading import template
from shouwang.apps.exchange.reading.child import DISK_FULL, OUT_OF_MEMORY, RECEIPT
from shouwang.apps.exchange.reading.container import XLSX
from shouwang.apps.exchange.reading.delivered import LARGE
from shouwang.apps.exchange.reading.reasons import Refused

LOG = logging.getLogger(__name__)
MIB = 1024 * 1024
_SOURCE = str(Path(shouwang.__file__).resolve().parents[1])
_KILLED = {-9, -24, -25}  # SIGKILL, SIGXCPU, SIGXFSZ
ANSWERS_WITHIN = 120.0
"""Seconds in which a template says how a process ended: it may be compiling for another file before it looks."""


class StorageFull(Exception):
    """The disk is full: nothing was taken in and nothing noted; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: bytes of address space, CPU seconds, bytes of one written file, seconds on the wall."""

    memory: int
    cpu: int
    file_size: int
    wall: int


def limits_for(size: int, extension: str) -> Limits:
    """Return the limits for a file of some bytes.

    A text file is read in blocks: its memory does not grow with it, up to the libraries of a large one. A workbook is packed
    and costs more for each byte.
    """
    mib = size // MIB + 1
    if extension == XLSX:
        return Limits(1_200 * MIB, 40 + 20 * mib, 256 * MIB, 90 + 60 * mib)
    return Limits(min(1_000 + 8 * mib, 1_500) * MIB, 20 + mib, 64 * MIB + 4 * size, 60 + 4 * mib)


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read: where it lies, what it claims to be, where the results go, and the keys of this delivery."""

    file: Path
    extension: str
    feed: str
    home: str
    today: str
    folder: Path
    id_key: bytes
    name_key: bytes
    seal_key: bytes


class Child:
    """A process at work: what it says comes line by line from ``lines``."""

    def __init__(
        self, work: socket.socket, errors: int, told: socket.socket, forker: subprocess.Popen[bytes] | None
    ) -> None:
        self._work, self._errors, self._told, self._forker = work, errors, told, forker
        told.settimeout(ANSWERS_WITHIN)
        self.lines = work.makefile("rb")
        self._code: int | None = None

    def hand_over(self, order: str) -> None:
        """Write the one line it waits for."""
        try:
            self._work.sendall(order.encode() + b"\n")
            self._work.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it is gone already: its code will say so

    def wait(self) -> int:
        """Return its exit code once it has ended; of one ended by a signal its number, negative."""
        return self._ended(template.WAIT)

    def kill(self) -> None:
        """End it."""
        self._ended(template.END)

    def error(self) -> str:
        """Return the beginning of what it wrote to standard error."""
        os.set_blocking(self._errors, False)
        try:
            return os.read(self._errors, 200).decode("utf-8", "replace").strip()
        except BlockingIOError:
            return ""

    def close(self) -> None:
        """End it if it has not ended, and let go of it."""
        self.kill()
        self.lines.close()
        self._work.close()
        self._told.close()
        os.close(self._errors)

    def _ended(self, how: bytes) -> int:
        if self._code is None:
            try:
                self._told.sendall(how)
                answer = self._told.recv(16)
            except TimeoutError:
                answer = b""
                if self._forker is not None:
                    self._forker.kill()  # and the system all its children: nobody else could answer for them
                    self._forker.wait()
            except OSError:
                answer = b""
            self._code = int(answer) if answer else 1  # no answer: the template broke down, and it with it
        return self._code


class _Templates:
    """The one template of this process, begun when the first file comes and again when it has gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def child(self, *, large: bool) -> Child:
        """Start a process that waits for its order."""
        work, its_work = socket.socketpair()
        told, its_told = socket.socketpair()
        errors, its_errors = os.pipe()
        handed = (its_work.fileno(), its_errors, its_told.fileno())
        kind = template.LARGE if large else template.SMALL
        try:
            with self._lock:
                self._hand(kind, handed)
                forker = self._running
        finally:
            its_work.close()
            its_told.close()
            os.close(its_errors)
        return Child(work, errors, told, forker)

    def end(self) -> None:
        """Let the template go: it ends at once unless files are being read."""
        with self._lock:
            self._forget(wait=True)

    def number(self) -> int | None:
        """The template's process number; None where there is none."""
        return None if self._running is None else self._running.pid

    def _hand(self, kind: bytes, handed: tuple[int, int, int]) -> None:
        for again in (True, False):
            if not self._is_there():
                self._forget(wait=False)
                self._begin()
            assert self._control is not None
            try:
                socket.send_fds(self._control, [kind], list(handed))
            except OSError:
                self._forget(wait=False)
                if not again:
                    return  # it broke down: whoever waits for the child is told so
            else:
                return

    def _is_there(self) -> bool:
        """Whether there is a template to ask: a forked process shares nobody's, and of one that has ended a child may hold the socket yet."""
        if self._control is None or self._owner != os.getpid():
            return False
        return self._running is not None and self._running.poll() is None

    def _begin(self) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-X", "utf8", "-s", "-m", "shouwang.apps.exchange.reading.template"]
        with theirs:
            self._running = subprocess.Popen(command, stdin=theirs, stdout=subprocess.DEVNULL, env=environment())
        self._control, self._owner = ours, os.getpid()

    def _forget(self, *, wait: bool) -> None:
        if self._control is not None:
            self._control.close()
        if self._running is not None and self._owner == os.getpid() and wait:
            self._running.wait()
        self._control = self._running = None


_templates = _Templates()
end_template, template_number = _templates.end, _templates.number


def environment() -> dict[str, str]:
    """Return the variables a reading process has: none of ours, and how its libraries take memory and threads."""
    return {
        "PYTHONPATH": _SOURCE,
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "1",
        # the columns of one block take the memory of the last: giving it back between them costs a fifth of the time
        "MALLOC_MMAP_THRESHOLD_": str(256 * MIB),
        "MALLOC_TRIM_THRESHOLD_": str(512 * MIB),
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """A child at work on one file; its results will lie in ``job.folder``."""

    child: Child
    job: Job
    wall: int

    def receipt(self, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
        """Wait for the child and return the receipt; the time on the wall counts from here.

        Raises Refused('limits') for a file that costs too much, Refused('unreadable') where the child broke down,
        StorageFull where its results found no room.
        """
        _follow(self.child, time.monotonic() + self.wall, progress)
        code = self.child.wait()
        if code == OUT_OF_MEMORY or code in _KILLED:
            raise Refused("limits")
        if code == DISK_FULL:
            raise StorageFull("存储空间不足，没有接收这份文件；请清理磁盘后重新接收。")
        if code != 0:
            LOG.error("reading broke down with code %s: %s", code, self.child.error())
            raise Refused("unreadable")
        return dict(json.loads((self.job.folder / RECEIPT).read_text(encoding="utf-8")))


@cache
def _contract(feed: str) -> dict[str, Any]:
    """A feed's contract, read and checked once in a process (as ``load_contract`` is)."""
    return raw_contract(feed)


@contextmanager
def reading(job: Job, *, size: int) -> Iterator[Reading]:
    """Start a child on a file and give it to be waited for; a child that nobody waited for is ended."""
    limits = limits_for(size, job.extension)
    order = {
        "file": str(job.file),
        "extension": job.extension,
        "contract": _contract(job.feed),
        "home": job.home,
        "today": job.today,
        "folder": str(job.folder),
        "id_key": job.id_key.hex(),
        "name_key": job.name_key.hex(),
        "seal_key": job.seal_key.hex(),
        "limits": [limits.memory, limits.cpu, limits.file_size],
    }
    child = _templates.child(large=size > LARGE)
    try:
        child.hand_over(json.dumps(order, ensure_ascii=False))
        yield Reading(child, job, limits.wall)
    finally:
        child.close()


def _follow(child: Child, until: float, progress: Callable[[int, int], None] | None) -> None:
    """Pass progress lines on until the child closes its output; kill it when its time is up."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.lines, selectors.EVENT_READ)
        while True:
            if not waiting.select(timeout=max(0.0, until - time.monotonic())):
                child.kill()
                return
            try:
                line = child.lines.readline()
            except ConnectionResetError:  # it ended before it had read its order
                return
            if not line:
                return
            if progress is not None:
                told = json.loads(line)
                progress(told["done"], told["of"])

"""Reads a delivered file in a child process with limits: a hostile file costs its own job and nothing else."""

from __future__ import annotations

import json
import logging
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shouwang
from shouwang.apps.exchange.contract import raw_contract
from shouwang.apps.exchange.reading.child import DISK_FULL, OUT_OF_MEMORY, RECEIPT
from shouwang.apps.exchange.reading.container import XLSX
from shouwang.apps.exchange.reading.reasons import Refused

LOG = logging.getLogger(__name__)
MIB = 1024 * 1024
_SOURCE = str(Path(shouwang.__file__).resolve().parents[1])
_KILLED = {-9, -24, -25}  # SIGKILL, SIGXCPU, SIGXFSZ


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


@contextmanager
def _started() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-X", "utf8", "-s", "-m", "shouwang.apps.exchange.reading.child"]
    quiet = {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "1",
        # the columns of one block take the memory of the last: giving it back between them costs a fifth of the time
        "MALLOC_MMAP_THRESHOLD_": str(256 * MIB),
        "MALLOC_TRIM_THRESHOLD_": str(512 * MIB),
    }
    env = {"PYTHONPATH": _SOURCE, "LANG": "C.UTF-8", **quiet}
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=env,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                stream.close()


@dataclass(frozen=True, slots=True)
class Reading:
    """A child at work on one file; its results will lie in ``job.folder``."""

    child: subprocess.Popen[str]
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
            assert self.child.stderr is not None
            LOG.error("reading broke down with code %s: %s", code, self.child.stderr.read(200).strip())
            raise Refused("unreadable")
        return dict(json.loads((self.job.folder / RECEIPT).read_text(encoding="utf-8")))


@contextmanager
def reading(job: Job, *, size: int) -> Iterator[Reading]:
    """Start a child on a file and give it to be waited for; a child that nobody waited for is ended."""
    limits = limits_for(size, job.extension)
    order = {
        "file": str(job.file),
        "extension": job.extension,
        "contract": raw_contract(job.feed),
        "home": job.home,
        "today": job.today,
        "folder": str(job.folder),
        "id_key": job.id_key.hex(),
        "name_key": job.name_key.hex(),
        "seal_key": job.seal_key.hex(),
        "limits": [limits.memory, limits.cpu, limits.file_size],
    }
    with _started() as child:
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(order, ensure_ascii=False) + "\n")
            child.stdin.close()
        except BrokenPipeError:
            pass
        finally:
            child.stdin = None
        yield Reading(child, job, limits.wall)


def _follow(child: subprocess.Popen[str], until: float, progress: Callable[[int, int], None] | None) -> None:
    """Pass progress lines on until the child closes its output; kill it when its time is up."""
    assert child.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        while True:
            if not waiting.select(timeout=max(0.0, until - time.monotonic())):
                child.kill()
                return
            line = child.stdout.readline()
            if not line:
                return
            if progress is not None:
                told = json.loads(line)
                progress(told["done"], told["of"])

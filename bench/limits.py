"""What this machine can do at most: memory read, random touches, disk read; and how many times that floor a figure is.

One and two threads. Disk is read past the page cache (O_DIRECT) where the file system allows it, else after the pages were
dropped. Every national bench prints its floor by ``floor_of``.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
WORDS = 1 << 26
"""512 MiB of int64: far beyond any cache."""
TOUCHED = 40_000_000
"""int64 that random touches fall on: 320 MB."""
TOUCHES = 1 << 25
FILE_BYTES = 1 << 30
BLOCK = 1 << 23
TURNS = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes a second read from memory by one thread and by two, random 8-byte touches a second, bytes a second from disk."""

    memory_one: float
    memory_two: float
    touches_one: float
    touches_two: float
    disk: float
    disk_way: str


@numba.njit(nogil=True)
def _sum(words: np.ndarray[Any, Any]) -> int:
    a = b = c = d = 0
    for place in range(0, len(words) - 3, 4):
        a += words[place]
        b += words[place + 1]
        c += words[place + 2]
        d += words[place + 3]
    return a + b + c + d


@numba.njit(nogil=True)
def _touch(words: np.ndarray[Any, Any], touches: int, seed: int) -> int:
    total, state, length = 0, np.uint64(seed), np.uint64(len(words))
    for _ in range(touches):
        state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        total += words[np.int64(((state >> np.uint64(32)) * length) >> np.uint64(32))]
    return total


def _best(work: Callable[[], object], turns: int = TURNS) -> float:
    best = float("inf")
    for _ in range(turns):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def measure(folder: Path | None = None) -> Limits:
    """Return this machine's limits now (about ten seconds, 1 GiB of memory and of disk)."""
    one, both, touch_one, touch_two = _memory()
    disk, way = _disk(folder or ROOT / "var" / "bench")
    return Limits(
        memory_one=WORDS * 8 / one,
        memory_two=WORDS * 8 / both,
        touches_one=TOUCHES / touch_one,
        touches_two=2 * TOUCHES / touch_two,
        disk=disk,
        disk_way=way,
    )


def _memory() -> tuple[float, float, float, float]:
    words = np.ones(WORDS, np.int64)
    halves = np.array_split(words, 2)
    _sum(words[:8])
    with ThreadPoolExecutor(2) as two:
        one = _best(lambda: _sum(words))
        both = _best(lambda: list(two.map(_sum, halves)))
        touched = words[:TOUCHED]
        _touch(touched, 8, 1)
        touch_one = _best(lambda: _touch(touched, TOUCHES, 1), 2)
        touch_two = _best(lambda: list(two.map(lambda seed: _touch(touched, TOUCHES, seed), (1, 2))), 2)
    return one, both, touch_one, touch_two


def _disk(folder: Path) -> tuple[float, str]:
    folder.mkdir(parents=True, exist_ok=True)
    block = mmap.mmap(-1, BLOCK)  # aligned to a page, as O_DIRECT wants it
    block.write(os.urandom(BLOCK))
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(FILE_BYTES // BLOCK):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        try:
            handle, way = os.open(file.name, os.O_RDONLY | os.O_DIRECT), "O_DIRECT"
        except OSError:
            handle, way = os.open(file.name, os.O_RDONLY), "pages dropped"
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            began = time.perf_counter()
            place = 0
            while got := os.preadv(handle, [block], place):
                place += got
            return FILE_BYTES / (time.perf_counter() - began), way
        finally:
            os.close(handle)


def floor_of(
    limits: Limits, seconds: float, *, memory_bytes: int = 0, disk_bytes: int = 0, touches: int = 0, threads: int = 2
) -> dict[str, float]:
    """Return the least seconds that must go by (bytes ÷ bandwidth, touches ÷ rate), and how many times that we took."""
    memory = limits.memory_two if threads > 1 else limits.memory_one
    rate = limits.touches_two if threads > 1 else limits.touches_one
    floor = memory_bytes / memory + disk_bytes / limits.disk + touches / rate
    return {
        "floor_s": _short(floor),
        "floor_memory_s": _short(memory_bytes / memory),
        "floor_disk_s": _short(disk_bytes / limits.disk),
        "floor_touches_s": _short(touches / rate),
        "times_floor": round(seconds / floor, 1) if floor else 0.0,
    }


def _short(seconds: float) -> float:
    return float(f"{seconds:.3g}")


def main() -> None:
    """Measure and tell."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    told = asdict(measure())
    rounded = {name: float(f"{value:.3g}") if isinstance(value, float) else value for name, value in told.items()}
    print(json.dumps({"bench": "limits", **rounded, "load": round(os.getloadavg()[0], 1)}), file=sys.stdout)


if __name__ == "__main__":
    main()

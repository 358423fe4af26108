"""Jobs done in turn, or two at a time where that pays: compiled loops, packing and the disk leave Python's lock alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")

ROOM = 2 << 30
"""The least budget of memory, in bytes, for two things at once."""


MANY = 65_536
"""Households, or linked rows, from which on two jobs are done at once."""


def at_once(jobs: int, size: int, budget: int) -> int:
    """How many of some jobs are done at a time, by their number, how much they have to do and the budget of memory."""
    return 2 if jobs > 1 and size > MANY and budget >= ROOM else 1


@contextmanager
def in_turn(work: Callable[[Job], Done], jobs: Iterable[Job], threads: int) -> Iterator[Iterator[Done]]:
    """What ``work`` gives for each job, in their order; no more than ``threads`` + 1 results wait to be taken.

    An error of a job is raised in its turn. However the block ends, no job is under way after it, and those not begun are
    not done: whoever gives up the store's lock has nobody writing still.
    """
    if threads <= 1:
        yield map(work, jobs)
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield _taken(pool, work, jobs, threads)
    finally:
        pool.shutdown(cancel_futures=True)


def _taken(pool: ThreadPoolExecutor, work: Callable[[Job], Done], jobs: Iterable[Job], threads: int) -> Iterator[Done]:
    waiting: deque[Future[Done]] = deque()
    for job in jobs:
        waiting.append(pool.submit(work, job))
        if len(waiting) > threads:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()

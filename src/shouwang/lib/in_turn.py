"""Jobs done in turn or several at a time, with their results in order and nothing under way once the block has ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


@contextmanager
def in_turn(work: Callable[[Job], Done], jobs: Iterable[Job], threads: int) -> Iterator[Iterator[Done]]:
    """What ``work`` gives for each job, in their order; no more than ``threads`` + 1 results wait to be taken.

    An error of a job is raised in its turn. However the block ends, no job is under way after it, and those not begun are
    not done: whoever gives up the store's lock has nobody writing still, however often he was asked to stop.
    """
    if threads <= 1:
        yield map(work, jobs)
        return
    pool, begun = ThreadPoolExecutor(threads), deque[Future[Done]]()
    try:
        yield _taken(lambda job: pool.submit(work, job), jobs, threads, begun)
    finally:
        _end(pool, begun)


def _taken(
    begin: Callable[[Job], Future[Done]], jobs: Iterable[Job], threads: int, begun: deque[Future[Done]]
) -> Iterator[Done]:
    """The results in turn; a job stays among the ``begun`` until its result is there."""
    for job in jobs:
        begun.append(begin(job))
        if len(begun) > threads:
            yield _first(begun)
    while begun:
        yield _first(begun)


def _first(begun: deque[Future[Done]]) -> Done:
    result = begun[0].result()
    begun.popleft()
    return result


def _end(pool: ThreadPoolExecutor, begun: Iterable[Future[Done]]) -> None:
    """Wait for the jobs under way. Whoever asks again to stop (Ctrl+C) is answered afterwards.

    The threads alone cannot be waited for: of one whose joining was broken off Python says that it has ended.
    """
    under_way = [each for each in begun if not each.cancel()]
    asked: KeyboardInterrupt | None = None
    while not all(each.done() for each in under_way):
        try:
            wait(under_way)
        except KeyboardInterrupt as again:
            asked = again
    pool.shutdown(cancel_futures=True)
    if asked is not None:
        raise asked

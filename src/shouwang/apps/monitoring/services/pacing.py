"""Keeps write batches short, so that people who work meanwhile never wait long for the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

SHORT, LONG = 0.1, 0.25  # seconds; the promise is 0.5
SMALLEST, LARGEST = 25, 500


class Pace:
    """A batch size that follows how long the last batch took."""

    def __init__(self, size: int = 100) -> None:
        self.size = size
        self.longest = 0.0
        self.spent = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time one batch and choose the size of the next."""
        start = perf_counter()
        yield
        took = perf_counter() - start
        self.longest = max(self.longest, took)
        self.spent += took
        if took > LONG:
            self.size = max(SMALLEST, self.size // 2)
        elif took < SHORT:
            self.size = min(LARGEST, self.size * 3 // 2)

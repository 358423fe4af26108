"""Whether two jobs are done at a time: that pays where compiled loops, packing and the disk leave Python's lock alone."""

from __future__ import annotations

ROOM = 2 << 30
"""The least budget of memory, in bytes, for two things at once."""
MANY = 65_536
"""Households, or linked rows, from which on two jobs are done at once."""


def at_once(jobs: int, size: int, budget: int) -> int:
    """How many of some jobs are done at a time, by their number, how much they have to do and the budget of memory."""
    return 2 if jobs > 1 and size > MANY and budget >= ROOM else 1

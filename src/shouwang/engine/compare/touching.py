"""Whom a run must fold again: those of whom new or withdrawn deliveries speak, and whom a moved day touches."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.compare.folding import Linked, touched_by_time
from shouwang.engine.compare.versions import State
from shouwang.engine.frame import Array
from shouwang.engine.rule import Entity


def touched_rows(  # noqa: PLR0917 - a state, and what has moved since it was folded
    state: State, book: Book, files: Iterable[Linked], moved: Collection[str], before: date, as_of: date
) -> list[Array]:
    """Per part, the rows of live households to be folded again; ``moved``: names of files that came or went since ``before``."""
    touched: dict[Entity, list[Array]] = {Entity.PERSON: [], Entity.HOUSEHOLD: []}
    for file in files:
        if file.name in moved:
            touched[file.entity].append(_distinct(file.slots))
        elif before != as_of:
            touched[file.entity].append(touched_by_time(book, file, before, as_of))
    # runs that are sorted already are merged, which ``np.unique`` would not make use of
    persons, homes = (
        _distinct(np.sort(np.concatenate([np.empty(0, dtype=np.int32), *found]), kind="stable"))
        for found in touched.values()
    )
    return [
        np.flatnonzero(state.live(place)) if entry.columns is None else _touched_of(state, place, persons, homes)
        for place, entry in enumerate(state.entries)
    ]


def _distinct(slots: Array) -> Array:
    """The distinct ones of sorted slots."""
    return slots[np.concatenate(([True], slots[1:] != slots[:-1]))] if len(slots) else slots


def _touched_of(state: State, place: int, persons: Array, homes: Array) -> Array:
    """The rows of a part's live households with a touched person or that are touched themselves."""
    roster, about = state.roster(place), state.about(place)
    touched = np.zeros(roster.households, dtype=bool)
    for slots, numbers, first, own in (
        (persons, roster.slots, about["first_slot"], True),
        (homes, roster.homes, about["first_home"], False),
    ):
        if not len(slots):
            continue
        if first >= 0:
            low, high = np.searchsorted(slots, np.array([first, first + len(numbers)], dtype=slots.dtype))
            rows = slots[low:high].astype(np.int64) - first
        else:
            at = np.minimum(np.searchsorted(slots, numbers), len(slots) - 1)
            rows = np.flatnonzero(slots[at] == numbers)
        touched[np.searchsorted(roster.offsets, rows, side="right") - 1 if own else rows] = True
    return np.flatnonzero(touched & state.live(place))

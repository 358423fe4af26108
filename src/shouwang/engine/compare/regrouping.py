"""Households of several parts put together as one part, with their columns and words as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.compare import store_files
from shouwang.engine.compare.column_files import Columns, ColumnsWriter
from shouwang.engine.compare.versions import WORDS, Entry, State, gathered, write_words
from shouwang.engine.frame import Array
from shouwang.engine.packed import Verdicts, nothing, untold
from shouwang.engine.rule import Entity


def regroup(folder: Path, state: State, part: Array, row: Array, name: str) -> Entry:
    """Write the households at these rows of these parts as one part called ``name``."""
    roster = gathered(state, part, row)
    places = np.unique(part).tolist()
    rows = {place: np.flatnonzero(part == place) for place in places}
    members = {place: roster.members(rows[place]) for place in places}
    theirs = {place: state.roster(place).members(row[rows[place]]) for place in places}
    files = {place: Columns(folder / str(state.entries[place].columns)) for place in places}
    names = sorted({each for file in files.values() for each in file.names()})
    entry = Entry(
        f"rosters/{name}.roster", roster.households, roster.persons, f"columns/{name}.columns", f"words/{name}.words"
    )
    roster.write(folder / entry.roster)
    with store_files.written(folder / str(entry.columns)) as file:
        writer = ColumnsWriter(file)
        for each in names:
            own = each.partition("/")[0] == Entity.PERSON.value
            kind = max(
                (files[place].kind(each) for place in places if each in files[place]), key=lambda one: one.itemsize
            )
            whole = np.full(roster.persons if own else roster.households, nothing(kind), dtype=kind)
            for place in places:
                if each in files[place]:
                    source = files[place][each][theirs[place] if own else row[rows[place]]]
                    whole[members[place] if own else rows[place]] = widened(source, kind)
            there = np.flatnonzero(whole != nothing(kind))
            if len(there):
                writer.few(each, len(whole), nothing(kind), there.astype(np.int32), whole[there])
        writer.finish({})
    words = {place: state.words(place) for place in places}
    found = {}
    for each in WORDS:
        own = each.startswith("person")
        whole = np.zeros(roster.persons if own else roster.households, dtype=np.uint64)
        for place in places:
            source = getattr(words[place], each)
            whole[members[place] if own else rows[place]] = source[theirs[place] if own else row[rows[place]]]
        found[each] = whole
    write_words(folder / str(entry.words), Verdicts(words[places[0]].targets, **found))
    return entry


def widened(stored: Array, kind: np.dtype[Any]) -> Array:
    """Stored values in a wider kind: the two marks become that kind's."""
    if stored.dtype == kind:
        return stored
    wide = stored.astype(kind)
    wide[stored == untold(stored.dtype)] = untold(kind)
    wide[stored == nothing(stored.dtype)] = nothing(kind)
    return wide

"""The plain reading of a nation's files: facts folded by ``fold_facts``, rules by ``evaluate_columns``; what SQL and store must equal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.nation_data import SHARES, Nation
from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.book import Book
from shouwang.engine.compare.state import fold_facts
from shouwang.engine.frame import OPEN, Array, FactColumns, Frame, People
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity

LARGE = 1_000_003
"""A prime: ids modulo it weigh the words in a checksum."""


def frame_of(nation: Nation, book: Book, as_of: date, names: Iterable[str], changes: Sequence[str] = ()) -> Frame:
    """Return the folded inputs of a whole nation, of the base and of days of change; every feed is delivered."""
    register = nation.folder / "register"
    persons = pq.read_table(register / "persons.parquet")
    households = pq.read_table(register / "households.parquet")
    areas = np.array(pq.read_table(register / "areas.parquet")["area_code"].to_pylist(), dtype="<U12")
    people = People(
        area_codes=areas[households["area"].to_numpy()],
        household_index=persons["household_row"].to_numpy().astype(np.int64),
        birth_day=persons["birth_day"].to_numpy(),
        sex=persons["sex"].to_numpy().astype(np.int64),
        relation=persons["relation"].to_numpy().astype(np.int64),
    )
    keys = persons["key"].to_numpy()
    own = [nation.feed(name) for name in (*SHARES, "register-persons")]
    own += [nation.change(share, name) for share in changes for name in (*SHARES, "register-persons")]
    feeds = {item.feed for item in book.items.values()}
    return fold_facts(
        book,
        people,
        _facts(own, keys),
        _facts([nation.feed("register-households")], keys),
        as_of,
        covered_feeds=feeds,
        names=set(names),
    )


def _facts(files: Sequence[Path], keys: Array) -> FactColumns:
    order = np.argsort(keys)
    items: list[str] = []
    parts: list[tuple[Array, ...]] = []
    for file in files:
        table = pq.read_table(file)
        start = table["true_from"].to_numpy().astype(np.int32)
        if "key" in table.column_names:
            asked = table["key"].to_numpy()
            place = order[np.searchsorted(keys, asked, sorter=order).clip(max=len(keys) - 1)]
            here = keys[place] == asked
        else:
            place = table["person_id" if "person_id" in table.column_names else "household_id"].to_numpy() - 1
            here = np.ones(len(place), bool)
        end = np.full(len(start), OPEN, np.int32)
        if "true_to" in table.column_names:
            end = table["true_to"].combine_chunks().fill_null(int(OPEN)).to_numpy().astype(np.int32)
        for item in (name for name in table.column_names if "." in name):
            column = table[item].combine_chunks()
            rows = np.flatnonzero(~column.is_null().to_numpy(zero_copy_only=False) & here)
            if item not in items:
                items.append(item)
            code = np.full(len(rows), items.index(item))
            value = column.fill_null(0).to_numpy().astype(np.int64)
            parts.append((place[rows], code, value[rows], start[rows], end[rows]))
    subject, code, value, start, end = (np.concatenate(column) for column in zip(*parts, strict=True))
    return FactColumns(items, subject, code, value, start, end)


def words_of(
    book: Book, frame: Frame, as_of: date, parameters: ParameterTable, targets: Sequence[str]
) -> dict[Entity, tuple[Array, Array]]:
    """Return, of persons and of households, the words of what holds and of what cannot be told."""
    results = evaluate_columns(book, frame, as_of, parameters, targets)
    found = {
        Entity.PERSON: (np.zeros(frame.persons, np.uint64), np.zeros(frame.persons, np.uint64)),
        Entity.HOUSEHOLD: (np.zeros(frame.households, np.uint64), np.zeros(frame.households, np.uint64)),
    }
    for bit, name in enumerate(targets):
        entity = book.entity_of(name) or Entity.PERSON
        column = (results.person if entity is Entity.PERSON else results.household)[name]
        holds, untold = found[entity]
        holds |= (column.values & column.known).astype(np.uint64) << np.uint64(bit)
        untold |= (~column.known).astype(np.uint64) << np.uint64(bit)
    return found


def check_of(ids: Array, words: Array) -> tuple[int, int, int]:
    """Return how many words are not 0, their sum, and their sum weighed by the ids."""
    some = words != 0
    kept = words[some].astype(np.int64)
    weighed = (ids[some] % LARGE) * kept
    return int(some.sum()), int(kept.sum()), sum(int(part.sum()) for part in np.array_split(weighed, 64))

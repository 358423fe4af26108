"""Both sides of the national comparison, ready to be timed: DuckDB over the raw files, and the national store."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.measured import THREADS
from bench.nation_data import SHARES, Nation
from bench.nation_plain import LARGE
from bench.nation_rules import TARGETS
from bench.nation_sql import FEEDS, constants, tables_of, whole_query
from bench.population import parameters
from shouwang.engine.book import Book
from shouwang.engine.frame import Array
from shouwang.engine.packed import Verdicts

MEMORY = "8GB"
SPILL = "60GB"
PART_HOUSEHOLDS = 1_000_000
LOCAL = ("recent_days", "asset_recent_days", "authorisation_notice_days", "pension_tolerance")
SOMEWHERE = "990101000000"
LINKED_WHOLE = 65_536
"""Files of a store up to this size are copied, larger ones (which nobody writes again) are linked."""


def local_values(book: Book, as_of: date) -> dict[str, int]:
    """Return the parameters the invented province sets, as the SQL's constants."""
    table = parameters(book)
    found = {name: table.lookup(name, SOMEWHERE, as_of) for name in LOCAL}
    return {name: int(each.value) for name, each in found.items() if each is not None}


@contextmanager
def database(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield DuckDB with two threads, 8 GB and a folder to spill into, which is removed afterwards."""
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    try:
        connection.execute(f"SET threads = {THREADS}")
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET temp_directory = '{spill}'")
        connection.execute(f"SET max_temp_directory_size = '{SPILL}'")
        connection.execute("SET preserve_insertion_order = false")
        yield connection
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def one_query(
    connection: duckdb.DuckDBPyConnection, nation: Nation, values: dict[str, int | str], form: str
) -> list[int]:
    """Run the one query over the raw files: words that are not 0, their sum, and their sum weighed by ids."""
    return _checked(connection, whole_query(tables_of(nation), values, form=form))


def by_parts(
    connection: duckdb.DuckDBPyConnection, nation: Nation, values: dict[str, int | str], folder: Path
) -> list[int]:
    """Let DuckDB link each feed to the register first, cut by household, then query part by part: nothing has to spill."""
    tables = tables_of(nation)
    folder.mkdir(parents=True)
    for feed, _ in FEEDS.values():
        connection.execute(
            f"""COPY (SELECT person_id, feed.* EXCLUDE (key), household_row // {PART_HOUSEHOLDS} AS part
            FROM {tables[feed]} AS feed JOIN (SELECT key, person_id, household_row FROM {tables["register"]}) USING (key))
            TO '{folder / feed}' (FORMAT parquet, PARTITION_BY part, COMPRESSION zstd)"""
        )
    found = np.zeros(3, dtype=object)
    for part in range(-(-nation.households // PART_HOUSEHOLDS)):
        first, after = part * PART_HOUSEHOLDS, (part + 1) * PART_HOUSEHOLDS
        own = {"households": tables["households"]}
        people = f"FROM {tables['register']} WHERE household_row >= {first} AND household_row < {after}"
        own["register"] = f"(SELECT * {people})"
        for feed, _ in FEEDS.values():
            there = folder / feed / f"part={part}"
            files = f"'{there}/*.parquet'" if there.exists() else None
            nobody = f"(SELECT 0::BIGINT AS person_id, * EXCLUDE (key) FROM {tables[feed]} WHERE false)"
            own[feed] = f"read_parquet({files}, hive_partitioning = false)" if files else nobody
        found += np.array(_checked(connection, whole_query(own, values, form="list", key="person_id")), dtype=object)
    return [int(each) for each in found]


def _checked(connection: duckdb.DuckDBPyConnection, text: str) -> list[int]:
    return [int(each or 0) for each in connection.execute(text).fetchall()[0]]


def rows_by_sql(nation: Nation, values: dict[str, int | str], spill: Path) -> dict[bool, tuple[Array, Array]]:
    """Return the SQL's words of what holds and of what cannot be told; of households (True) and persons (False), by id - 1."""
    with database(spill) as connection:
        text = whole_query(tables_of(nation), values, form="union", rows=True)
        table = connection.execute(text).to_arrow_table()
    of_household, ids = (table[name].to_numpy() for name in ("household", "id"))
    found = {}
    for household, length in ((False, nation.people), (True, nation.households)):
        words = []
        for name in ("mask", "untold"):
            word = np.zeros(length, np.uint64)
            own = of_household == household
            word[ids[own] - 1] = table[name].to_numpy()[own].astype(np.uint64)
            words.append(word)
        found[household] = (words[0], words[1])
    return found


def values_for(book: Book, as_of: date) -> dict[str, int | str]:
    """Return the constants that stand in the SQL on a day."""
    return constants(as_of, local_values(book, as_of))


def copied_store(source: Path, folder: Path) -> Path:
    """Return another store with the same content: large files linked, since no store writes a finished file again."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted(source.rglob("*")):
        there = folder / path.relative_to(source)
        if path.is_dir():
            there.mkdir(parents=True, exist_ok=True)
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        if path.stat().st_size > LINKED_WHOLE:
            os.link(path, there)
        else:
            shutil.copy2(path, there)
    return folder


def base_feeds(nation: Nation) -> list[Path]:
    """Return the eight feeds' base deliveries."""
    return [nation.feed(name) for name in SHARES]


def registers_own(nation: Nation) -> list[Path]:
    """Return what the register itself says of persons and of households."""
    return [nation.feed("register-persons"), nation.feed("register-households")]


def words_in_order(verdicts: Verdicts, targets: Sequence[str] = TARGETS) -> dict[bool, tuple[Array, Array]]:
    """Return words whose i-th bit speaks of ``targets[i]``: of households (True) and persons (False), held and untold."""
    words = {
        False: (verdicts.person_holds, verdicts.person_untold),
        True: (verdicts.household_holds, verdicts.household_untold),
    }
    if tuple(verdicts.targets) == tuple(targets):
        return words
    return {
        key: (_moved(pair[0], verdicts, targets), _moved(pair[1], verdicts, targets)) for key, pair in words.items()
    }


def _moved(words: Array, verdicts: Verdicts, targets: Sequence[str]) -> Array:
    found = np.zeros(len(words), np.uint64)
    for bit, name in enumerate(targets):
        place = np.uint64(verdicts.targets.index(name))
        found |= (words >> place & np.uint64(1)) << np.uint64(bit)
    return found


class Checksum:
    """How many words are not 0, their sum, and their sum weighed by ids: as the SQL counts them."""

    def __init__(self) -> None:
        self.found = [0, 0, 0]

    def add(self, ids: Array, words: Array) -> None:
        """Count words in."""
        some = np.flatnonzero(words)
        kept, who = words[some].astype(np.int64), ids[some] % LARGE
        self.found[0] += len(some)
        self.found[1] += int(kept.sum())
        self.found[2] += sum(int((a * b).sum()) for a, b in zip(_pieces(kept), _pieces(who), strict=True))


def _pieces(values: Array) -> list[Array]:
    return np.array_split(values, max(1, len(values) // 100_000))


def check_of_view(view: Any) -> dict[str, list[int]]:
    """Return the checksums of a store's words: of what holds, and of what cannot be told."""
    holds, untold = Checksum(), Checksum()
    for segment, verdicts in view.verdicts():
        words = words_in_order(verdicts)
        for household, ids in ((False, segment.person_ids), (True, segment.household_ids)):
            holds.add(ids, words[household][0])
            untold.add(ids, words[household][1])
    return {"holds": holds.found, "untold": untold.found}

"""Who lives in which household, as the store keeps it: parts of whole households, and what a register folder says new.

A person and a household have a lasting place in the store, their slot, given when the register first names them. A roster
is a part of the state without its facts; a later roster's household replaces an earlier one's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from shouwang.engine.backends import arrays
from shouwang.engine.compare.column_files import Columns, write_columns
from shouwang.engine.compare.store_files import StoreError
from shouwang.engine.frame import Array
from shouwang.engine.packed import nothing
from shouwang.lib.area_codes import AreaCodeError, level_of

PART = 262_144
"""Households in a part of the state."""
_BATCH = 1_000_000

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Roster:
    """Whole households: ``area`` place in the store's list, ``homes`` and ``slots`` int32 slots, the rest as in a Segment."""

    area: Array
    offsets: Array
    household_ids: Array
    homes: Array
    person_ids: Array
    slots: Array
    birth_day: Array
    sex: Array
    relation: Array

    @property
    def households(self) -> int:
        """How many households."""
        return len(self.homes)

    @property
    def persons(self) -> int:
        """How many persons."""
        return len(self.slots)

    @property
    def sizes(self) -> Array:
        """Members per household."""
        return np.diff(self.offsets)

    @property
    def household_of(self) -> Array:
        """Per person, the row of the household."""
        return np.repeat(np.arange(self.households), self.sizes)

    def members(self, households: Array) -> Array:
        """The person rows of these households, in their order."""
        sizes = self.sizes[households]
        starts = np.cumsum(sizes) - sizes
        return np.repeat(self.offsets[:-1][households] - starts, sizes) + np.arange(int(sizes.sum()))

    def take(self, households: Array) -> Roster:
        """The households at these rows, in this order."""
        members = self.members(households)
        offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(self.sizes[households])))
        return Roster(
            self.area[households],
            offsets,
            self.household_ids[households],
            self.homes[households],
            self.person_ids[members],
            self.slots[members],
            self.birth_day[members],
            self.sex[members],
            self.relation[members],
        )

    def write(self, path: Path) -> None:
        """Write it as a file of columns."""
        about: dict[str, Any] = {"households": self.households, "persons": self.persons}
        for name, numbers in (("first_slot", self.slots), ("first_home", self.homes)):
            one_run = len(numbers) > 0 and bool((np.diff(numbers) == 1).all())
            about[name] = int(numbers[0]) if one_run else -1
        write_columns(path, {each.name: getattr(self, each.name) for each in fields(self)}, about)


def read_roster(path: Path) -> tuple[Roster, dict[str, Any]]:
    """A roster, mapped, and what its file says of it (``first_slot``, ``first_home``: -1 where they are not one run)."""
    columns = Columns(path)
    return Roster(**{each.name: columns[each.name] for each in fields(Roster)}), columns.about


def joined(rosters: Sequence[Roster]) -> Roster:
    """Rosters one after another."""
    if len(rosters) == 1:
        return rosters[0]
    sizes = np.concatenate([each.sizes for each in rosters])
    offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))
    rest = {
        each.name: np.concatenate([getattr(roster, each.name) for roster in rosters])
        for each in fields(Roster)
        if each.name != "offsets"
    }
    return Roster(offsets=offsets, **rest)


@dataclass(frozen=True, slots=True)
class RegisterPart:
    """Whole households as the register folder has them; ``key`` int64 with ``keyed`` where it is known."""

    household_ids: Array
    area: Array
    offsets: Array
    person_ids: Array
    key: Array
    keyed: Array
    birth_day: Array
    sex: Array
    relation: Array


class RegisterFolder:
    """``persons.parquet``, ``households.parquet`` and ``areas.parquet`` of one register. Raises StoreError (中文)."""

    def __init__(self, folder: Path) -> None:
        import pyarrow.parquet as pq

        self.folder = folder
        lacking = [name for name in ("persons", "households", "areas") if not (folder / f"{name}.parquet").exists()]
        if lacking:
            raise StoreError(f"{folder} 不是登记册文件夹：缺少 {'、'.join(f'{name}.parquet' for name in lacking)}")
        with _readable("persons.parquet"):
            self._persons = pq.ParquetFile(folder / "persons.parquet")
        self._require("persons", self._persons, ("person_id", "key", "household_row", "birth_day", "sex", "relation"))
        with _readable("households.parquet"):
            households = pq.ParquetFile(folder / "households.parquet")
        self._require("households", households, ("household_id", "area"))
        with _readable("households.parquet"):
            table = households.read(columns=["household_id", "area"])
        if table["household_id"].null_count or table["area"].null_count:
            raise StoreError("登记册 households.parquet 有空的户号或区划：请重新导出登记册")
        self.household_ids: Array = table["household_id"].to_numpy().astype(np.int64)
        self.area: Array = table["area"].to_numpy().astype(np.int32)
        with _readable("areas.parquet"):
            areas = pq.read_table(folder / "areas.parquet")
        if "area_code" not in areas.column_names:
            raise StoreError("登记册 areas.parquet 缺少 area_code 列：请重新导出登记册")
        self.areas: list[str] = [str(code) for code in areas["area_code"].to_pylist()]
        try:
            for code in self.areas:
                level_of(code)
        except AreaCodeError as error:
            raise StoreError(f"登记册 areas.parquet：{error}") from error
        if len(self.area) and not 0 <= int(self.area.min()) <= int(self.area.max()) < len(self.areas):
            raise StoreError("登记册 households.parquet 的 area 超出 areas.parquet 的行数：请重新导出登记册")
        self.persons = int(self._persons.metadata.num_rows)

    def _require(self, name: str, file: Any, columns: tuple[str, ...]) -> None:
        lacking = [each for each in columns if each not in file.schema_arrow.names]
        if lacking:
            raise StoreError(f"登记册 {name}.parquet 缺少列 {'、'.join(lacking)}：请用本版本重新导出登记册")
        wrong = [each for each in columns if not is_whole(file.schema_arrow.field(each).type)]
        if wrong:
            raise StoreError(f"登记册 {name}.parquet 的列 {'、'.join(wrong)} 不是整数：请重新导出登记册")

    @property
    def households(self) -> int:
        """How many households."""
        return len(self.household_ids)

    def sample(self, number: str) -> Array:
        """Some of a column of numbers, from all over the register."""
        if number == "household_id":
            return self.household_ids[::97]
        groups = self._persons.metadata.num_row_groups
        chosen = sorted({int(place) for place in np.linspace(0, groups - 1, 8)}) if groups else []
        with _readable("persons.parquet"):
            found = [numbers_of(self._persons.read_row_group(place, columns=[number])[number])[0] for place in chosen]
        return np.concatenate(found)[::97] if found else np.empty(0, dtype=np.int64)

    def parts(self, progress: Progress | None = None) -> Iterator[RegisterPart]:
        """Read it through, part by part."""
        names = ["person_id", "key", "household_row", "birth_day", "sex", "relation"]
        waiting: list[dict[str, Array]] = []
        first, done, last_row = 0, 0, -1
        batches = self._persons.iter_batches(_BATCH, columns=names)
        while True:
            with _readable("persons.parquet"):
                batch = next(batches, None)
            if batch is None:
                break
            columns = self._columns(batch)
            rows = columns["household_row"]
            if len(rows):
                last_row = int(in_order(rows, max(last_row, 0), self.households)[-1])
            done += len(rows)
            if progress:
                progress("读登记册", done, self.persons)
            waiting.append(columns)
            while last_row >= first + PART:
                whole = {name: np.concatenate([each[name] for each in waiting]) for name in columns}
                cut = int(np.searchsorted(whole["household_row"], first + PART))
                yield self._part(first, first + PART, {name: each[:cut] for name, each in whole.items()})
                waiting = [{name: each[cut:] for name, each in whole.items()}]
                first += PART
        while first < self.households:
            after = min(first + PART, self.households)
            if not waiting:
                raise StoreError("登记册 persons.parquet 里没有人：请核对登记册文件夹")
            whole = {name: np.concatenate([each[name] for each in waiting]) for name in waiting[0]}
            cut = int(np.searchsorted(whole["household_row"], after))
            yield self._part(first, after, {name: each[:cut] for name, each in whole.items()})
            waiting = [{name: each[cut:] for name, each in whole.items()}]
            first = after

    def _columns(self, batch: Any) -> dict[str, Array]:
        key, keyed = numbers_of(batch.column("key"))
        return {**roster_columns(batch), "key": key, "keyed": keyed}

    def _part(self, first: int, after: int, columns: dict[str, Array]) -> RegisterPart:
        sizes = np.bincount(columns["household_row"] - first, minlength=after - first)
        return RegisterPart(
            household_ids=self.household_ids[first:after],
            area=self.area[first:after],
            offsets=np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes))),
            person_ids=columns["person_id"],
            key=columns["key"],
            keyed=columns["keyed"],
            birth_day=columns["birth_day"],
            sex=columns["sex"],
            relation=columns["relation"],
        )


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Reading a file of the register. Raises StoreError where it is no Parquet file, was cut off, or is spoilt."""
    try:
        yield
    except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
        raise StoreError(f"读不了登记册 {name}：不是 Parquet 文件，或没有写完：请重新导出登记册") from error


ROSTER_COLUMNS = ("person_id", "household_row", "birth_day", "sex", "relation")
"""The columns of the register's persons that ``roster_columns`` reads."""


def roster_columns(batch: Any) -> dict[str, Array]:
    """Rows of the register's persons (Arrow) in the kinds a roster keeps. Raises StoreError (中文)."""
    numbers, known = numbers_of(batch.column("person_id"))
    if not known.all():
        raise StoreError("登记册 persons.parquet 有空的 person_id：请重新导出登记册")
    homes, housed = numbers_of(batch.column("household_row"))
    if not housed.all():
        raise StoreError("登记册 persons.parquet 有空的 household_row：请重新导出登记册")
    birth, dated = numbers_of(batch.column("birth_day"))
    return {
        "person_id": numbers,
        "household_row": homes,
        "birth_day": _fitting("birth_day", np.where(dated, birth, nothing(np.int32)), np.int32),
        "sex": _fitting("sex", numbers_of(batch.column("sex"))[0], np.int8),
        "relation": _fitting("relation", numbers_of(batch.column("relation"))[0], np.int8),
    }


def in_order(household_row: Array, first: int, after: int) -> Array:
    """The rows of persons' households, which must never fall and lie within [first, after). Raises StoreError (中文)."""
    rows = household_row
    if len(rows) and ((np.diff(rows) < 0).any() or rows[0] < first or rows[-1] >= after):
        raise StoreError("登记册 persons.parquet 没有按户排序，或户行号超出范围：请重新导出登记册")
    return rows


def _fitting(name: str, values: Array, kind: Any) -> Array:
    """The numbers in the kind they are kept in. Raises StoreError where one does not fit."""
    if len(values) and not (np.iinfo(kind).min <= values.min() and values.max() <= np.iinfo(kind).max):
        raise StoreError(f"登记册 persons.parquet 的 {name} 有超出范围的数：请重新导出登记册")
    return values.astype(kind)


def is_whole(kind: Any) -> bool:
    """Whether every number of an Arrow type is a whole one of at most 64 bits with a sign."""
    import pyarrow as pa

    return bool(pa.types.is_integer(kind)) and kind != pa.uint64()


def numbers_of(column: Any) -> tuple[Array, Array]:
    """An Arrow column of whole numbers: int64 values (0 where null) and which are not null."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not column.null_count:
        return column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False), np.ones(len(column), dtype=bool)
    # read from its buffers: what Arrow computes with takes longer to import than a day's rows to read
    told, stored = (np.frombuffer(each, dtype=np.uint8) for each in column.buffers())
    rows = slice(column.offset, column.offset + len(column))
    known = arrays.unfolded(told, column.offset, len(column))
    values = np.empty(len(column), dtype=np.int64)
    arrays.take(stored.view(column.type.to_pandas_dtype())[rows], told, column.offset, values, 0)
    return values, known

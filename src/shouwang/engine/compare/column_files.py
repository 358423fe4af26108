"""Columns of one length each in one file, read through a memory map: the form in which the national store keeps everything.

Blocks of bytes, aligned for the machine, then a JSON list of the columns, its length and a mark. A column is kept as it is
(mapped, not read), as the few rows that differ from what most rows hold, or compressed (LZ4). The same columns give the
same bytes.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from shouwang.engine.compare import store_files
from shouwang.engine.compare.store_files import StoreError
from shouwang.engine.frame import Array

MARK = b"SHOUWANGCOLUMNS1"
ALIGNED = 64
WORTH = 4
"""A column is kept as its exceptional rows if that takes a quarter of the bytes or less."""
COMPRESSED_FROM = 4096
FEW_ASKED = 64
"""Where less than one row in so many is asked about, exceptional rows are searched and not spread out."""


class ColumnsWriter:
    """Writes columns one after another into an open file; ``finish`` ends it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._at, self._columns = file, 0, dict[str, Any]()
        self._reserved = False

    def begin(self, name: str, kind: Any, length: int) -> None:
        """Begin a plain column whose values follow in pieces through ``more``."""
        self._columns[name] = {"kind": np.dtype(kind).str, "length": length, "at": self._align(), "form": "plain"}

    def more(self, values: Array) -> None:
        """The next values of the column begun last."""
        self._put(np.ascontiguousarray(values).view(np.uint8))

    def end_at(self, length: int) -> None:
        """Say how many values the column begun last had after all."""
        self._columns[next(reversed(self._columns))]["length"] = length

    def reserve(self, name: str, kind: Any, length: int) -> None:
        """Leave room for a column whose pieces come in any order through ``place``. Nothing may be written before all rooms are left."""
        self.begin(name, kind, length)
        self._at += length * np.dtype(kind).itemsize
        self._reserved = True

    def place(self, name: str, row: int, values: Array) -> None:
        """Put values of a reserved column at a row."""
        column = self._columns[name]
        if len(values):
            content = np.ascontiguousarray(values, dtype=column["kind"]).view(np.uint8)
            self._file.seek(column["at"] + row * np.dtype(column["kind"]).itemsize)
            store_files.write(self._file, content)

    def plain(self, name: str, values: Array) -> None:
        """A whole column, kept as it is."""
        self.begin(name, values.dtype, len(values))
        self.more(values)

    def few(self, name: str, length: int, rest: int, rows: Array, values: Array, *, pack: bool = False) -> None:
        """A column of ``length`` that holds ``rest`` but in ``rows`` (ascending int32): as these rows where that is worth it.

        Else as it is, or compressed where it should ``pack``.
        """
        kind = values.dtype
        if len(rows) * (4 + kind.itemsize) * WORTH > length * kind.itemsize:
            whole = np.full(length, rest, dtype=kind)
            whole[rows] = values
            (self.compressed if pack else self.plain)(name, whole)
            return
        at = self._align()
        self._put(np.ascontiguousarray(rows, dtype=np.int32).view(np.uint8))
        self._align()
        self._columns[name] = {
            "kind": kind.str,
            "length": length,
            "at": at,
            "form": "few",
            "rest": rest,
            "rows": len(rows),
            "values_at": self._at,
        }
        self._put(np.ascontiguousarray(values).view(np.uint8))

    def compressed(self, name: str, values: Array) -> None:
        """A whole column, compressed."""
        if values.nbytes < COMPRESSED_FROM:
            self.plain(name, values)
            return
        import pyarrow as pa

        packed = pa.Codec("lz4_raw").compress(np.ascontiguousarray(values).view(np.uint8), asbytes=True)
        self._columns[name] = {
            "kind": values.dtype.str,
            "length": len(values),
            "at": self._align(),
            "form": "lz4",
            "bytes": len(packed),
        }
        self._put(packed)

    def finish(self, about: Mapping[str, Any]) -> None:
        """Write what the columns are, and what the file is about."""
        if self._reserved:
            self._file.seek(self._at)
        listed = json.dumps({"columns": self._columns, "about": about}, ensure_ascii=False, sort_keys=True).encode()
        self._put(listed)
        self._put(len(listed).to_bytes(8, "little") + MARK)

    def _align(self) -> int:
        gap = -self._at % ALIGNED
        if self._reserved:
            self._at += gap
        else:
            self._put(b"\0" * gap)
        return self._at

    def _put(self, content: Any) -> None:
        length = len(content)
        if length:
            store_files.write(self._file, content)
        self._at += length


def write_columns(path: Path, columns: Mapping[str, Array], about: Mapping[str, Any] | None = None) -> None:
    """Write whole columns, kept as they are."""
    with store_files.written(path) as file:
        writer = ColumnsWriter(file)
        for name, values in columns.items():
            writer.plain(name, values)
        writer.finish(about or {})


class Columns:
    """A file of columns, mapped. Arrays read from it stay valid after the file is removed from its folder."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (FileNotFoundError, ValueError) as error:
            raise StoreError(f"库里缺少文件 {path}，或它是空的：请从备份恢复整个文件夹") from error
        self._path = path
        if self._map[-len(MARK) :] != MARK:
            raise StoreError(f"{path} 不完整：请从备份恢复整个文件夹")
        end = len(self._map) - len(MARK) - 8
        length = int.from_bytes(self._map[end : end + 8], "little")
        try:
            listed = json.loads(self._map[end - length : end])
            self._columns: dict[str, dict[str, Any]] = listed["columns"]
            self.about: dict[str, Any] = listed["about"]
        except (ValueError, KeyError, TypeError) as error:
            raise store_files.damaged(path) from error

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def names(self) -> Iterable[str]:
        """Every column."""
        return self._columns

    def length(self, name: str) -> int:
        """How many rows a column has."""
        return int(self._columns[name]["length"])

    def kind(self, name: str) -> np.dtype[Any]:
        """The kind of a column's values."""
        kind: np.dtype[Any] = np.dtype(self._columns[name]["kind"])
        return kind

    def __getitem__(self, name: str) -> Array:
        column = self._columns[name]
        try:
            return self._read(column)
        except (ValueError, IndexError, OSError) as error:  # ArrowInvalid is a ValueError
            raise store_files.damaged(self._path) from error

    def at(self, name: str, rows: Array) -> Array:
        """A column's values at some rows (ascending). Where it is kept as its exceptional rows, a few are looked up there."""
        column = self._columns[name]
        if column["form"] != "few" or len(rows) * FEW_ASKED > column["length"]:
            return self[name][rows]
        try:
            kept, values = self._few(column)
            found = np.full(len(rows), column["rest"], dtype=values.dtype)
            if len(kept):
                places = np.minimum(np.searchsorted(kept, rows.astype(kept.dtype)), len(kept) - 1)
                there = kept[places] == rows
                found[there] = values[places[there]]
            return found
        except (ValueError, IndexError) as error:
            raise store_files.damaged(self._path) from error

    def _few(self, column: Mapping[str, Any]) -> tuple[Array, Array]:
        """The exceptional rows of a column and their values."""
        rows = np.frombuffer(self._map, dtype=np.int32, count=column["rows"], offset=column["at"])
        kind = np.dtype(column["kind"])
        return rows, np.frombuffer(self._map, dtype=kind, count=column["rows"], offset=column["values_at"])

    def _read(self, column: Mapping[str, Any]) -> Array:
        kind, length, at = np.dtype(column["kind"]), column["length"], column["at"]
        if column["form"] == "plain":
            return np.frombuffer(self._map, dtype=kind, count=length, offset=at)
        if column["form"] == "few":
            rows, values = self._few(column)
            whole = np.full(length, column["rest"], dtype=kind)
            whole[rows] = values
            return whole
        import pyarrow as pa

        packed = memoryview(self._map)[at : at + column["bytes"]]
        return np.frombuffer(pa.Codec("lz4_raw").decompress(packed, length * kind.itemsize), dtype=kind)

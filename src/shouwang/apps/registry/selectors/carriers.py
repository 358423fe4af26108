"""Two carriers for one text of SQL: ADBC, which hands over typed columns, and Django's own cursor.

ADBC opens a connection of its own that only reads, and sees one state of the register from its first query to its last:
on SQLite one read transaction in WAL mode, on PostgreSQL one REPEATABLE READ READ ONLY transaction. Rows that the calling
transaction has not committed are invisible to it, and so is a database in memory: there, and for a handful of rows, the
cursor reads.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

ROWS_AT_A_TIME = 50_000
_TYPES = {"i": pa.int64(), "t": pa.string(), "b": pa.binary()}
_LOG = logging.getLogger(__name__)


class RegisterUnreadable(Exception):
    """The register cannot be read by a connection of its own; the message is Chinese and holds no password."""


class Carrier(Protocol):
    """Something that carries the rows of a query here as columns."""

    def pages(self, sql: str, arguments: Sequence[Any], kinds: str) -> Iterator[list[Any]]:
        """Yield a query's rows page by page, as pyarrow columns: "i" int64, "t" string, "b" binary. No column holds null."""
        ...


@contextmanager
def carrier(*, few: bool = False) -> Iterator[Carrier]:
    """Yield the carrier to read the register with: the one place where it is chosen.

    ``few``: a handful of rows is expected. Raises RegisterUnreadable where a second connection is refused.
    """
    if few or connection.in_atomic_block or _in_memory():
        yield _Cursor()
        return
    with _opened() as opened:
        yield _Adbc(opened)


def _in_memory() -> bool:
    return connection.vendor == "sqlite" and bool(connection.is_in_memory_db())


class _Cursor:
    """Reads page by page (a server-side cursor on PostgreSQL), so that rows never all stand in memory as Python objects."""

    def pages(self, sql: str, arguments: Sequence[Any], kinds: str) -> Iterator[list[Any]]:
        with connection.chunked_cursor() as cursor:
            cursor.execute(sql, list(arguments))
            while rows := cursor.fetchmany(ROWS_AT_A_TIME):
                yield [
                    pa.array(map(bytes, values) if kind == "b" else values, _TYPES[kind])
                    for kind, values in zip(kinds, zip(*rows, strict=True), strict=True)
                ]


class _Adbc:
    def __init__(self, opened: Any) -> None:
        self.opened = opened

    def pages(self, sql: str, arguments: Sequence[Any], kinds: str) -> Iterator[list[Any]]:
        with self.opened.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(ROWS_AT_A_TIME)})
            cursor.execute(_in_full(sql, arguments))
            for batch in cursor.fetch_record_batch():
                yield [
                    values if values.type == _TYPES[kind] else values.cast(_TYPES[kind])
                    for kind, values in zip(kinds, batch.columns, strict=True)
                ]


@contextmanager
def _opened() -> Iterator[Any]:
    """A second connection in one read-only transaction. What a driver says may name the address: it is not passed on."""
    from adbc_driver_manager import Error

    try:
        opened = _connect()
    except Error as error:
        _LOG.error("register: second connection refused (status %s)", error.status_code)
        raise RegisterUnreadable(
            "不能为读取登记册另开一个数据库连接：请核对 SHOUWANG_DATABASE_URL，以及数据库是否还有空余连接。"
        ) from None
    try:
        yield opened
    finally:
        opened.close()


def _connect() -> Any:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        from adbc_driver_sqlite import dbapi as sqlite

        opened = sqlite.connect(f"file:{quote(str(Path(settings['NAME']).resolve()))}?mode=ro")
        first = ("PRAGMA busy_timeout = 30000", "PRAGMA cache_size = -65536")
    else:
        from adbc_driver_postgresql import dbapi as postgresql

        opened = postgresql.connect(_address(settings))
        first = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",)
    with opened.cursor() as cursor:
        for statement in first:
            cursor.execute(statement)
            cursor.fetchall() if cursor.description else None
    return opened


def _address(settings: dict[str, Any]) -> str:
    """The address libpq takes; what is left empty in the settings is left to libpq, as Django's own connection does."""
    user, password, host = (quote(str(settings[name] or ""), safe="") for name in ("USER", "PASSWORD", "HOST"))
    who = (f"{user}:{password}" if password else user) + "@" if user else ""
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgresql://{who}{host}{port}/{quote(str(settings['NAME']), safe='')}"


def _in_full(sql: str, arguments: Sequence[Any]) -> str:
    """A query with its arguments written into it: days, moments, codes and numbers of our own, each as its literal."""
    pieces = sql.split("%s")
    if len(pieces) != len(arguments) + 1:
        raise ValueError(sql)
    return "".join(
        piece + literal for piece, literal in zip(pieces, [*(_literal(value) for value in arguments), ""], strict=True)
    )


def _literal(value: Any) -> str:
    if type(value) is int:
        return str(value)
    text = value.isoformat(" ") if isinstance(value, datetime) else value
    if not isinstance(text, str) or "\0" in text or "\\" in text:
        raise TypeError(type(value).__name__)
    return "'" + text.replace("'", "''") + "'"


def columns(carried: Carrier, sql: str, arguments: Sequence[Any], kinds: str) -> list[Any]:
    """Return the whole columns of a query: "i" int64 arrays, "t" pyarrow dictionary arrays (see ``in_order``), "b" pyarrow."""
    pages: list[list[Any]] = [[] for _ in kinds]
    for page in carried.pages(sql, arguments, kinds):
        for kind, column, values in zip(kinds, pages, page, strict=True):
            column.append(values.dictionary_encode() if kind == "t" else values)
    return [_whole(kind, column) for kind, column in zip(kinds, pages, strict=True)]


def _whole(kind: str, parts: list[Any]) -> Any:
    if kind == "i":
        return np.concatenate([part.to_numpy(zero_copy_only=False) for part in parts] or [np.empty(0, dtype=np.int64)])
    if kind == "b":
        return pa.chunked_array(parts, pa.binary())
    return in_order(pa.chunked_array(parts, pa.dictionary(pa.int32(), pa.string())))


def in_order(words: pa.ChunkedArray | pa.Array) -> pa.DictionaryArray:
    """Text as a dictionary of exactly the words that occur, in the order of their characters: equal text, equal bytes."""
    if isinstance(words, pa.ChunkedArray):
        words = words.unify_dictionaries().combine_chunks() if len(words) else pa.array([], words.type)
    if not isinstance(words, pa.DictionaryArray):
        words = words.dictionary_encode()
    codes = np.asarray(words.indices.to_numpy(zero_copy_only=False))
    seen = np.flatnonzero(np.bincount(codes, minlength=len(words.dictionary)))
    spoken = words.dictionary.take(pa.array(seen))
    order = np.asarray(pc.array_sort_indices(spoken).to_numpy())
    place = np.zeros(len(words.dictionary), dtype=np.int32)
    place[seen[order]] = np.arange(len(seen), dtype=np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(place[codes], pa.int32()), spoken.take(pa.array(order)).cast(pa.string())
    )

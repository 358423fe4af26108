"""Cells by the column: plain texts become values by arithmetic or by looking each distinct text up once.

Whatever is not plain (a repair, a reason, a doubt) is only marked here; ``cells`` then reads it with care.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shouwang.apps.exchange.contract import Column
from shouwang.apps.exchange.reading.cells import MAX_FEN, MAX_NAME, MAX_WAN, CellProblem, parse
from shouwang.apps.exchange.reading.records import LONG_CELL, Texts
from shouwang.engine.backends import text_columns
from shouwang.lib.dates import day_number

Flags = NDArray[np.bool_]
Found = tuple[pa.Array, Flags]
"""A column's values, and the cells among them that are to be read with care (whose values mean nothing)."""

TYPES: dict[str, pa.DataType] = {
    "money": pa.int64(),
    "date": pa.date32(),
    "month": pa.date32(),
    "code": pa.int32(),
    "place": pa.int32(),
    "int": pa.int64(),
}
_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), dtype=np.float32)
_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
_MONTH_DAYS = np.array((0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), dtype=np.uint8)
_ID_LENGTH = 18
_WHOLE_DIGITS, _AMOUNT_LENGTH = 9, 12
_HEAD = np.array([[10_000, 1_000, 100, 10, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1_000, 100, 10, 1]], np.float32)
_ZERO, _DOT = b"0."
_ROOM = 200_000
_WORD, _SHORT, _FEW = 8, 32, 4_096
_KEPT = np.array(
    [[(1 << 8 * min(max(size - at, 0), _WORD)) - 1 for at in range(0, _SHORT, _WORD)] for size in range(_SHORT + 1)],
    np.uint64,
)
"""By a text's length: the bits of each of its words that belong to it."""


class _Bad:
    """Marks a text that is to be read with care."""


BAD: Any = _Bad()


def type_of(column: Column) -> pa.DataType:
    """Return the type a column's values have in Arrow."""
    return TYPES.get(column.type, pa.string())


class Memo(dict[str, Any]):
    """Remembers what a text means in a column; BAD where it takes a repair, a reason or a closer look."""

    def __init__(self, column: Column, fits: Callable[[Any], bool]) -> None:
        super().__init__()
        self.column, self.fits = column, fits

    def __missing__(self, text: str) -> Any:
        try:
            value, repairs = parse(text, self.column)
        except CellProblem:
            value, repairs = BAD, []
        if repairs or (value is not BAD and value is not None and not self.fits(value)):
            value = BAD
        if len(self) < _ROOM:
            self[text] = value
        return value


def reader_of(column: Column, today: date, fits: Callable[[Any], bool]) -> Callable[[Texts], Found]:
    """Return the function that reads a column's texts; ``fits`` says whether a value may stand in this delivery."""
    if column.type == "id":
        return lambda texts: identity_numbers(texts, today)
    if column.type in {"name", "text"}:
        longest = MAX_NAME if column.type == "name" else LONG_CELL
        return lambda texts: plain_texts(texts, longest, required=column.required)
    memo = Memo(column, fits)
    if column.type == "money":
        return lambda texts: amounts(texts, memo)
    return lambda texts: looked_up(texts, memo)


def strings(texts: Texts, missing: Flags | None = None) -> pa.Array:
    """Return texts as an Arrow array of strings; ``missing`` cells as nulls."""
    if text_columns.loaded():
        offsets, data, _, _ = text_columns.joined(*texts, LONG_CELL)
    else:
        lengths = texts.end - texts.start
        offsets = np.zeros(len(lengths) + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:])
        places = np.repeat(texts.start - offsets[:-1], lengths)
        places += np.arange(len(places))
        data = np.take(texts.data, places)
    return _strings_of(offsets, data, missing)


def _strings_of(offsets: NDArray[np.int32], data: NDArray[np.uint8], missing: Flags | None) -> pa.Array:
    known = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data), known)


def numbers(values: NDArray[Any], kind: pa.DataType, missing: Flags | None = None) -> pa.Array:
    """Return whole numbers (or day numbers) as an Arrow array; ``missing`` cells as nulls."""
    data = np.ascontiguousarray(values, kind.to_pandas_dtype() if kind != pa.date32() else np.int32)
    known = None if missing is None or not missing.any() else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(data), [known, pa.py_buffer(data)])


def spliced(values: pa.Array, drop: Flags, at: Sequence[int], others: pa.Array) -> pa.Array:
    """Return an array without the cells to drop, but with ``others`` standing at the places ``at`` of them (rising)."""
    pieces, done, used = [], 0, 0
    gone = np.flatnonzero(drop)
    starts = gone[np.diff(gone, prepend=-2) != 1].tolist()
    stops = (gone[np.diff(gone, append=len(drop) + 1) != 1] + 1).tolist()
    places = np.asarray(at, np.int64)
    counts = np.searchsorted(places, stops).tolist()
    for start, stop, count in zip(starts, stops, counts, strict=True):
        pieces += [values.slice(done, start - done), others.slice(used, count - used)]
        done, used = stop, count
    return pa.concat_arrays([*pieces, values.slice(done)])


def encoded(texts: Texts) -> tuple[list[str], NDArray[np.int32]]:
    """Return the distinct texts and which of them each cell holds. NUL, which no cell may hold, is not told from the end."""
    if text_columns.loaded():
        told, which = text_columns.distinct(*texts)
        return [text.decode() for text in told], which
    lengths = texts.end - texts.start
    if len(lengths) <= _FEW:  # a small file is read before Arrow's functions would be loaded
        raw, seen = texts.data.tobytes(), {}
        places = zip(texts.start.tolist(), texts.end.tolist(), strict=True)
        few = [seen.setdefault(raw[start:end], len(seen)) for start, end in places]
        return [text.decode() for text in seen], np.array(few, np.int32)
    longest = int(lengths.max())
    if longest > _SHORT:
        found = strings(texts).dictionary_encode()
        return found.dictionary.to_pylist(), found.indices.to_numpy()
    words = max(1, -(-longest // _WORD))
    grid = np.lib.stride_tricks.sliding_window_view(texts.data, words * _WORD)[texts.start].view("<u8")
    grid &= _KEPT[lengths, :words]
    fixed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(words * _WORD), len(lengths), [None, pa.py_buffer(grid)])
    found = fixed.dictionary_encode()
    return [value.rstrip(b"\0").decode() for value in found.dictionary.to_pylist()], found.indices.to_numpy()


def windows(texts: Texts, first: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """Return ``width`` bytes from each place on: shape (width, cells), so that each position is one run of memory."""
    grid = np.lib.stride_tricks.sliding_window_view(texts.data, width)[first]
    return np.ascontiguousarray(grid.T)


def identity_numbers(texts: Texts, today: date) -> Found:
    """Take the cells of 18 plain characters with a real birth date not after ``today`` and a right check digit."""
    offsets = np.arange(0, _ID_LENGTH * (len(texts.start) + 1), _ID_LENGTH, dtype=np.int32)
    if text_columns.loaded():
        limit = today.year * 10_000 + today.month * 100 + today.day
        plain, bad = text_columns.identity_numbers(*texts, limit)
        return _strings_of(offsets, plain, None), bad
    fits = texts.end - texts.start == _ID_LENGTH
    signs = windows(texts, np.where(fits, texts.start, 0), _ID_LENGTH)
    digits = signs[:17] - np.uint8(_ZERO)  # wraps: everything that is no digit becomes large
    right = fits & (digits.max(axis=0) <= 9) & ((digits[0] > 0) | (digits[1] > 0))
    check = (_WEIGHTS @ digits.astype(np.float32)).astype(np.int32) % 11  # exact: far below 2^24
    right &= _CHECK[check] == signs[17]
    n = digits[6:14].astype(np.int32)
    month, day = n[4] * 10 + n[5], n[6] * 10 + n[7]
    year = n[0] * 1000 + n[1] * 100 + n[2] * 10 + n[3]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = _MONTH_DAYS[np.where(month <= 12, month, 0)] + (leap & (month == 2))
    right &= (day >= 1) & (day <= longest) & (year >= 1850)
    right &= year * 10000 + month * 100 + day <= today.year * 10000 + today.month * 100 + today.day
    return _strings_of(offsets, np.ascontiguousarray(signs.T), None), ~right


def plain_texts(texts: Texts, longest: int, *, required: bool) -> Found:
    """Take texts without white space on either edge and of at most ``longest`` bytes; blank ones are nulls, or bad if required."""
    if text_columns.loaded():
        offsets, data, blank, bad = text_columns.joined(*texts, longest)
        if required:
            return _strings_of(offsets, data, None), bad | blank
        return _strings_of(offsets, data, blank if blank.any() else None), bad
    blank = texts.end == texts.start
    bad = _edged(texts) | (texts.end - texts.start > longest)
    if required:
        return strings(texts), bad | blank
    return strings(texts, blank if blank.any() else None), bad


def _edged(texts: Texts) -> Flags:
    """Which texts begin or end with one of ``cells.EDGES``."""
    data, start, end = texts
    first, last = data[start], data[end - 1]
    edged = _is_space(first) | _is_space(last)
    at = np.flatnonzero((first == 0xC2) | (first == 0xE3))
    second, third = data[start[at] + 1], data[start[at] + 2]
    edged[at] |= np.where(first[at] == 0xC2, second == 0xA0, (second == 0x80) & (third == 0x80))
    at = np.flatnonzero((last == 0xA0) | (last == 0x80))
    second, third = data[end[at] - 2], data[end[at] - 3]
    edged[at] |= np.where(last[at] == 0xA0, second == 0xC2, (second == 0x80) & (third == 0xE3))
    return edged & (end > start)


def _is_space(signs: NDArray[np.uint8]) -> Flags:
    return (signs == 0x20) | ((signs >= 0x09) & (signs <= 0x0D))


def looked_up(texts: Texts, memo: Memo) -> Found:
    """Read each distinct text once. A value that is a text is the cell's own text, or the cell is read with care."""
    distinct, which = encoded(texts)
    meant = [memo[text] for text in distinct]
    kind = type_of(memo.column)
    bad = np.array([value is BAD for value in meant], np.bool_)
    if kind == pa.string():
        bad |= np.array([value not in {None, text} for value, text in zip(meant, distinct, strict=True)], np.bool_)
        blank = np.array([value is None for value in meant], np.bool_)[which]
        return strings(texts, blank if blank.any() else None), bad[which]
    known = [
        value if isinstance(value, int) else day_number(value) if isinstance(value, date) else 0 for value in meant
    ]
    blank = np.array([value is None for value in meant], np.bool_)[which]
    return numbers(np.array(known, np.int64)[which], kind, blank), bad[which]


def amounts(texts: Texts, memo: Memo) -> Found:
    """Read amounts of at most nine digits and two decimals by arithmetic, all other texts each distinct one once."""
    wan = memo.column.unit == "wan"
    if text_columns.loaded():
        most, times = (MAX_WAN * 100, 10_000) if wan else (MAX_FEN, 1)
        fen, others = text_columns.amounts(*texts, most=most, times=times)
        rest = np.zeros(0, np.int64) if others is None else np.flatnonzero(others)
    else:
        fen, rest = _plain_amounts(texts, wan=wan)
    bad = np.zeros(len(fen), np.bool_)
    blank = np.zeros(len(fen), np.bool_)
    if len(rest):
        distinct, which = encoded(Texts(texts.data, texts.start[rest], texts.end[rest]))
        meant = [memo[text] for text in distinct]
        bad[rest] = np.array([value is BAD for value in meant], np.bool_)[which]
        blank[rest] = np.array([value is None for value in meant], np.bool_)[which]
        fen[rest] = np.array([value if isinstance(value, int) else 0 for value in meant], np.int64)[which]
    return numbers(fen, pa.int64(), blank), bad


def _plain_amounts(texts: Texts, *, wan: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Amounts in 分, and the places of the texts that are to be read otherwise."""
    size = texts.end - texts.start
    fits = (size > 0) & (size <= _AMOUNT_LENGTH)
    signs = windows(texts, np.where(fits, texts.end - _AMOUNT_LENGTH, 0), _AMOUNT_LENGTH)
    digits = signs - np.uint8(_ZERO)
    inside = np.arange(_AMOUNT_LENGTH, dtype=np.uint8)[:, None] >= (_AMOUNT_LENGTH - size * fits).astype(np.uint8)
    digits *= inside
    two, one = signs[-3] == _DOT, signs[-2] == _DOT
    two, one = two & (size > 3), one & (size > 2)
    digits[-3] *= ~two
    digits[-2] *= ~one
    whole_size = size - 3 * two - 2 * one
    fits &= (digits.max(axis=0) <= 9) & (whole_size <= _WHOLE_DIGITS) & ~(two & one)
    first = texts.data[np.where(fits, texts.start, 0)]
    fits &= (first != _ZERO) | (whole_size == 1)
    high, low = (_HEAD @ digits[:_WHOLE_DIGITS].astype(np.float32)).astype(np.int64)  # exact: below 2^24
    fen = high * 1_000_000 + low * 100 + (digits[-2] * np.uint8(10) + digits[-1])
    other = np.flatnonzero(fits & ~two)
    if len(other):
        head = high[other] * 10_000 + low[other]
        a, b, c = digits[-3:, other].astype(np.int64)
        fen[other] = np.where(one[other], (head * 10 + a) * 100 + c * 10, (head * 1_000 + a * 100 + b * 10 + c) * 100)
    fits &= fen <= (MAX_WAN * 100 if wan else MAX_FEN)
    if wan:
        fen = fen * 10_000
    return fen, np.flatnonzero(~fits)

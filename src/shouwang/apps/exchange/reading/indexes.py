"""What stands in the lake for a number and a name: blind indexes, and the name masked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shouwang.apps.exchange.names import compared_name
from shouwang.apps.exchange.reading.columns import spliced
from shouwang.engine.backends import text_columns
from shouwang.lib.crypto.indexer import INDEX_BYTES, Indexer
from shouwang.lib.masking import COMPOUND_SURNAMES, mask_name

INDEX = pa.binary(INDEX_BYTES)
_HAN_BYTES, _STAR = 3, ord("*")
_FIRST, _LAST = 0xE4, 0xE9
_SURNAMES = np.array(
    sorted(int.from_bytes(name.encode().ljust(8, b"\0"), "little") for name in COMPOUND_SURNAMES), np.uint64
)
_TWO_HAN = np.uint64(0xFFFFFFFFFFFF)
_PAD = 16
_NUMBER_BYTES = 18
_PIECES = np.array([*range(6, 14), 16])
"""Birth, and the digit that tells the sex."""

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


class Indexed:
    """HMAC-SM3 under one column's key, cut to 16 bytes, of every string of an array. ``many``: worth loading what is compiled."""

    def __init__(self, key: bytes, *, many: bool) -> None:
        self._key, self._alone, self._many = key, Indexer(key), many

    def __call__(self, texts: pa.Array) -> pa.Array:
        """Return the indexes of strings (none of them null)."""
        if not self._many:
            return pa.array([self._alone.index(text) for text in texts.to_pylist()], INDEX)
        from shouwang.engine.backends.sm3_lanes import hmac_sm3_of_each

        data, start, end = _bytes_of(texts)
        digests = hmac_sm3_of_each(self._key, data, start, end, INDEX_BYTES)
        return pa.FixedSizeBinaryArray.from_buffers(INDEX, len(texts), [None, pa.py_buffer(digests)])


def name_forms(names: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return ``compared_name`` and ``mask_name`` of each name (none of them null).

    Names of Chinese characters alone are compared as they stand and masked all at once, others one by one.
    """
    data, start, end = _bytes_of(names)
    if text_columns.loaded():
        forms = text_columns.name_forms(data, start, end, _SURNAMES)
        compared = pa.StringArray.from_buffers(
            len(start), pa.py_buffer(forms.compared_at), pa.py_buffer(forms.compared)
        )
        masked = pa.StringArray.from_buffers(len(start), pa.py_buffer(forms.masked_at), pa.py_buffer(forms.masked))
        return _other(compared, names, ~forms.plain, compared_name), _other(masked, names, ~forms.plain, mask_name)
    size = (end - start) // _HAN_BYTES
    han = _all_han(data, start, end)
    heads = np.lib.stride_tricks.sliding_window_view(data, 8)[start].view("<u8")[:, 0] & _TWO_HAN
    compound = (size > 2) & np.isin(heads, _SURNAMES)
    kept = np.where(size < 2, 0, 1 + compound)
    offsets = np.zeros(len(size) + 1, np.int32)
    np.cumsum(np.where(han, kept * (_HAN_BYTES - 1) + size, 0), out=offsets[1:])
    out = np.full(int(offsets[-1]), _STAR, np.uint8)
    for characters, chosen in ((0, han & (kept > 0)), (1, han & compound)):
        at = np.flatnonzero(chosen)
        to, of = offsets[at], start[at]
        for byte in range(characters * _HAN_BYTES, (characters + 1) * _HAN_BYTES):
            out[to + byte] = data[of + byte]
    masked = pa.StringArray.from_buffers(len(size), pa.py_buffer(offsets), pa.py_buffer(out))
    return _other(names, names, ~han, compared_name), _other(masked, names, ~han, mask_name)


def whom(names: pa.Array, numbers: pa.Array) -> pa.RecordBatch:
    """Return whom records are about: name, year, month and day of birth, whether a man. Numbers: 18 characters, none of them null."""
    data, start, _ = _bytes_of(numbers)
    first = int(start[0]) if len(start) else 0
    whole = data[first : first + len(start) * _NUMBER_BYTES].reshape(-1, _NUMBER_BYTES)
    digits = np.ascontiguousarray(whole[:, _PIECES].T) - np.uint8(ord("0"))
    tens = digits[:8:2] * np.uint8(10) + digits[1:8:2]
    years = tens[0] * np.uint16(100) + tens[1]
    columns = [names, pa.array(years), pa.array(tens[2]), pa.array(tens[3]), pa.array(digits[8] % 2 == 1)]
    return pa.RecordBatch.from_arrays(columns, ["name", "year", "month", "day", "is_man"])


def _bytes_of(texts: pa.Array) -> tuple[Bytes, Places, Places]:
    """The bytes of strings (some more behind them), and where each begins and ends."""
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    found = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    return np.concatenate([found[: places[-1]], np.zeros(_PAD, np.uint8)]), places[:-1], places[1:]


def _all_han(data: Bytes, start: Places, end: Places) -> NDArray[np.bool_]:
    """Which texts hold nothing but characters of U+4000 to U+9FFF: no normal form, case or dot changes those."""
    before = np.zeros(len(data) + 1, np.int32)
    np.cumsum((data >= _FIRST) & (data <= _LAST), out=before[1:])
    return (before[end] - before[start]) * _HAN_BYTES == end - start


def _other(found: pa.Array, names: pa.Array, at: NDArray[np.bool_], form: Callable[[str], str]) -> pa.Array:
    """An array with the forms of some names put in, each taken by itself."""
    places = np.flatnonzero(at).tolist()
    if not places:
        return found
    return spliced(found, at, places, pa.array([form(names[i].as_py()) for i in places], pa.string()))

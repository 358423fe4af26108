"""Tables of text by compiled loops: the places of lines and cells in a block, and plain cells to values.

Each function does what a page of NumPy in ``exchange.reading`` does, and gives the same; where numba is missing or was not
loaded (it takes a third of a second, too long for a small file), ``loaded`` is False and that page is used.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

COMMA, LF, CR, NOTED = 1, 2, 3, 4
"""Classes of bytes for ``scan``; 0 is everything else."""
_kernel: ModuleType | None = None


class Scanned(NamedTuple):
    """Lines and cells of a block: line i is ``start[i]:stop[i]`` and with its end reaches to ``behind[i]``.

    Cell k of it is ``cell_start[k, i]:cell_end[k, i]`` where it is ``plain`` (as many commas as asked for). ``noted``: places
    of the bytes of that class, rising.
    """

    start: Places
    stop: Places
    behind: Places
    cell_start: Places
    cell_end: Places
    plain: Flags
    noted: Places


def load() -> bool:
    """Load what is compiled, if it can be; say whether it is loaded."""
    global _kernel  # noqa: PLW0603 — one process reads one file or many, and loads once
    _kernel = _imported()
    return _kernel is not None


def loaded() -> bool:
    """Say whether the other functions may be called."""
    return _kernel is not None


@cache
def _imported() -> ModuleType | None:
    try:
        from shouwang.engine.backends import text_kernel
    except ImportError:
        return None
    return text_kernel


def _loops() -> Any:
    assert _kernel is not None
    return _kernel


def _seen(array: NDArray[Any]) -> NDArray[Any]:
    """The one kind of array the loops are compiled for."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def _words(data: Bytes) -> NDArray[np.uint64]:
    """At each place of a text the eight bytes from there on."""
    return np.ndarray((len(data) - 7,), np.uint64, _seen(data), strides=(1,))


def scan(data: Bytes, first: int, last: int, classes: Bytes, width: int) -> Scanned:
    """Find the lines of data[first:last] and their cells, ``width`` in a line. One byte behind ``last`` is looked at."""
    loops, text, kinds = _loops(), _seen(data), _seen(classes)
    marks = np.empty(last - first + 1, np.int32)
    count = loops.marks(text, first, last, kinds, marks)
    lines, noted = loops.count_ends(text, kinds, marks, count)
    lines += last > first and data[last - 1] not in {0x0A, 0x0D}
    found = Scanned(
        start=np.empty(lines, np.int64),
        stop=np.empty(lines, np.int64),
        behind=np.empty(lines, np.int64),
        cell_start=np.empty((width, lines), np.int64),
        cell_end=np.empty((width, lines), np.int64),
        plain=np.empty(lines, np.bool_),
        noted=np.empty(noted, np.int64),
    )
    loops.cells(text, first, last, kinds, marks, count, *found)
    return found


def holds_any(data: Bytes, words: Bytes) -> bool:
    """Say whether any of three words of three bytes each (nine bytes in a run) stands in the text."""
    return bool(_loops().holds_any(_seen(data), _seen(words)))


def identity_numbers(data: Bytes, start: Places, end: Places, today: int) -> tuple[Bytes, Flags]:
    """Return the texts of 18 bytes, one behind the other, and which are no plain identity number.

    Plain: digits, the check digit right (``X`` for ten), a real birth date from 1850 to ``today`` (YYYYMMDD), and not ``00``
    in front.
    """
    out, bad = np.empty(18 * len(start), np.uint8), np.empty(len(start), np.bool_)
    _loops().identity_numbers(_seen(data), _seen(start), _seen(end), today, out, bad)
    return out, bad


def amounts(data: Bytes, start: Places, end: Places, *, most: int, times: int) -> tuple[Places, Flags | None]:
    """Return amounts in 分 (``times`` as many; of at most ``most``) and which texts are none (None: all are)."""
    out, rest = np.empty(len(start), np.int64), np.empty(len(start), np.bool_)
    left = _loops().amounts(_seen(data), _seen(start), _seen(end), most, times, out, rest)
    return out, rest if left else None


def joined(data: Bytes, start: Places, end: Places, longest: int) -> tuple[NDArray[np.int32], Bytes, Flags, Flags]:
    """Return the offsets and bytes of texts put one behind the other; which are blank; which are longer than ``longest`` bytes
    or begin or end with white space (ASCII's, U+00A0, U+3000)."""
    loops, text, begin, stop = _loops(), _seen(data), _seen(start), _seen(end)
    offsets = np.empty(len(start) + 1, np.int32)
    blank, bad = np.empty(len(start), np.bool_), np.empty(len(start), np.bool_)
    out = np.empty(loops.edges(text, begin, stop, longest, offsets, blank, bad), np.uint8)
    loops.gather(text, begin, stop, out)
    return offsets, out, blank, bad


def distinct(data: Bytes, start: Places, end: Places) -> tuple[list[bytes], NDArray[np.int32]]:
    """Return the distinct texts, in the order they come, and which of them each one is."""
    which = np.empty(len(start), np.int32)
    size = 1 << max(4, (2 * len(start)).bit_length())
    first = np.empty(size // 2, np.int64)
    count = _loops().distinct(_words(data), _seen(start), _seen(end), np.full(size, -1, np.int32), which, first)
    rows = first[:count]
    places = zip(start[rows].tolist(), end[rows].tolist(), strict=True)
    return [data[at:to].tobytes() for at, to in places], which


class NameForms(NamedTuple):
    """Offsets and bytes of names as they are compared and as they are masked; ``plain``: which are there, the others are empty."""

    plain: Flags
    compared_at: NDArray[np.int32]
    compared: Bytes
    masked_at: NDArray[np.int32]
    masked: Bytes


def name_forms(data: Bytes, start: Places, end: Places, surnames: NDArray[np.uint64]) -> NameForms:
    """Compare and mask names of nothing but Chinese characters from U+4000 to U+9FFF and middle dots U+00B7.

    Compared: without the dots. Masked: a star for every character but the first (of one: for that one too), or the first two
    where more follow and they are in ``surnames`` (six bytes and two of 0). Eight bytes more stand behind the names.
    """
    room = int((end - start).sum())
    plain = np.empty(len(start), np.bool_)
    places = [np.empty(len(start) + 1, np.int32) for _ in range(2)]
    texts = [np.empty(room, np.uint8) for _ in range(2)]
    sizes = _loops().name_forms(
        _seen(data),
        _words(data),
        _seen(start),
        _seen(end),
        _seen(surnames),
        plain,
        places[0],
        texts[0],
        places[1],
        texts[1],
    )
    return NameForms(plain, places[0], texts[0][: sizes[0]], places[1], texts[1][: sizes[1]])


def are_pairs(data: bytes, codes: NDArray[np.uint16]) -> int:
    """Return how many bytes from the first on are whole characters of one or two bytes; -1 where there is any other.

    ``codes``: the code point of lead byte 0x81 + i and trail byte 0x40 + j at ``192 * i + j``, 0 for none. The last byte may
    begin a character.
    """
    return int(_loops().count_of_pairs(_seen(np.frombuffer(data, np.uint8)), _seen(codes)))


def pairs_as_utf8(data: bytes, codes: NDArray[np.uint16]) -> bytes | None:
    """Return characters of one or two bytes as UTF-8; None where there is any other among them."""
    out = np.empty(len(data) // 2 * 3 + 1, np.uint8)
    size = int(_loops().pairs_as_utf8(_seen(np.frombuffer(data, np.uint8)), _seen(codes), out))
    return None if size < 0 else out[:size].tobytes()


def line_ends(data: bytes, lines: int) -> Places:
    """Return the places behind line ends (CR LF is one), of which there are at most so many."""
    behind = np.empty(lines, np.int64)
    return behind[: int(_loops().line_ends(_seen(np.frombuffer(data, np.uint8)), behind))]


def sums(data: bytes, values: NDArray[np.int8], start: Places, end: Places) -> Places:
    """Return for each text the sum of its bytes' values."""
    out = np.empty(len(start), np.int64)
    _loops().sums(_seen(np.frombuffer(data, np.uint8)), _seen(values), _seen(start), _seen(end), out)
    return out

"""The bytes of a text file as blocks of whole lines: where each lies in the file as delivered, and all of them as UTF-8."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shouwang.apps.exchange.reading.delivered import Delivered
from shouwang.apps.exchange.reading.encoding import Decision, gb18030_pairs, place_private_use
from shouwang.engine.backends import text_columns

BLOCK = 1 << 20
PAD = 32
"""Zero bytes before and behind a block's text, so that a window over a cell's edge stays inside the array."""
Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

_ODD = b"\xff"  # stands for a last half character of UTF-16: it never decodes
COMMA, QUOTE, LF, CR = b',"\n\r'
_CONTROLS = [code for code in range(0x20) if chr(code) not in "\t\n\r"] + [0x7F]
_LEADS = [0xC2, *range(0xCD, 0xE0), 0xE2, *range(0xED, 0xF5)]
"""First bytes of the UTF-8 characters ``characters``, ``PRIVATE_USE`` and ``MISREAD_GBK`` look for, and of others near them."""
_MARKED = bytes(code in {COMMA, QUOTE, LF, *_CONTROLS, *_LEADS} for code in range(256))
_MARKED_TOO = bytes(code == CR or bool(_MARKED[code]) for code in range(256))
_CLASSES = np.array(
    [
        {COMMA: text_columns.COMMA, LF: text_columns.LF, CR: text_columns.CR}.get(code, marked * text_columns.NOTED)
        for code, marked in enumerate(_MARKED)
    ],
    np.uint8,
)


class Cells(NamedTuple):
    """Cell k of line i is ``data[start[k, i]:end[k, i]]`` where the line is ``plain``: as many commas as the header."""

    start: Places
    end: Places
    plain: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Block:
    """A run of whole lines.

    ``data``: the lines as UTF-8 between two pads. Line i is ``data[start[i]:stop[i]]`` without its end and reaches to
    ``behind[i]`` with it; in the delivered file it ends at offset ``end[i]``. ``marks``: the places in ``data`` of
    quotes and what may be a forbidden character, and, where ``cells`` are not known yet, of commas and the signs that end
    lines; ``signs``: the bytes there. ``undecodable``: lines that do not decode; in ``text`` they mean nothing.
    """

    at: int
    next_at: int
    raw: bytes
    wide: bool
    text: bytes
    data: Bytes
    start: Places
    stop: Places
    behind: Places
    end: Places
    marks: Places
    signs: Bytes
    undecodable: frozenset[int]
    cells: Cells | None

    def __len__(self) -> int:
        return len(self.start)

    def line(self, line: int) -> str | None:
        """Return a line without its end; None where it does not decode."""
        if line in self.undecodable:
            return None
        return self.data[self.start[line] : self.stop[line]].tobytes().decode()

    def ending(self, line: int) -> str:
        """Return a line's own end."""
        return self.data[self.stop[line] : self.behind[line]].tobytes().decode("ascii")

    def size(self, line: int) -> int:
        """Return the bytes of a line in the encoding that ``shown`` has."""
        return len(self.shown(line, 1))

    def shown(self, line: int, lines: int) -> bytes:
        """Return the bytes of some lines as delivered; those of UTF-16 as UTF-8."""
        last = line + lines - 1
        if self.wide:
            return self.data[self.start[line] : self.behind[last]].tobytes()
        before = self.end[line - 1] if line else self.at
        return self.raw[before - self.at : self.end[last] - self.at]


class Source:
    """A text file."""

    def __init__(self, data: Delivered, decision: Decision) -> None:
        self.data, self.decision, self.start = data, decision, decision.bom
        self.codec = "utf-8" if decision.is_wide else decision.codec

    def stretch(self, at: int) -> tuple[int, int, bytes]:
        """Return the bytes of about one block from a line start to a line end: offset, offset behind, bytes."""
        stop = self._block_end(at)
        return at, stop, self.data.part(at, stop)

    def block(self, at: int, next_at: int, raw: bytes, width: int = 0) -> Block:
        """Find the lines in a stretch; with a header's width their cells too, where that is compiled.

        Touches nothing but its arguments: may run beside others.
        """
        text, undecodable = self._as_utf8(raw)
        data = np.frombuffer(b"".join((bytes(PAD), text, bytes(PAD))), np.uint8)
        if width and text_columns.loaded():
            found = text_columns.scan(data, PAD, PAD + len(text), _CLASSES, width)
            start, stop, behind, marks, signs = found.start, found.stop, found.behind, found.noted, data[found.noted]
            cells = Cells(found.cell_start, found.cell_end, found.plain)
        else:
            start, stop, behind, marks, signs = _lines(text, data)
            cells = None
        if self.decision.is_wide:
            units = np.frombuffer(raw[: len(raw) & ~1], "<u2" if self.decision.codec == "utf-16-le" else ">u2")
            end = 2 * _line_ends(units)
            if len(raw) % 2:
                end = np.append(end[: len(behind) - 1], len(raw))
        elif self.codec == "utf-8":
            end = behind - PAD
        else:
            end = self._ends(raw, len(behind))
        return Block(
            at=at,
            next_at=next_at,
            raw=raw,
            wide=self.decision.is_wide,
            text=text,
            data=data,
            start=start,
            stop=stop,
            behind=behind,
            end=end + at,
            marks=marks,
            signs=signs,
            undecodable=undecodable,
            cells=cells,
        )

    def _ends(self, raw: bytes, lines: int) -> Places:
        """The offsets behind the lines of a stretch of one-byte line ends."""
        if text_columns.loaded():
            return _with_last(text_columns.line_ends(raw, lines), 0, len(raw))
        return _line_ends(np.frombuffer(raw, np.uint8))

    def _block_end(self, at: int) -> int:
        size, beyond = len(self.data), at + BLOCK
        if beyond >= size:
            return size
        for sign in (b"\n", b"\r"):
            end = self._found(sign, beyond, at)
            if end >= 0:
                return end
        return size

    def _found(self, sign: bytes, beyond: int, at: int) -> int:
        """The offset behind the first line end at or behind an offset; -1 where there is none."""
        found = self.data.find(sign, beyond)
        if not self.decision.is_wide:
            return found + 1 if found >= 0 else -1
        little = self.decision.codec == "utf-16-le"
        while found >= 0:
            first = found if little else found - 1
            if (first - self.start) % 2 == 0 and self.data.look(first, first + 2) == sign.decode().encode(
                self.decision.codec
            ):
                return first + 2
            found = self.data.find(sign, found + 1)
        return -1

    def _as_utf8(self, raw: bytes) -> tuple[bytes, frozenset[int]]:
        """The lines of a stretch as UTF-8, and which of them do not decode."""
        if self.codec == "gb18030":
            try:
                return self._placed(raw), frozenset()
            except UnicodeDecodeError:
                return self._placed_by_line(raw)
        text = _narrowed(raw, self.decision.codec) if self.decision.is_wide else raw
        if self.decision.whole:
            return text, frozenset()
        try:
            text.decode()
        except UnicodeDecodeError:
            return text, frozenset(i for i, line in enumerate(text.splitlines(keepends=True)) if not _is_utf8(line))
        return text, frozenset()

    def _placed(self, raw: bytes) -> bytes:
        if text_columns.loaded() and (pairs := text_columns.pairs_as_utf8(raw, gb18030_pairs())) is not None:
            return pairs
        text = raw.decode("gb18030")
        placed = text.encode()
        return place_private_use(text).encode() if b"\xee" in placed else placed

    def _placed_by_line(self, raw: bytes) -> tuple[bytes, frozenset[int]]:
        texts, undecodable = [], set()
        for i, line in enumerate(raw.splitlines(keepends=True)):
            try:
                texts.append(self._placed(line))
            except UnicodeDecodeError:
                texts.append(b"?" + line[len(line.rstrip(b"\r\n")) :])
                undecodable.add(i)
        return b"".join(texts), frozenset(undecodable)

    def shown_record(self, raw: bytes) -> str:
        """Return a record's bytes as text for a human, undecodable ones as U+FFFD."""
        return place_private_use(raw.decode(self.codec, "replace")).rstrip("\r\n")


def _lines(text: bytes, data: Bytes) -> tuple[Places, Places, Places, Places, Bytes]:
    """Start, stop and behind of the lines of a text that lies in ``data`` between pads, and all marks with their signs."""
    returns = int(np.count_nonzero(data == CR))
    marks = np.flatnonzero(np.frombuffer(text.translate(_MARKED), np.bool_)) + PAD
    signs = data[marks]
    if returns and returns != np.count_nonzero(data[marks[signs == LF] - 1] == CR):  # some CR ends a line by itself
        marks = np.flatnonzero(np.frombuffer(text.translate(_MARKED_TOO), np.bool_)) + PAD
        ends_line = (data[marks] != CR) | (data[marks + 1] != LF)
        marks = marks[ends_line]
        signs = data[marks]
    behind = _with_last(marks[(signs == LF) | (signs == CR)] + 1, PAD, PAD + len(text))
    stop = behind - _end_sizes(data, behind, pairs=returns > 0)
    start = np.concatenate([[PAD], behind[:-1]]) if len(behind) else behind
    return start, stop, behind, marks, signs


def _line_ends(units: NDArray[np.unsignedinteger]) -> Places:
    """Return the offset behind each line's end; CR LF is one end."""
    at = np.flatnonzero((units == LF) | (units == CR))
    if CR in units:
        last = len(units) - 1
        at = at[(units[at] != CR) | (at == last) | (units[np.minimum(at + 1, last)] != LF)]
    return _with_last(at + 1, 0, len(units))


def _with_last(behind: Places, first: int, size: int) -> Places:
    """The offsets behind the lines, the last one too if no sign ends it."""
    return np.append(behind, size) if size > (behind[-1] if len(behind) else first) else behind


def _end_sizes(data: Bytes, behind: Places, *, pairs: bool) -> NDArray[np.int8]:
    """How many signs end each line: 0 (the last one may have none), 1, or 2 for CR LF."""
    if not len(behind):
        return np.zeros(0, np.int8)
    sizes = np.ones(len(behind), np.int8)
    if pairs:
        sizes += (data[behind - 1] == LF) & (data[behind - 2] == CR)
    if data[behind[-1] - 1] not in {LF, CR}:
        sizes[-1] = 0
    return sizes


def _narrowed(raw: bytes, codec: str) -> bytes:
    text = raw[: len(raw) & ~1].decode(codec, "surrogatepass")
    return text.encode("utf-8", "surrogatepass") + (_ODD if len(raw) % 2 else b"")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True

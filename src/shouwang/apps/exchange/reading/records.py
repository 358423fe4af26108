"""CSV records from physical lines (RFC 4180), never swallowing a line: what cannot be split stands alone with its reason.

Lines without a quote are split all at once by the places of their commas; every other one is looked at by itself.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from shouwang.apps.exchange.contract import Column
from shouwang.apps.exchange.reading.characters import LOST_WORDS, has_forbidden
from shouwang.apps.exchange.reading.encoding import MISREAD_GBK, PRIVATE_USE, is_utf8_by_itself
from shouwang.apps.exchange.reading.outcome import MAX_SHOWN
from shouwang.apps.exchange.reading.source import COMMA, CR, LF, PAD, QUOTE, Block, Places, Source
from shouwang.engine.backends import text_columns

MAX_LINES = 50
MAX_BYTES = 64 * 1024
LONG_CELL = 32_767
_RAN_OUT = -1
_QUOTED = r'"[^"]*(?:""[^"]*)*"'
_FIELD = rf'(?:{_QUOTED}|[^",\r\n]*)'
_WHOLE = re.compile(rf"{_FIELD}(?:,{_FIELD})*")
_OPEN = re.compile(rf'(?:{_FIELD},)*"[^"]*(?:""[^"]*)*')
_STILL_OPEN = re.compile(r'[^"]*(?:""[^"]*)*')
_CLOSING = re.compile(r'[^"]*(?:""[^"]*)*"(?!")')
_LOST = [word.encode() for word in LOST_WORDS]
_LOST_BYTES = np.frombuffer(b"".join(word[:3] for word in _LOST), np.uint8)
_OWED = bytes(
    0xFF
    if 0x80 <= code < 0xC0
    else 1
    if code == 0xC2
    else 2
    if 0xE2 <= code < 0xF0
    else 3
    if code == 0xF0
    else 40
    if code >= 0x80
    else 0
    for code in range(256)
)
_OWED_VALUES = np.frombuffer(_OWED, np.int8)
"""What a byte adds to the trailing bytes still owed, were it UTF-8 within what ``is_utf8_by_itself`` takes."""
csv.field_size_limit(sys.maxsize)


class Texts(NamedTuple):
    """One column's cells as UTF-8: cell i is ``data[start[i]:end[i]]``; ``PAD`` more bytes stand on either side of all of them."""

    data: NDArray[np.uint8]
    start: Places
    end: Places


class Rows(Protocol):
    """A run of raw records. ``problems``: index → reason code; ``suspect``: needs a closer look; ``filled``: how many cells
    have something in them (workbooks); ``unlike``: records that are not split, or not into as many cells as the header has."""

    line: Places
    lines: Places
    start: Places
    end: Places
    problems: dict[int, str]
    suspect: set[int]
    unlike: set[int]
    filled: Places | None

    def __len__(self) -> int:
        """How many records."""

    def cells(self, i: int) -> list[Any] | None:
        """Return a record's cells; None where it could not be split."""

    def column(self, at: int, column: Column | None) -> tuple[Texts, set[int]]:
        """Return the cells at a position as texts, and the records for which they say nothing."""

    def shown(self, i: int) -> str:
        """Return a record as text for quarantine."""


class Split(NamedTuple):
    """One record looked at by itself: its first line and how many, its cells (None = not split), the problem."""

    at: int
    lines: int
    cells: list[str] | None
    problem: str


@dataclass(slots=True)
class CsvRows:
    """The records of one block (see ``Rows``). ``line`` counts from 0 until ``placed``; ``next_at`` is where the next block begins."""

    source: Source
    block: Block
    first: Places
    lines: Places
    start: Places
    end: Places
    texts: NDArray[np.uint8]
    cell_start: Places
    cell_end: Places
    alone: dict[int, list[str] | None]
    problems: dict[int, str]
    unlike: set[int]
    next_at: int
    line: Places = field(init=False)
    suspect: set[int] = field(default_factory=set)
    private_use: int = 0
    filled: Places | None = None

    def __post_init__(self) -> None:
        self.line = self.first

    def __len__(self) -> int:
        return len(self.first)

    def placed(self, line: int) -> int:
        """Say that the block begins on a line of the file; return the number of the line behind it."""
        self.line = self.first + line
        return line + int(self.lines.sum())

    def cells(self, i: int) -> list[str] | None:
        """Return a record's cells; None where it could not be split."""
        if i in self.alone:
            return self.alone[i]
        text = self.block.line(int(self.first[i]))
        return None if text is None else text.split(",")

    def column(self, at: int, column: Column | None) -> tuple[Texts, set[int]]:
        """Return the cells at a position."""
        return Texts(self.texts, self.cell_start[at], self.cell_end[at]), set()

    def raw(self, i: int) -> bytes:
        """Return a record's bytes."""
        return self.block.shown(int(self.first[i]), int(self.lines[i]))

    def shown(self, i: int) -> str:
        """Return a record as text for quarantine."""
        return self.source.shown_record(self.raw(i))[:MAX_SHOWN]


def split_line(text: str) -> list[str] | None:
    """Split one complete record; None where its quotes are not in order."""
    if '"' not in text:
        return text.split(",")
    if _WHOLE.fullmatch(text) is None:
        return None
    return next(csv.reader([text]), [""])


class Splitter:
    """Splits blocks into records. ``stands_alone`` says of a line's cells that they are a record by themselves: no open quote may swallow it."""

    def __init__(self, source: Source, stands_alone: Callable[[list[str]], bool], width: int = 0) -> None:
        self.source = source
        self.stands_alone = stands_alone
        self.width = width

    def first_records(self, block: Block, limit: int) -> list[Split]:
        """Return the first records of a block, each looked at by itself."""
        found: list[Split] = []
        at = 0
        while at < len(block) and len(found) < limit:
            split = self._split(block, at)
            if split is None:
                if found:
                    break
                split = Split(at, 1, None, "unterminated_quote")
            found.append(split)
            at += split.lines
        return found

    def rows(self, block: Block) -> CsvRows:
        """Return a block's records. Changes nothing of the splitter's: may run beside others."""
        alone, lines = self._alone(block)
        first = np.arange(lines, dtype=np.int64)
        inside = [line for split in alone for line in range(split.at + 1, split.at + split.lines)]
        if inside:
            first = np.delete(first, inside)
        behind = np.append(first[1:], lines)
        end = block.end[behind - 1]
        start = np.concatenate([[block.at], end[:-1]])
        cell_start, cell_end, plain = self._plain_cells(block, lines)
        place = {split.at: int(np.searchsorted(first, split.at)) for split in alone}
        for split in alone:
            plain[split.at] = False
        if inside:
            cell_start, cell_end, plain = cell_start[:, first], cell_end[:, first], plain[first]
        rows = CsvRows(
            source=self.source,
            block=block,
            first=first,
            lines=behind - first,
            start=start,
            end=end,
            texts=block.data,
            cell_start=cell_start,
            cell_end=cell_end,
            alone={place[split.at]: split.cells for split in alone},
            problems={place[split.at]: split.problem for split in alone if split.problem},
            unlike=set(np.flatnonzero(~plain).tolist()),
            next_at=block.next_at if lines == len(block) else int(block.end[lines - 1]),
        )
        self._add_cells(rows)
        _look_closer(rows, block, lines)
        return rows

    def _alone(self, block: Block) -> tuple[list[Split], int]:
        """The records that take a look of their own, and how many lines are split for good."""
        quoted = np.searchsorted(block.behind, block.marks[block.signs == QUOTE], side="right")
        found: list[Split] = []
        free = 0
        lines = len(block)
        for line in sorted({*quoted.tolist(), *block.undecodable}):
            if line < free:
                continue
            split = self._split(block, line)
            if split is None:
                if line and block.next_at < len(self.source.data):
                    return found, line  # the block ends inside an open quote: begin the next block here
                split = Split(line, 1, None, "unterminated_quote")
            found.append(split)
            free = line + split.lines
        return found, lines

    def _split(self, block: Block, at: int) -> Split | None:
        """Look at the record that begins on a line; None where the block is too short to say how it ends."""
        text = block.line(at)
        if text is None:
            return Split(at, 1, None, "encoding")
        cells = split_line(text)
        if cells is not None:
            return Split(at, 1, cells, "")
        if _OPEN.fullmatch(text) is None:
            return Split(at, 1, None, "stray_quote")
        taken = self._lines_of_open_record(block, at)
        if taken == _RAN_OUT:
            return None
        if taken == 0:
            return Split(at, 1, None, "unterminated_quote")
        return Split(at, taken, _joined_cells(block, at, taken), "")

    def _lines_of_open_record(self, block: Block, at: int) -> int:
        """Return how many lines the record opened on a line has; 0 = its quote never closes properly, -1 = the block is too short to say."""
        size = block.size(at)
        for line in range(at + 1, min(at + MAX_LINES, len(block))):
            text = block.line(line)
            size += block.size(line)
            cells = None if text is None else split_line(text)
            if text is None or size > MAX_BYTES or (cells is not None and self.stands_alone(cells)):
                return 0
            if _STILL_OPEN.fullmatch(text):
                continue
            closing = _CLOSING.match(text)
            rest = text[closing.end() :] if closing else "?"
            if rest and not rest.startswith(","):
                return 0
            if split_line(rest) is not None:
                return line - at + 1
            if _OPEN.fullmatch(rest) is None:
                return 0
        return 0 if at + MAX_LINES <= len(block) else _RAN_OUT

    def _plain_cells(self, block: Block, lines: int) -> tuple[Places, Places, NDArray[np.bool_]]:
        """Cell places of the lines with as many commas as the header, shape (width, lines), and which lines those are."""
        if block.cells is not None:
            return block.cells.start[:, :lines], block.cells.end[:, :lines], block.cells.plain[:lines]
        width, signs = self.width, block.signs
        is_end = (signs == LF) | (signs == CR)
        parts = is_end | (signs == COMMA)
        stops = block.marks
        if not parts.all():
            stops, is_end = stops[parts], is_end[parts]
        if len(block) and block.stop[-1] == block.behind[-1]:
            stops, is_end = np.append(stops, block.stop[-1]), np.append(is_end, True)
        at = np.flatnonzero(is_end)
        plain = np.diff(at, prepend=-1) == width
        if plain.all():
            cell_end = np.ascontiguousarray(stops.reshape(-1, width).T)
            cell_end[-1] = block.stop
            cell_start = np.empty_like(cell_end)
            cell_start[0] = block.start
            np.add(cell_end[:-1], 1, out=cell_start[1:])
            return cell_start[:, :lines], cell_end[:, :lines], plain[:lines]
        cell_end = np.full((width, len(at)), PAD, np.int64)
        cell_start = cell_end.copy()
        for k in range(width):
            cell_end[k, plain] = stops[at[plain] + (k + 1 - width)]
        cell_end[-1, plain] = block.stop[plain]
        cell_start[0, plain] = block.start[plain]
        cell_start[1:, plain] = cell_end[:-1, plain] + 1
        return cell_start[:, :lines], cell_end[:, :lines], plain[:lines]

    def _add_cells(self, rows: CsvRows) -> None:
        """Put the cells of records that were split by themselves beside the others', where they are as many."""
        if not rows.alone:
            return
        unlike = np.array(sorted(rows.unlike), np.int64)
        rows.cell_start[:, unlike] = rows.cell_end[:, unlike] = PAD
        whole = [i for i, cells in rows.alone.items() if cells is not None and len(cells) == self.width]
        if not whole:
            return
        texts, start, end = as_texts([cell for i in whole for cell in rows.alone[i] or ()])
        moved = len(rows.texts) - 2 * PAD
        rows.texts = np.concatenate([rows.texts[:-PAD], texts[PAD:]])
        rows.cell_start[:, whole] = start.reshape(-1, self.width).T + moved
        rows.cell_end[:, whole] = end.reshape(-1, self.width).T + moved
        rows.unlike.difference_update(whole)


def as_texts(cells: Sequence[str]) -> Texts:
    """Return cells as the texts of a column; what UTF-8 does not know becomes a question mark."""
    encoded = [cell.encode("utf-8", "replace") for cell in cells]
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    end = np.cumsum(lengths) + PAD
    return Texts(np.frombuffer(b"".join((bytes(PAD), *encoded, bytes(PAD))), np.uint8), end - lengths, end)


def _joined_cells(block: Block, at: int, taken: int) -> list[str]:
    parts = [(block.line(line) or "") + block.ending(line) for line in range(at, at + taken)]
    return next(csv.reader(["".join(parts).rstrip("\r\n")]))


def _look_closer(rows: CsvRows, block: Block, lines: int) -> None:
    """Mark the records that a glance at the whole block cannot clear."""
    source = rows.source
    is_gb18030 = source.codec == "gb18030"
    for i in _records_of(rows, _doubtful_places(block), lines):
        cells = rows.cells(i)
        text = "\n".join(cells) if cells else ""
        if has_forbidden(text):
            rows.suspect.add(i)
        if not is_gb18030 and not block.wide and MISREAD_GBK.search(text):
            rows.problems.setdefault(i, "encoding_mixed")
        rows.private_use += PRIVATE_USE.search(source.shown_record(rows.raw(i))) is not None
    if is_gb18030:
        for i in _maybe_utf8(rows):
            if is_utf8_by_itself(rows.raw(i)):
                rows.problems.setdefault(i, "encoding_mixed")
    rows.suspect.update(np.flatnonzero(rows.end - rows.start > LONG_CELL).tolist())


def _records_of(rows: CsvRows, places: Places, lines: int) -> list[int]:
    """The records in which places of the block's text lie, and those with lines that do not decode."""
    block = rows.block
    at = np.unique(np.searchsorted(block.behind, places, side="right"))
    at = np.union1d(at, np.fromiter(block.undecodable, np.int64, len(block.undecodable)))
    return np.unique(np.searchsorted(rows.first, at[at < lines], side="right") - 1).tolist()


def _doubtful_places(block: Block) -> Places:
    """Where a forbidden, misread or private-use character may stand: no such character is left out, a few others are let in."""
    split = np.zeros(256, np.bool_)
    split[[COMMA, QUOTE, LF, CR]] = True
    marks = block.marks[~split[block.signs]]
    lead, second, third = (block.data[marks + k].astype(np.int32) for k in range(3))
    three = (lead << 16) | (second << 8) | third
    harmless = (lead == 0xC2) & (second > 0x9F)
    harmless |= (lead == 0xCD) & (second < 0xB0)
    harmless |= (lead == 0xE2) & ~_between(three, (0xE2808B, 0xE2808F), (0xE280A8, 0xE280AE), (0xE281A0, 0xE281A9))
    harmless |= (lead == 0xED) & (second < 0xA0)
    harmless |= (lead == 0xEF) & ~_between(
        three, (0xEF8080, 0xEFA3BF), (0xEFB790, 0xEFB7AF), (0xEFBBBF, 0xEFBBBF), (0xEFBFBD, 0xEFBFBF)
    )
    places = marks[~harmless]
    if text_columns.loaded() and not text_columns.holds_any(block.data, _LOST_BYTES):
        return places
    lost = [found.start() + PAD for word in _LOST if word in block.text for found in re.finditer(word, block.text)]
    return np.concatenate([places, np.array(lost, np.int64)]) if lost else places


def _between(values: NDArray[np.int32], *ranges: tuple[int, int]) -> NDArray[np.bool_]:
    found = np.zeros(len(values), np.bool_)
    for low, high in ranges:
        found |= (values >= low) & (values <= high)
    return found


def _maybe_utf8(rows: CsvRows) -> list[int]:
    """Records of a GB18030 file whose bytes could be UTF-8: as many trailing bytes as the leading ones ask for."""
    if not len(rows):
        return []
    block = rows.block
    if text_columns.loaded():
        owed = text_columns.sums(block.raw, _OWED_VALUES, rows.start - block.at, rows.end - block.at)
        return np.flatnonzero(owed == 0).tolist()
    owed = np.frombuffer(block.raw[: rows.next_at - block.at].translate(_OWED), np.int8)
    total = np.add.reduceat(owed, rows.start - block.at, dtype=np.int64)
    return np.flatnonzero(total == 0).tolist()

"""CSV records from physical lines (RFC 4180), never swallowing a line: what cannot be split stands alone with its reason."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shouwang.apps.exchange.reading.characters import has_forbidden
from shouwang.apps.exchange.reading.encoding import MISREAD_GBK, PRIVATE_USE, is_utf8_by_itself
from shouwang.apps.exchange.reading.source import Lines, Source

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
csv.field_size_limit(sys.maxsize)


@dataclass(slots=True)
class Rows:
    """A run of raw records.

    ``cells`` None = not split; ``problems`` index → reason code; ``suspect`` = needs a closer look; ``filled`` = how many
    cells have something in them (workbooks).
    """

    cells: list[list[Any] | None] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    shown: list[Any] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)
    suspect: set[int] = field(default_factory=set)
    private_use: bool = False
    filled: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.cells)


@dataclass(slots=True)
class Place:
    """Where the splitter stands: offset in the source's bytes, next line number, offset in the delivered file."""

    at: int
    line: int
    byte: int


def split_line(text: str) -> list[str] | None:
    """Split one complete record; None where its quotes are not in order."""
    if '"' not in text:
        return text.split(",")
    if _WHOLE.fullmatch(text) is None:
        return None
    return next(csv.reader([text]), [""])


class Splitter:
    """Walks a source block by block. ``stands_alone`` says of a line's cells that they are a record by themselves: no open quote may swallow it."""

    def __init__(self, source: Source, stands_alone: Callable[[list[str]], bool]) -> None:
        self.source = source
        self.stands_alone = stands_alone
        self.place = Place(source.start, 1, source.decision.bom)

    @property
    def finished(self) -> bool:
        """Whether every byte has been handed out."""
        return self.place.at >= len(self.source.data)

    def next_rows(self, limit: int | None = None) -> Rows:
        """Return the next block's records, at most ``limit``, and move behind them."""
        found = self.source.lines_from(self.place.at)
        is_plain = limit is None and found.joined is not None and '"' not in found.joined
        rows = self._plain(found) if is_plain else self._careful(found, limit)
        self._look_closer(found, rows)
        return rows

    def _plain(self, found: Lines) -> Rows:
        n = len(found.raw)
        byte, ends = self.place.byte, []
        for length in found.lengths:
            byte += length
            ends.append(byte)
        first = self.place.line
        rows = Rows(
            cells=[text.split(",") for text in found.texts],  # type: ignore[union-attr]
            line=list(range(first, first + n)),
            lines=[1] * n,
            start=[self.place.byte, *ends[:-1]] if n else [],
            end=ends,
            shown=found.raw,
        )
        self.place = Place(found.next_at, first + n, byte)
        return rows

    def _careful(self, found: Lines, limit: int | None) -> Rows:
        rows, i, n = Rows(), 0, len(found.raw)
        place = self.place
        at_end = found.next_at >= len(self.source.data)
        while i < n and (limit is None or len(rows) < limit):
            text, taken, problem = found.texts[i], 1, ""
            cells: list[str] | None = None
            if text is None:
                problem = "encoding"
            elif (cells := split_line(text)) is None:
                if _OPEN.fullmatch(text) is None:
                    problem = "stray_quote"
                else:
                    taken = self._lines_of_open_record(found, i)
                    if taken == _RAN_OUT and not at_end and len(rows):
                        break  # the block ends inside an open quote: begin the next block here
                    if taken <= 0:
                        taken, problem = 1, "unterminated_quote"
                    else:
                        cells = self._joined_cells(found, i, taken)
            if problem:
                rows.problems[len(rows)] = problem
            rows.cells.append(cells)
            rows.line.append(place.line)
            rows.lines.append(taken)
            rows.start.append(place.byte)
            rows.shown.append(found.raw[i] if taken == 1 else b"".join(found.raw[i : i + taken]))
            place = Place(
                place.at + sum(map(len, found.raw[i : i + taken])),
                place.line + taken,
                place.byte + sum(found.lengths[i : i + taken]),
            )
            rows.end.append(place.byte)
            i += taken
        self.place = place
        return rows

    def _lines_of_open_record(self, found: Lines, i: int) -> int:
        """Return how many lines the record opened on line ``i`` has; 0 = its quote never closes properly, -1 = the block is too short to say."""
        size = len(found.raw[i])
        for j in range(i + 1, min(i + MAX_LINES, len(found.raw))):
            text = found.texts[j]
            size += len(found.raw[j])
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
                return j - i + 1
            if _OPEN.fullmatch(rest) is None:
                return 0
        return 0 if i + MAX_LINES <= len(found.raw) else _RAN_OUT

    def _joined_cells(self, found: Lines, i: int, taken: int) -> list[str]:
        parts = [(found.texts[j] or "") + self.source.ending(found.raw[j]) for j in range(i, i + taken)]
        return next(csv.reader(["".join(parts).rstrip("\r\n")]))

    def _look_closer(self, found: Lines, rows: Rows) -> None:
        """Mark the records that a glance at the whole block cannot clear."""
        rows.private_use = found.joined is None or PRIVATE_USE.search(found.joined) is not None
        if found.joined is None or has_forbidden(found.joined):
            rows.suspect.update(i for i, cells in enumerate(rows.cells) if cells and has_forbidden("\n".join(cells)))
        codec = self.source.codec
        if codec == "gb18030":
            mixed = (i for i, raw in enumerate(rows.shown) if is_utf8_by_itself(raw))
        elif self.source.decision.is_wide or (found.joined is not None and MISREAD_GBK.search(found.joined) is None):
            mixed = iter(())
        else:
            mixed = (i for i, cells in enumerate(rows.cells) if cells and MISREAD_GBK.search("\n".join(cells)))
        for i in mixed:
            rows.problems.setdefault(i, "encoding_mixed")
        if found.lengths and max(found.lengths) > LONG_CELL:
            rows.suspect.update(i for i in range(len(rows)) if rows.end[i] - rows.start[i] > LONG_CELL)

"""Rows of a worksheet and the shared strings, straight from expat: fast, strict, and deaf to any declaration of entities."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.parsers import expat

from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.xml.constants import SHEET_MAIN_NS

from shouwang.apps.exchange.reading.cells import ErrorValue, Formula, Number, Truth
from shouwang.apps.exchange.reading.reasons import Refused

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
_PIECE = 1 << 16
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile("([A-Z]{1,3})([0-9]{1,7})")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_ROW, _CELL, _VALUE, _FORMULA, _TEXT, _SPOKEN, _STRING, _COLUMN = (
    f"{SHEET_MAIN_NS}}}{name}" for name in ("row", "c", "v", "f", "t", "rPh", "si", "col")
)
_TRUE = {"1", "true"}


def _forbidden(*_: Any) -> None:
    raise Refused("xml_entity")


def _parser(
    start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], text: Callable[[str], None]
) -> Any:
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = _forbidden
    return parser


def _fed(parser: Any, xml: bytes) -> Iterator[None]:
    try:
        for at in range(0, len(xml), _PIECE):
            parser.Parse(xml[at : at + _PIECE], False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise Refused("damaged") from error


def unescaped(text: str) -> str:
    """Return a cell's text with Excel's ``_xHHHH_`` put back into characters."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def read_strings(xml: bytes) -> list[str]:
    """Return the shared strings, without the readings spoken beside them (拼音标注)."""
    found: list[str] = []
    pieces: list[str] = []
    inside = spoken = False

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal inside, spoken
        if name == _TEXT:
            inside = not spoken
        elif name == _SPOKEN:
            spoken = True

    def end(name: str) -> None:
        nonlocal inside, spoken
        if name == _TEXT:
            inside = False
        elif name == _SPOKEN:
            spoken = False
        elif name == _STRING:
            found.append(unescaped("".join(pieces)))
            pieces.clear()

    for _ in _fed(_parser(start, end, lambda text: pieces.append(text) if inside else None), xml):
        pass
    return found


@dataclass(frozen=True, slots=True)
class Styles:
    """What tells a date from a number: the workbook's epoch, the styles that are dates and those that are durations."""

    epoch: datetime
    dates: frozenset[int]
    durations: frozenset[int]


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one worksheet; ``hidden_columns`` are known once it has run."""

    strings: list[str]
    styles: Styles
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    _columns: dict[str, int] = field(default_factory=dict)
    _ready: list[tuple[int, list[Any], bool]] = field(default_factory=list)
    _number: int = 0
    _hidden: bool = False
    _cells: list[Any] = field(default_factory=list)
    _kind: str = "n"
    _style: int = 0
    _reference: str | None = None
    _has_formula: bool = False
    _inside: bool = False
    _spoken: bool = False
    _pieces: list[str] = field(default_factory=list)

    def rows(self, xml: bytes) -> Iterator[tuple[int, list[Any], bool]]:
        """Yield (row number, cells from column A on, hidden) in file order. Raises Refused('damaged')."""
        for _ in _fed(_parser(self._start, self._end, self._text), xml):
            yield from self._ready
            self._ready.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _CELL:
            self._kind = attributes.get("t", "n")
            self._style = _whole(attributes.get("s", "0"))
            self._reference = attributes.get("r")
            self._has_formula = False
            self._pieces = []
        elif name in {_VALUE, _TEXT}:
            self._inside = not self._spoken
        elif name == _ROW:
            number = attributes.get("r")
            self._number = _whole(number) if number else self._number + 1
            if not 1 <= self._number <= MAX_ROWS:
                raise Refused("damaged", f"行号 {self._number}")
            self._hidden = attributes.get("hidden") in _TRUE
            self._cells = []
        elif name == _FORMULA:
            self._has_formula = True
        elif name == _SPOKEN:
            self._spoken = True
        elif name == _COLUMN and attributes.get("hidden") in _TRUE:
            self.hidden_columns.append((_whole(attributes.get("min", "1")), _whole(attributes.get("max", "1"))))

    def _text(self, text: str) -> None:
        if self._inside:
            self._pieces.append(text)

    def _end(self, name: str) -> None:
        if name in {_VALUE, _TEXT}:
            self._inside = False
        elif name == _CELL:
            self._place(self._value())
        elif name == _ROW:
            self._ready.append((self._number, self._cells, self._hidden))
        elif name == _SPOKEN:
            self._spoken = False

    def _place(self, value: Any) -> None:
        at = len(self._cells) if self._reference is None else self._column(self._reference) - 1
        gap = at - len(self._cells)
        if gap < 0 or at >= MAX_COLUMNS:
            raise Refused("damaged", f"第 {self._number} 行的单元格位置重复或错行")
        self._cells.extend([""] * gap)
        self._cells.append(value)

    def _column(self, reference: str) -> int:
        found = _REFERENCE.fullmatch(reference)
        if found is None or int(found[2]) != self._number:
            raise Refused("damaged", f"第 {self._number} 行的单元格位置重复或错行")
        column = self._columns.get(found[1])
        if column is None:
            column = 0
            for letter in found[1]:
                column = column * 26 + ord(letter) - 64
            self._columns[found[1]] = column
        return column

    def _value(self) -> Any:
        if self._has_formula:
            return Formula()
        text = "".join(self._pieces)
        if not text:
            return ""
        kind = self._kind
        if kind == "s":
            at = _whole(text.strip())
            if at >= len(self.strings):
                raise Refused("damaged", "文字表不完整")
            return self.strings[at]
        if kind in {"str", "inlineStr"}:
            return unescaped(text)
        if kind == "n":
            return self._number_or_date(text.strip())
        if kind == "b":
            return Truth(text.strip() in _TRUE)
        if kind == "e":
            return ErrorValue(text)
        if kind == "d":
            try:
                return _as_moment(from_ISO8601(text.strip()))
            except ValueError as error:
                raise Refused("damaged") from error
        raise Refused("damaged", "单元格类型不明")

    def _number_or_date(self, text: str) -> Any:
        if _NUMBER.fullmatch(text) is None:
            raise Refused("damaged", f"第 {self._number} 行有无法识别的数值")
        if self._style not in self.styles.dates:
            return Number(text)
        try:
            moment = from_excel(float(text), self.styles.epoch, timedelta=self._style in self.styles.durations)
        except (ValueError, OverflowError):
            return ErrorValue("#VALUE!")
        return _as_moment(moment)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refused("damaged")
    return int(text)


def _as_moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 a cell has no zone
    if isinstance(value, time | timedelta):
        return datetime(1900, 1, 1, 0, 0, 1)  # noqa: DTZ001 a time of day alone is no date
    raise Refused("damaged")

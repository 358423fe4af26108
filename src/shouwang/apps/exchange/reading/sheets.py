"""Sheets of a checked workbook: names, states, and rows of cells as the file holds them."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet import _reader as openpyxl_sheet
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from shouwang.apps.exchange.reading.cells import ErrorValue, Formula, Number, Truth
from shouwang.apps.exchange.reading.package import Package
from shouwang.apps.exchange.reading.reasons import Refused

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
_MERGED = re.compile(rb"""<(?:[A-Za-z0-9]+:)?mergeCell\s[^>]*?ref\s*=\s*["']([A-Z0-9:$]{2,40})["']""")
_ROW = re.compile(rb"<(?:[A-Za-z0-9]+:)?row[\s>/]")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_EMPTY_SHEET = f'<worksheet xmlns="{SHEET_MAIN_NS}"><sheetData/></worksheet>'.encode()
_STRING_TAG = f"{{{SHEET_MAIN_NS}}}si"
_DAMAGE = (
    zipfile.BadZipFile,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    SyntaxError,
    OverflowError,
    AssertionError,
    OSError,
    RecursionError,
)
# Kept out of openpyxl's sight: nothing of them is ever read here.
_UNREAD = (
    "xl/externalLinks/",
    "xl/charts/",
    "xl/drawings/",
    "xl/media/",
    "xl/pivotTables/",
    "xl/pivotCache/",
    "xl/embeddings/",
    "xl/printerSettings/",
    "customXml/",
)


@dataclass(slots=True)
class Sheet:
    """One worksheet: its name, whether it can be seen, its XML, and (once read) what is hidden or merged in it."""

    name: str
    visible: bool
    path: str
    hidden_rows: int = 0
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


class _Rows(openpyxl_sheet.WorkSheetParser):  # type: ignore[misc]
    """openpyxl's streaming row parser, reading nothing but columns and rows."""

    def parse(self) -> Iterator[tuple[int, list[dict[str, Any]], bool]]:
        for _, element in iterparse(self.source):
            if element.tag == openpyxl_sheet.ROW_TAG:
                hidden = element.get("hidden") in {"1", "true"}
                number, cells = self.parse_row(element)
                self.row_dimensions.clear()
                element.clear()
                yield number, cells, hidden
            elif element.tag == openpyxl_sheet.COL_TAG:
                self.column_dimensions[len(self.column_dimensions)] = dict(element.attrib)

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """As openpyxl, but numbers keep their own text."""
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["data_type"] == "n" and cell["value"] is not None:
            cell["value"] = Number(element.findtext(openpyxl_sheet.VALUE_TAG, "").strip())
        return cell


class _Reader(ExcelReader):  # type: ignore[misc]
    """openpyxl's reader with the shared strings kept exactly, and nothing read that no row needs."""

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is None:
            return
        with self.archive.open(part.PartName[1:]) as source:
            for _, node in iterparse(source):
                if node.tag == _STRING_TAG:
                    self.shared_strings.append(Text.from_tree(node).content)
                    node.clear()

    def read_properties(self) -> None:
        pass

    read_custom = read_theme = read_properties


class Workbook:
    """A workbook that passed ``Package``. Raises Refused('damaged') where openpyxl cannot make sense of it."""

    def __init__(self, package: Package) -> None:
        self._package = package
        try:
            reader = _Reader(
                package.skeleton(_UNREAD, ("xl/worksheets/",), _EMPTY_SHEET), read_only=True, keep_links=False
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reader.read()
        except _DAMAGE as error:
            raise Refused("damaged") from error
        self._book = reader.wb
        self._strings = reader.shared_strings
        found = [sheet for sheet in self._book._sheets if isinstance(sheet, ReadOnlyWorksheet)]
        if len(self._book._sheets) != len(reader.parser.sheets):
            raise Refused("damaged", "有工作表缺失")
        self.sheets = [Sheet(sheet.title, sheet.sheet_state == "visible", sheet._worksheet_path) for sheet in found]

    def rows_of(self, sheet: Sheet) -> Iterator[tuple[int, list[Any]]]:
        """Yield (row number, cells from column A on) in file order; fills in what is hidden and merged."""
        xml = self._package.part(sheet.path)
        sheet.merged = [self._bounds(ref.decode("ascii")) for ref in _MERGED.findall(xml)]
        parser = _Rows(
            io.BytesIO(xml),
            self._strings,
            epoch=self._book.epoch,
            date_formats=self._book._date_formats,
            timedelta_formats=self._book._timedelta_formats,
        )
        count = 0
        try:
            for number, cells, hidden in parser.parse():
                count += 1
                if not 1 <= number <= MAX_ROWS:
                    raise Refused("damaged", f"行号 {number}")
                sheet.hidden_rows += hidden
                yield number, _row(number, cells)
        except _DAMAGE as error:
            raise Refused("damaged") from error
        if count != len(_ROW.findall(xml)):
            raise Refused("damaged", "有的行不在规范的位置")
        for column in parser.column_dimensions.values():
            if column.get("hidden") in {"1", "true"}:
                sheet.hidden_columns.append((int(column["min"]), int(column["max"])))

    @staticmethod
    def _bounds(ref: str) -> tuple[int, int, int, int]:
        try:
            left, top, right, bottom = range_boundaries(ref)
        except ValueError as error:
            raise Refused("damaged") from error
        return int(left or 1), int(top or 1), int(right or MAX_COLUMNS), int(bottom or MAX_ROWS)


def _row(number: int, cells: list[dict[str, Any]]) -> list[Any]:
    width = max((cell["column"] for cell in cells), default=0)
    if width > MAX_COLUMNS:
        raise Refused("damaged", "列号超出范围")
    row: list[Any] = [""] * width
    taken: set[int] = set()
    for cell in cells:
        at = cell["column"] - 1
        if cell["row"] != number or at in taken or at < 0:
            raise Refused("damaged", f"第 {number} 行的单元格位置重复或错行")
        taken.add(at)
        row[at] = _value(cell["data_type"], cell["value"])
    return row


def _value(kind: str, value: Any) -> Any:
    if kind == "f":
        return Formula()
    if value is None:
        return ""
    if kind == "e":
        return ErrorValue(str(value))
    if kind == "b":
        return Truth(bool(value))
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 a cell has no zone
    if isinstance(value, time | timedelta):
        return datetime(1900, 1, 1, 0, 0, 1)  # noqa: DTZ001 a time of day alone is no date
    if isinstance(value, Number):
        return value
    text = str(value)
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text

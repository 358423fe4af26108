"""Sheets of a checked workbook: names, states, and rows of cells as the file holds them."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from shouwang.apps.exchange.reading.package import Package
from shouwang.apps.exchange.reading.reasons import Refused
from shouwang.apps.exchange.reading.sheet_xml import MAX_COLUMNS, MAX_ROWS, RowReader, Styles, read_strings

_MERGED = re.compile(rb"""<(?:[A-Za-z0-9]+:)?mergeCell\s[^>]*?ref\s*=\s*["']([A-Z0-9:$]{2,40})["']""")
_ROW = re.compile(rb"<(?:[A-Za-z0-9]+:)?row[\s>/]")
_EMPTY_SHEET = f'<worksheet xmlns="{SHEET_MAIN_NS}"><sheetData/></worksheet>'.encode()
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


class _Reader(ExcelReader):  # type: ignore[misc]
    """openpyxl's reader with the shared strings kept exactly, and nothing read that no row needs."""

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            self.shared_strings = read_strings(self.archive.read(part.PartName[1:]))

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
        self._styles = Styles(
            self._book.epoch,
            frozenset(self._book._date_formats),
            frozenset(self._book._timedelta_formats),
        )
        found = [sheet for sheet in self._book._sheets if isinstance(sheet, ReadOnlyWorksheet)]
        if len(self._book._sheets) != len(reader.parser.sheets):
            raise Refused("damaged", "有工作表缺失")
        self.sheets = [Sheet(sheet.title, sheet.sheet_state == "visible", sheet._worksheet_path) for sheet in found]

    def rows_of(self, sheet: Sheet) -> Iterator[tuple[int, list[Any]]]:
        """Yield (row number, cells from column A on) in file order; fills in what is hidden and merged."""
        xml = self._package.part(sheet.path)
        sheet.merged = [self._bounds(ref.decode("ascii")) for ref in _MERGED.findall(xml)]
        reader = RowReader(self._strings, self._styles)
        count = 0
        for number, cells, hidden in reader.rows(xml):
            count += 1
            sheet.hidden_rows += hidden
            yield number, cells
        if count != len(_ROW.findall(xml)):
            raise Refused("damaged", "有的行不在规范的位置")
        sheet.hidden_columns = reader.hidden_columns

    @staticmethod
    def _bounds(ref: str) -> tuple[int, int, int, int]:
        try:
            left, top, right, bottom = range_boundaries(ref)
        except ValueError as error:
            raise Refused("damaged") from error
        return int(left or 1), int(top or 1), int(right or MAX_COLUMNS), int(bottom or MAX_ROWS)

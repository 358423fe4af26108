"""Writes department files: CSV in several encodings, workbooks with titles, totals and signatures; counts every row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from shouwang.synth.county.breaking import (
    CSV_FAMILIES,
    XLSX_FAMILIES,
    Broken,
    encoded_wrongly,
    fits,
    odd_but_readable,
    spoilt,
)
from shouwang.synth.county.cells import Sheet

Put = Callable[[str | bytes], None]
SHEET_TITLE = "数据"
FOOTERS = ("制表人：李秋实", "审核人：赵明远", "单位负责人：（签章）")


@dataclass(frozen=True, slots=True)
class Style:
    """How one sender writes: encoding, line ends, a title above, totals and signatures below, the form of dates and months."""

    encoding: str = "utf-8"
    bom: bool = False
    end: str = "\n"
    title: str = ""
    totals: bool = False
    signed: bool = False
    dates: str = "%Y-%m-%d"
    months: str = "%Y-%m"
    grouped: bool = False


@dataclass(slots=True)
class Ledger:
    """What was written: per file the records and the broken ones among them."""

    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)


def csv_line(cells: Sequence[str]) -> str:
    """A record by RFC 4180, without its line end; a cell stands in quotes only where it has to."""
    line = ",".join(cells)
    if line.count(",") == len(cells) - 1 and not _SPECIAL.search(line):
        return line
    return ",".join(
        '"' + cell.replace('"', '""') + '"' if "," in cell or _SPECIAL.search(cell) else cell for cell in cells
    )


_SPECIAL = re.compile(r'["\n\r]')


class Writer:
    """Writes files of one county into a folder. ``broken_share`` of the records (2 to 24 a file) come broken on top."""

    def __init__(self, out: Path, rng: np.random.Generator, broken_share: float = 0.0015) -> None:
        self.out = out
        self.rng = rng
        self.share = broken_share
        self.ledger = Ledger()
        out.mkdir(parents=True, exist_ok=True)

    def _spoil_plan(self, count: int, families: list[str]) -> dict[int, str]:
        """Before which record a broken one stands, and of which family."""
        wanted = int(np.clip(round(count * self.share), 1 if count < 100 else 2, 24))
        if count == 0:
            return {}
        places = self.rng.choice(count, min(wanted, count), replace=False)
        start = int(self.rng.integers(0, len(families)))
        return {int(place): families[(start + n) % len(families)] for n, place in enumerate(sorted(places))}

    def csv(self, name: str, records: list[list[str]], sheet: Sheet, style: Style) -> None:
        """Write one CSV file; a hundredth of the numbers are written oddly but readably."""
        families = [family for family in CSV_FAMILIES if fits(family, sheet)]
        plan = self._spoil_plan(len(records), families)
        odd = self.rng.random(len(records)) < 0.01
        parts = [b"\xef\xbb\xbf"] if style.bom else []
        line = 1

        def put(text: str | bytes) -> None:
            nonlocal line
            parts.append(text if isinstance(text, bytes) else (text + style.end).encode(style.encoding))
            line += 1

        if style.title:
            put(style.title)
        put(csv_line(sheet.headers))
        for number, record in enumerate(records):
            if number in plan:
                family = self._broken_line(put, plan[number], self._styled(record, sheet, style), sheet, style)
                self.ledger.broken.append(Broken(name, line - 1, family))
            cells = self._styled(record, sheet, style)
            if odd[number]:
                cells[sheet.id_place] = odd_but_readable(self.rng, cells[sheet.id_place])
            put(csv_line(cells))
        for text in self._csv_footer(records, sheet, style):
            put(text)
        (self.out / name).write_bytes(b"".join(parts))
        self.ledger.rows[name] = {"records": len(records) + len(plan), "broken": len(plan)}

    def _broken_line(self, put: Put, family: str, cells: list[str], sheet: Sheet, style: Style) -> str:
        """Write a spoilt copy of a record; returns the family it came out as."""
        line = csv_line(spoilt(family, cells, sheet))
        if family == "unterminated_quote":
            cells[sheet.name_place] = '"' + cells[sheet.name_place]
            line = ",".join(cells)
        elif family == "mixed_bytes":
            data = encoded_wrongly(line, style.encoding)
            if data is not None:
                put(data + style.end.encode(style.encoding))
                return family
            family, line = "blank_id", csv_line(spoilt("blank_id", cells, sheet))
        put(line)
        return family

    def _styled(self, record: list[str], sheet: Sheet, style: Style) -> list[str]:
        if style.dates == "%Y-%m-%d" and style.months == "%Y-%m" and not style.grouped:
            return list(record)
        cells = list(record)
        for place, cell in enumerate(cells):
            if len(cell) == 10 and cell[4] == "-" and cell[7] == "-" and style.dates != "%Y-%m-%d":
                cells[place] = date.fromisoformat(cell).strftime(style.dates)
            elif len(cell) == 7 and cell[4] == "-" and style.months != "%Y-%m":
                cells[place] = date.fromisoformat(cell + "-01").strftime(style.months)
        if style.grouped:
            for place in sheet.amounts:
                if cells[place]:
                    cells[place] = f"{float(cells[place]):,.2f}"
        return cells

    def _csv_footer(self, records: list[list[str]], sheet: Sheet, style: Style) -> list[str]:
        found = []
        if style.totals:
            cells = ["合计", *[""] * (len(sheet.headers) - 1)]
            cells[1] = f"{len(records)}条"
            found.append(",".join(cells))
        if style.signed:
            found.extend(FOOTERS)
        return found

    def workbook(self, name: str, records: list[list[str]], sheet: Sheet, title: str, *, group: str = "") -> None:
        """Write one workbook: title, note, (grouped) header, typed cells, a count of records, signatures."""
        families = [family for family in XLSX_FAMILIES if fits(family, sheet)]
        plan = self._spoil_plan(len(records), families)
        book = Workbook(write_only=False)
        page: Any = book.active
        page.title = SHEET_TITLE
        last = get_column_letter(len(sheet.headers))
        page.append([title])
        page.merge_cells(f"A1:{last}1")
        page.append(["填报单位：安禾县", *[None] * (len(sheet.headers) - 2), "单位：元"])
        row = 3
        if group:
            page.append([*sheet.headers[:2], group, *[None] * (len(sheet.headers) - 3)])
            page.append([None, None, *sheet.headers[2:]])
            page.merge_cells(start_row=row, end_row=row, start_column=3, end_column=len(sheet.headers))
            for column in (1, 2):
                page.merge_cells(start_row=row, end_row=row + 1, start_column=column, end_column=column)
            row += 1
        else:
            page.append(list(sheet.headers))
        for number, record in enumerate(records):
            if number in plan:
                row += 1
                self.ledger.broken.append(Broken(name, row, plan[number], SHEET_TITLE))
                self._broken_row(page, plan[number], record, sheet)
            row += 1
            page.append(self._typed(record, sheet))
        page.append(["合计", f"{len(records)}条"])
        page.append([])
        page.append(["    ".join(FOOTERS)])
        book.properties.created = book.properties.modified = datetime(2026, 11, 2, 9, 0)  # noqa: DTZ001 -- Excel has no zones
        book.save(self.out / name)
        self.ledger.rows[name] = {"records": len(records) + len(plan), "broken": len(plan)}

    def _typed(self, record: list[str], sheet: Sheet) -> list[Any]:
        """Cells as Excel keeps them: amounts as numbers, dates as dates, the rest as text."""
        cells: list[Any] = [cell or None for cell in record]
        for place in sheet.amounts:
            if record[place]:
                cells[place] = float(record[place])
        for place, cell in enumerate(record):
            if len(cell) == 10 and cell[4] == "-" and cell[7] == "-":
                cells[place] = date.fromisoformat(cell)
        return cells

    def _broken_row(self, page: Any, family: str, record: list[str], sheet: Sheet) -> None:
        typed_later = family in {"impossible_date", "bad_amount"}
        cells = self._typed(record if typed_later else spoilt(family, record, sheet), sheet)
        if family == "numeric_id":
            cells[0] = int(record[0][:17] + "0")
        elif family == "formula":
            cells[0] = '="990101"&"199003071234"'
        elif family == "impossible_date":
            cells[sheet.dates[0]] = "2026-02-30"
        elif family == "bad_amount":
            cells[sheet.amounts[0]] = "1.200,50"
        page.append(cells)

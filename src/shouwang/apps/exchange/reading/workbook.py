"""An XLSX workbook from bytes to accepted and quarantined records; every sheet, row and filled cell is accounted for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import Any

import numpy as np

from shouwang.apps.exchange.contract import Column, Contract
from shouwang.apps.exchange.reading import header as headers
from shouwang.apps.exchange.reading.cells import EDGES, CellProblem, text_of
from shouwang.apps.exchange.reading.characters import has_forbidden, problem_of
from shouwang.apps.exchange.reading.encoding import PRIVATE_USE
from shouwang.apps.exchange.reading.header import SEARCHED_ROWS, Header, header_name
from shouwang.apps.exchange.reading.outcome import BLANK, HEADER, MAX_SHOWN, Account, Sink, Where
from shouwang.apps.exchange.reading.package import Package
from shouwang.apps.exchange.reading.reasons import Refused
from shouwang.apps.exchange.reading.records import Texts, as_texts
from shouwang.apps.exchange.reading.sheets import MAX_ROWS, Sheet, Workbook
from shouwang.apps.exchange.reading.table import Table, text_shown

BATCH = 2_000


@dataclass(slots=True)
class Opened:
    """A sheet with its first rows read: where the header stands (None = no table of ours) and the rest still to come."""

    sheet: Sheet
    first: list[tuple[int, list[Any]]]
    rest: Iterator[tuple[int, list[Any]]]
    index: int = 0
    last: int = 0
    header: Header | None = None
    refused: Refused | None = None


def _trimmed(row: list[Any]) -> list[Any]:
    """A header row without the blank cells behind its last name."""
    width = len(row)
    while width and not text_shown(row[width - 1]).strip(EDGES):
        width -= 1
    return row[:width]


def _over(upper: list[Any], lower: list[Any]) -> list[Any]:
    """Two header rows as one: the lower name where there is one, else the upper."""
    width = max(len(upper), len(lower))
    up, low = upper + [""] * (width - len(upper)), lower + [""] * (width - len(lower))
    return [one if header_name(text_shown(one)) else other for one, other in zip(low, up, strict=True)]


def _open(book: Workbook, sheet: Sheet, contract: Contract) -> Opened:
    rows = book.rows_of(sheet)
    first: list[tuple[int, list[Any]]] = []
    for number, row in rows:
        first.append((number, row))
        if number > SEARCHED_ROWS:
            break
    found = Opened(sheet, first, rows)
    shown = [[text_shown(cell) for cell in _trimmed(row)] for _, row in first]
    for i, (number, _) in enumerate(first):
        if number > SEARCHED_ROWS:
            break
        pair = [(shown[i], i)]
        if i + 1 < len(first) and first[i + 1][0] == number + 1:
            pair.append((_over(shown[i], shown[i + 1]), i + 1))
        fitting = [
            (match, last)
            for match, last in ((headers.match(cells, contract), last) for cells, last in pair)
            if match.header and match.width <= headers.MAX_COLUMNS
        ]
        if fitting:
            match, found.last = max(
                fitting, key=lambda one: one[0].hits
            )  # one row, unless its sub-headings name more columns
            found.index, found.header = i, match.header
            return found
    try:
        headers.choose(
            [cells for (number, _), cells in zip(first, shown, strict=True) if number <= SEARCHED_ROWS], contract
        )
    except Refused as refused:
        found.refused = refused
    return found


def read_workbook(data: bytes, contract: Contract, sink: Sink, *, today: date, home: str) -> Account:
    """Read every sheet that satisfies the contract; return the account of sheets, rows and cells. Raises Refused."""
    book = Workbook(Package(data))
    account = Account()
    opened = [_open(book, sheet, contract) for sheet in book.sheets]
    if not any(one.header is not None and one.sheet.visible for one in opened):
        refusals = [one.refused for one in opened if one.refused is not None and one.sheet.visible]
        raise next((refused for refused in refusals if refused.code != "no_header"), Refused("no_header"))
    for at, one in enumerate(opened):
        if one.header is None:
            _pass_over(one, account)
        else:
            _read_sheet(one, one.header, contract, sink=sink, account=account, today=today, home=home)
        sink.progress(len(data) * (at + 1) // len(opened))
    return account


def _filled(row: list[Any]) -> int:
    return sum(1 for cell in row if cell != "")


def _pass_over(one: Opened, account: Account) -> None:
    """A sheet that is not ours: counted and flagged, never read as data."""
    rows = cells = 0
    for _, row in chain(one.first, one.rest):
        rows, cells = rows + 1, cells + _filled(row)
    account.lines["other_sheet"] += rows
    account.cells["other_sheet"] += cells
    if cells:
        account.flag("other_sheet" if one.sheet.visible else "other_hidden_sheet")
    account.sheets.append(
        {"name": one.sheet.name, "visible": one.sheet.visible, "read": False, "rows": rows, "cells": cells}
    )


def _read_sheet(
    one: Opened, header: Header, contract: Contract, *, sink: Sink, account: Account, today: date, home: str
) -> None:
    sheet = one.sheet
    for i in range(one.last + 1):
        number, row = one.first[i]
        is_blank = i < one.index and not any(text_shown(cell).strip(EDGES) for cell in row)
        kind = BLANK if is_blank else HEADER
        account.note(kind, 1, 1, 0)
        account.cells[kind] += _filled(row)
        sink.span(kind, Where(sheet.name, number, 1, 0, 0))
    table = Table(contract, header, sink, account, today=today, home=home, sheet=sheet.name)
    merged = MergedRows(sheet.merged, header)
    rest = chain(one.first[one.last + 1 :], one.rest)
    last_number, count = 0, one.last + 1
    while batch := list(islice(rest, BATCH)):
        rows = _rows(batch, header.width, account)
        for i, (number, _) in enumerate(batch):
            if not sheet.visible:
                rows.problems[i] = "hidden_sheet"
            elif number in merged:
                rows.problems[i] = "merged_cell"
        table.read(rows)
        last_number, count = batch[-1][0], count + len(batch)
    _flag(sheet, account, last_number)
    account.sheets.append({"name": sheet.name, "visible": sheet.visible, "read": True, "rows": count})
    if sheet.visible and not account.header:
        account.header = {
            "line": one.first[one.last][0],
            "sheet": sheet.name,
            "extra": list(header.extra),
            "absent": list(header.absent),
        }
    for name, sums in table.totals.as_dict().items():
        account.totals[name if name not in account.totals else f"{sheet.name}·{name}"] = sums
    if wrong := table.totals.mismatches():
        account.flags["total_mismatch"] = [*account.flags.get("total_mismatch", []), *wrong]


def _flag(sheet: Sheet, account: Account, last_number: int) -> None:
    if not sheet.visible:
        account.flag("hidden_sheet")
    if sheet.hidden_rows:
        account.flag("hidden_rows", sheet.hidden_rows)
    if sheet.hidden_columns:
        account.flag("hidden_columns", sum(right - left + 1 for left, right in sheet.hidden_columns))
    if last_number == MAX_ROWS:
        account.flag("may_be_truncated")


class SheetRows:
    """Rows of a sheet (see ``records.Rows``)."""

    def __init__(self, batch: list[tuple[int, list[Any]]], width: int) -> None:
        self.line = np.array([number for number, _ in batch], np.int64)
        self.lines = np.ones(len(batch), np.int64)
        self.start = self.end = np.zeros(len(batch), np.int64)
        self.filled = np.array([_filled(row) for _, row in batch], np.int64)
        self.problems: dict[int, str] = {}
        self.suspect: set[int] = set()
        self.unlike: set[int] = set()
        self._cells = [row[:width] + [""] * (width - len(row)) for _, row in batch]

    def __len__(self) -> int:
        return len(self._cells)

    def cells(self, i: int) -> list[Any]:
        """Return a row's cells."""
        return self._cells[i]

    def column(self, at: int, column: Column | None) -> tuple[Texts, set[int]]:
        """Return the cells at a position as texts; only texts where no column says how others are written."""
        texts, unsaid = [], set()
        for i, row in enumerate(self._cells):
            text = row[at]
            if not isinstance(text, str):
                try:
                    text = text_of(text, column) if column else None
                except CellProblem:
                    text = None
                if text is None:
                    unsaid.add(i)
                    text = ""
            texts.append(text)
        return as_texts(texts), unsaid

    def shown(self, i: int) -> str:
        """Return a row as text for quarantine."""
        return ",".join(text_shown(cell) for cell in self._cells[i])[:MAX_SHOWN]


def _rows(batch: list[tuple[int, list[Any]]], width: int, account: Account) -> SheetRows:
    rows = SheetRows(batch, width)
    for i, (_, row) in enumerate(batch):
        texts = "\n".join([cell for cell in row if isinstance(cell, str)])
        if not texts.isprintable():
            if has_forbidden(texts):
                rows.suspect.add(i)
            if PRIVATE_USE.search(texts):
                account.flag("private_use")
        elif has_forbidden(texts):
            rows.suspect.add(i)
        if len(row) > width:
            beyond = [text_shown(cell) for cell in row[width:]]
            if any(beyond):
                account.flag("cells_beyond_header", sum(map(bool, beyond)))
                if code := next(filter(None, map(problem_of, beyond)), ""):
                    rows.problems[i] = code
    return rows


class MergedRows:
    """The sheet rows in which a merged area hides the value of a contract column."""

    def __init__(self, areas: list[tuple[int, int, int, int]], header: Header) -> None:
        spans = []
        for left, top, right, bottom in areas:
            inside = [at + 1 for at in header.positions.values() if left <= at + 1 <= right]
            if inside:
                spans.append((top if any(column != left for column in inside) else top + 1, bottom))
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(span for span in spans if span[0] <= span[1]):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._starts, number) - 1
        return at >= 0 and number <= self._ends[at]

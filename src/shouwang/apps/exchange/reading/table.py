"""One table under its header: plain records are read by the column, all others one by one; both readings mean the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from shouwang.apps.exchange.contract import Column, Contract
from shouwang.apps.exchange.reading.cells import EDGES, read_cells
from shouwang.apps.exchange.reading.characters import problem_of
from shouwang.apps.exchange.reading.columns import Flags, reader_of, spliced, type_of
from shouwang.apps.exchange.reading.header import Header, header_name, is_units_row
from shouwang.apps.exchange.reading.outcome import (
    ACCEPTED,
    BLANK,
    FOOTER,
    HEADER,
    QUARANTINED,
    Account,
    Numberless,
    Quarantined,
    Repair,
    Sink,
    Taken,
    Where,
)
from shouwang.apps.exchange.reading.reasons import Reason
from shouwang.apps.exchange.reading.records import LONG_CELL, Rows, Texts
from shouwang.apps.exchange.reading.totals import Totals
from shouwang.lib.area_codes import scope_range

FOOTER_STARTS = ("合计", "总计", "制表人", "填表人", "审核人", "单位负责人", "备注：", "备注:")
_FOOTER_HEADS = np.array(
    sorted({int.from_bytes(start[:2].encode().ljust(8, b"\0"), "little") for start in FOOTER_STARTS}), np.uint64
)
_FOOTER_SIGNS = np.isin(np.arange(256), [start.encode()[0] for start in FOOTER_STARTS])
_EDGE_SIGNS = np.array(sorted({sign.encode()[0] for sign in EDGES}), np.uint8)
_NEVER_A_RECORD = frozenset({"encoding", "stray_quote", "unterminated_quote"})
LONGEST_NUMBER = 40
NUMBER_REASONS = frozenset(
    {"blank", "length", "characters", "checksum", "birth_date", "future_birth", "excel_precision"}
)
"""Faults of an identity number that leave the rest of the record readable."""


class Looked(NamedTuple):
    """What a first look at records gives: values by column name, and which records are to be read with care."""

    values: dict[str, pa.Array]
    aside: Flags


def text_shown(cell: object) -> str:
    """A cell as text for footers, blanks and quarantine."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    shown = getattr(cell, "shown", None)
    return str(shown()) if shown else str(getattr(cell, "text", cell))


class Table:
    """Reads the records under one header into a sink. ``home`` is the sender's division: an area column must lie inside it."""

    def __init__(
        self,
        contract: Contract,
        header: Header,
        sink: Sink,
        account: Account,
        *,
        today: date,
        home: str,
        sheet: str = "",
    ) -> None:
        self.contract, self.header, self.sink, self.account = contract, header, sink, account
        self.today, self.sheet = today, sheet
        self.low, self.high = scope_range(home)
        self.columns = contract.columns
        self.totals = Totals(contract, header)
        self._under_header: int | None = None
        self._id_at = header.positions[contract.id]
        self._readers = [
            (column, header.positions.get(column.name), reader_of(column, today, self._fits(column)))
            for column in self.columns
        ]
        self._extra = [at for at in range(header.width) if at not in header.positions.values()]

    def _fits(self, column: Column) -> Callable[[Any], bool]:
        if column.type == "area":
            return lambda value: bool(self.low <= value < self.high)
        if column.past:
            return lambda value: bool(value <= self.today)
        return lambda value: True

    def read(self, rows: Rows) -> None:
        """Read a run of raw records: ``take`` what ``look`` finds."""
        if len(rows):
            self.take(rows, self.look(rows))

    def look(self, rows: Rows) -> Looked:
        """Read the plain cells of every column. Changes nothing of the table: may run beside others."""
        values: dict[str, pa.Array] = {}
        bad = np.zeros(len(rows), np.bool_)
        aside = rows.unlike | rows.suspect | rows.problems.keys()
        for column, at, reader in self._readers:
            if at is None:
                values[column.name] = pa.nulls(len(rows), type_of(column))
                continue
            texts, unsaid = rows.column(at, column)
            values[column.name], odd = reader(texts)
            aside |= unsaid
            bad |= odd
        if self._id_at:
            texts, unsaid = rows.column(0, None)
            aside |= unsaid
            bad |= _may_be_no_record(texts)
        for at in self._extra:
            texts, _ = rows.column(at, None)
            bad |= texts.end - texts.start > LONG_CELL
        bad[np.fromiter(aside, np.int64, len(aside))] = True
        return Looked(values, bad)

    def take(self, rows: Rows, looked: Looked) -> None:
        """Read with care what was put aside, and hand everything on."""
        aside = looked.aside
        if self._under_header is None:
            self._under_header, aside[0] = int(rows.line[0]), True
        keep = ~aside
        records: list[dict[str, Any]] = []
        again: list[int] = []
        repairs: list[Repair] = []
        for i in np.flatnonzero(aside).tolist():
            record, done = self._one_by_one(rows, i)
            if record is None:
                continue
            again.append(i)
            records.append(record)
            line = int(rows.line[i])
            repairs.extend(Repair(line, self.sheet, column, name, original) for column, name, original in done)
        values = looked.values
        if aside.any():
            keep[again] = True
            values = {
                name: spliced(found, aside, again, pa.array([record[name] for record in records], found.type))
                for name, found in values.items()
            }
        line, lines, start, end = (places[keep] for places in (rows.line, rows.lines, rows.start, rows.end))
        if len(line):
            self.account.note(ACCEPTED, len(line), int(lines.sum()), int((end - start).sum()))
            self.account.cells[ACCEPTED] += 0 if rows.filled is None else int(rows.filled[keep].sum())
            for repair in repairs:
                self.account.repairs[repair.name] += 1
            self.totals.accepted(values)
            self.sink.taken(Taken(self.sheet, line, lines, start, end, values, repairs))

    def _one_by_one(self, rows: Rows, i: int) -> tuple[dict[str, Any] | None, list[tuple[str, str, str]]]:
        """Read one record with care; None = it is no accepted record, and the sink and the account know what it is."""
        cells, problem = rows.cells(i), rows.problems.get(i, "")
        if cells is not None and problem not in _NEVER_A_RECORD:
            kind = self._kind(rows, i, cells)
            if kind:
                self.sink.span(kind, self._note(rows, i, kind))
                return None, []
        if problem:
            reasons = [Reason(problem)]
        elif cells is None or len(cells) != self.header.width:
            reasons = [Reason("field_count", seen=f"表头 {self.header.width} 列，这一行 {len(cells or ())} 列")]
        else:
            record, reasons, repairs = read_cells(cells, self.header.positions, self.columns)
            reasons += self._beyond_cells(record, cells)
            if not reasons:
                return record, repairs
            self.totals.quarantined(cells)
            self._quarantine(rows, i, reasons, self._numberless(record, reasons, cells))
            return None, []
        self.totals.unreadable()
        self._quarantine(rows, i, reasons)
        return None, []

    def _kind(self, rows: Rows, i: int, cells: list[Any]) -> str:
        texts = [text_shown(cell).strip(EDGES) for cell in cells]
        first = next((text for text in texts if text), None)
        if first is None:
            return BLANK
        if first.startswith(FOOTER_STARTS):
            self.totals.footer(first, cells)
            return FOOTER
        if tuple(header_name(text) for text in texts) == self.header.names:
            return HEADER
        if rows.line[i] == self._under_header and is_units_row(cells, self._id_at):
            return HEADER
        return ""

    def _beyond_cells(self, record: dict[str, Any], cells: list[Any]) -> list[Reason]:
        """What no single contract cell shows: extra columns, the sender's county, days that cannot be."""
        reasons = []
        for at in self._extra:
            text = text_shown(cells[at])
            code = "too_long" if len(text) > LONG_CELL else problem_of(text)
            if code:
                reasons.append(Reason(code, f"第 {at + 1} 列"))
        for column in self.columns:
            value = record.get(column.name)
            if column.type == "area" and value is not None and not self.low <= value < self.high:
                reasons.append(Reason("other_county", column.header))
            if column.past and value is not None and value > self.today:
                reasons.append(Reason("future_date", column.header))
        return reasons

    def _note(self, rows: Rows, i: int, kind: str) -> Where:
        where = Where(self.sheet, int(rows.line[i]), int(rows.lines[i]), int(rows.start[i]), int(rows.end[i]))
        self.account.note(kind, 1, where.lines, where.end - where.start)
        if rows.filled is not None:
            self.account.cells[kind] += int(rows.filled[i])
        return where

    def _numberless(self, record: dict[str, Any], reasons: list[Reason], cells: list[Any]) -> Numberless | None:
        """Return the other values of a record whose identity number alone is wrong, for a person to say whom it is about."""
        column = self.contract.column(self.contract.id)
        if any(reason.column != column.header or reason.code not in NUMBER_REASONS for reason in reasons):
            return None
        values = {each.name: record.get(each.name) for each in self.columns if each.name != column.name}
        return Numberless(text_shown(cells[self._id_at])[:LONGEST_NUMBER], values)

    def _quarantine(self, rows: Rows, i: int, reasons: list[Reason], numberless: Numberless | None = None) -> None:
        where = self._note(rows, i, QUARANTINED)
        for code in {reason.code for reason in reasons}:
            self.account.reasons[code] += 1
        self.sink.quarantined(Quarantined(*where, rows.shown(i), tuple(reasons), numberless))


def _may_be_no_record(texts: Texts) -> Flags:
    """Which first cells are blank, begin with white space, or begin as the lines under a table do."""
    data, start, end = texts
    first = data[start]
    odd = (end == start) | np.isin(first, _EDGE_SIGNS)
    heads = np.flatnonzero(~odd & _FOOTER_SIGNS[first])
    if len(heads):
        two = np.lib.stride_tricks.sliding_window_view(data, 8)[start[heads]].view("<u8")[:, 0] & np.uint64(
            0xFFFFFFFFFFFF
        )
        odd[heads] = np.isin(two, _FOOTER_HEADS)
    return odd

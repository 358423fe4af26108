"""One table under its header: plain records are read by the column, all others one by one; both readings mean the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import compress
from typing import Any

from shouwang.apps.exchange.contract import Column, Contract
from shouwang.apps.exchange.reading.cells import EDGES, CellProblem, parse, read_cells
from shouwang.apps.exchange.reading.characters import problem_of
from shouwang.apps.exchange.reading.header import Header, header_name, is_units_row
from shouwang.apps.exchange.reading.identity_columns import plain_identity_numbers
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
from shouwang.apps.exchange.reading.records import LONG_CELL, Rows
from shouwang.apps.exchange.reading.totals import Totals
from shouwang.lib.area_codes import scope_range

FOOTER_STARTS = ("合计", "总计", "制表人", "填表人", "审核人", "单位负责人", "备注：", "备注:")
_FOOTER_HEADS = frozenset(start[:2] for start in FOOTER_STARTS)
_NEVER_A_RECORD = frozenset({"encoding", "stray_quote", "unterminated_quote"})
_MEMO_ROOM = 200_000
LONGEST_NUMBER = 40
NUMBER_REASONS = frozenset(
    {"blank", "length", "characters", "checksum", "birth_date", "future_birth", "excel_precision"}
)
"""Faults of an identity number that leave the rest of the record readable."""


class _Bad:
    """Marks a value the fast reading leaves to the careful one."""


BAD: Any = _Bad()


class Memo(dict[Any, Any]):
    """Remembers what a cell text means; BAD where it needs a repair, a reason or a closer look."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self.column = column

    def __missing__(self, raw: Any) -> Any:
        try:
            value, repairs = parse(raw, self.column)
        except CellProblem:
            value, repairs = BAD, []
        if repairs:
            value = BAD
        if len(self) < _MEMO_ROOM:
            self[raw] = value
        return value


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
        self._blank_row = [""] * header.width
        self._readers: list[tuple[Column, int | None, Callable[[tuple[Any, ...]], list[Any]]]] = [
            (column, header.positions.get(column.name), self._reader(column)) for column in self.columns
        ]
        self._extra = [at for at in range(header.width) if at not in header.positions.values()]

    def _reader(self, column: Column) -> Callable[[tuple[Any, ...]], list[Any]]:
        if column.name == self.contract.id:
            return lambda texts: [
                text if right else BAD
                for text, right in zip(texts, plain_identity_numbers(texts, self.today).tolist(), strict=True)
            ]
        memo = Memo(column)
        if column.type == "area":
            return lambda texts: [
                BAD if isinstance(value, str) and not self.low <= value < self.high else value
                for value in map(memo.__getitem__, texts)
            ]
        if column.past:
            return lambda texts: [
                BAD if isinstance(value, date) and value > self.today else value
                for value in map(memo.__getitem__, texts)
            ]
        return lambda texts: list(map(memo.__getitem__, texts))

    def read(self, rows: Rows, shown: Callable[[Rows, int], str]) -> None:
        """Read a run of raw records; ``shown(rows, i)`` gives a record's raw text for quarantine."""
        n = len(rows)
        if n == 0:
            return
        width = self.header.width
        aside = (
            {i for i, cells in enumerate(rows.cells) if cells is None or len(cells) != width}
            | rows.suspect
            | rows.problems.keys()
        )
        if self._under_header is None:
            self._under_header = rows.line[0]
            aside.add(0)
        grid = [self._blank_row if i in aside else cells for i, cells in enumerate(rows.cells)] if aside else rows.cells
        by_place: list[tuple[Any, ...]] = list(zip(*grid, strict=True))  # type: ignore[arg-type]
        values: dict[str, list[Any]] = {}
        for column, at, reader in self._readers:
            found = values[column.name] = [None] * n if at is None else reader(by_place[at])
            if at is not None and BAD in found:
                aside.update(i for i, value in enumerate(found) if value is BAD)
        if self._id_at:
            aside.update(
                i
                for i, cell in enumerate(by_place[0])
                if not isinstance(cell, str) or not cell or cell[0] in EDGES or cell[:2] in _FOOTER_HEADS
            )
        for at in self._extra:
            aside.update(i for i, cell in enumerate(by_place[at]) if isinstance(cell, str) and len(cell) > LONG_CELL)
        self._emit(rows, values, sorted(aside), shown)

    def _emit(
        self, rows: Rows, values: dict[str, list[Any]], aside: Iterable[int], shown: Callable[[Rows, int], str]
    ) -> None:
        n = len(rows)
        keep = [True] * n
        repairs: list[Repair] = []
        for i in aside:
            record, done = self._one_by_one(rows, i, shown)
            if record is None:
                keep[i] = False
                continue
            for name, value in record.items():
                values[name][i] = value
            repairs.extend(Repair(rows.line[i], self.sheet, column, name, original) for column, name, original in done)
        places = (rows.line, rows.lines, rows.start, rows.end)
        if not all(keep):
            values = {name: list(compress(column, keep)) for name, column in values.items()}
            places = tuple(list(compress(column, keep)) for column in places)  # type: ignore[assignment]
        line, lines, start, end = places
        if line:
            self.account.note(ACCEPTED, len(line), sum(lines), sum(end) - sum(start))
            self.account.cells[ACCEPTED] += sum(compress(rows.filled, keep))
            for repair in repairs:
                self.account.repairs[repair.name] += 1
            self.totals.accepted(values)
            self.sink.taken(Taken(self.sheet, line, lines, start, end, values, repairs))

    def _one_by_one(
        self, rows: Rows, i: int, shown: Callable[[Rows, int], str]
    ) -> tuple[dict[str, Any] | None, list[tuple[str, str, str]]]:
        """Read one record with care; None = it is no accepted record, and the sink and the account know what it is."""
        cells, problem = rows.cells[i], rows.problems.get(i, "")
        if cells is not None and problem not in _NEVER_A_RECORD:
            kind = self._kind(rows, i, cells)
            if kind:
                self._span(rows, i, kind)
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
            self._quarantine(rows, i, reasons, shown, self._numberless(record, reasons, cells))
            return None, []
        self.totals.unreadable()
        self._quarantine(rows, i, reasons, shown)
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

    def _note(self, rows: Rows, i: int, kind: str) -> None:
        self.account.note(kind, 1, rows.lines[i], rows.end[i] - rows.start[i])
        if rows.filled:
            self.account.cells[kind] += rows.filled[i]

    def _span(self, rows: Rows, i: int, kind: str) -> None:
        self._note(rows, i, kind)
        self.sink.span(kind, Where(self.sheet, rows.line[i], rows.lines[i], rows.start[i], rows.end[i]))

    def _numberless(self, record: dict[str, Any], reasons: list[Reason], cells: list[Any]) -> Numberless | None:
        """Return the other values of a record whose identity number alone is wrong, for a person to say whom it is about."""
        column = self.contract.column(self.contract.id)
        if any(reason.column != column.header or reason.code not in NUMBER_REASONS for reason in reasons):
            return None
        values = {each.name: record.get(each.name) for each in self.columns if each.name != column.name}
        return Numberless(text_shown(cells[self._id_at])[:LONGEST_NUMBER], values)

    def _quarantine(
        self,
        rows: Rows,
        i: int,
        reasons: list[Reason],
        shown: Callable[[Rows, int], str],
        numberless: Numberless | None = None,
    ) -> None:
        self._note(rows, i, QUARANTINED)
        for code in {reason.code for reason in reasons}:
            self.account.reasons[code] += 1
        self.sink.quarantined(
            Quarantined(
                self.sheet,
                rows.line[i],
                rows.lines[i],
                rows.start[i],
                rows.end[i],
                shown(rows, i),
                tuple(reasons),
                numberless,
            )
        )

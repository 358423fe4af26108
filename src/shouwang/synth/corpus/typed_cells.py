"""Families 9, 18, 27, 28, 31 in workbooks: cells that Excel keeps as numbers, dates, truths, formulas or errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from openpyxl.utils.datetime import CALENDAR_MAC_1904

from shouwang.synth.corpus.layouts import total_cells
from shouwang.synth.corpus.manifest import Case
from shouwang.synth.corpus.registry import Draw, add, variant
from shouwang.synth.corpus.samples import Sample, identity_number, sample
from shouwang.synth.corpus.xlsx_draft import Cell, ErrorCell, Formula, XlsxDraft

FORMULAS = (18, "formulas")
TYPED = (28, "dates")
TYPED_AMOUNT = (27, "amounts")
TYPED_ID = (9, "excel_precision")
TYPED_CODE = (31, "codes")


def _typed(
    draw: Draw, kind: str, cell: Callable[[Sample, str], tuple[Cell, str | int | None]], reason: str | None
) -> Case:
    """One cell of ``kind`` written as another Excel type."""
    draft = XlsxDraft(draw.feed, draw.rng)
    draft.header()
    column = next(column for column in draw.feed.columns if column.kind == kind)

    def odd() -> None:
        record = sample(draw.feed, draw.rng)
        if column.header == "总费用(元)":
            record = record.changed("个人自付(元)", "0.00", 0)
        written, value = cell(record, column.header)
        record = record.changed(column.header, "", value)
        draft.put(record, reason=reason, override={column.header: written})

    draw.around(draft, odd)
    return draft.case()


def _cell(
    family: tuple[int, str], name: str, kind: str, written: Cell, value: str | int | None, *, reason: str | None = None
) -> None:
    needs = (kind,)
    build = partial(_typed, kind=kind, cell=lambda _record, _header: (written, value), reason=reason)
    add(family, name, build, needs=needs)  # type: ignore[arg-type]


_cell(FORMULAS, "formula_in_id", "id", Formula('="990101"&"199003071234"'), None, reason="formula")
_cell(FORMULAS, "formula_in_name", "name", Formula("=B2"), None, reason="formula")
_cell(FORMULAS, "formula_in_amount", "amount", Formula("=100*2"), None, reason="formula")
_cell(FORMULAS, "formula_in_date", "date", Formula("=TODAY()"), None, reason="formula")
_cell(FORMULAS, "external_link", "amount", Formula("='[1]Sheet1'!A1"), None, reason="formula")
_cell(FORMULAS, "reference_error", "id", ErrorCell("#REF!"), None, reason="cell_error")
_cell(FORMULAS, "not_available", "amount", ErrorCell("#N/A"), None, reason="cell_error")
_cell(TYPED_AMOUNT, "number_integer", "amount", 1200, 120_000)
_cell(TYPED_AMOUNT, "number_decimal", "amount", 1200.5, 120_050)
_cell(TYPED_AMOUNT, "number_float_dust", "amount", 0.1 + 0.2, 30)
_cell(TYPED_AMOUNT, "number_sum_dust", "amount", 1100.1 + 100.4, 120_050)
_cell(TYPED_AMOUNT, "number_three_decimals", "amount", 1234.565, None, reason="amount")
_cell(TYPED_AMOUNT, "number_negative", "amount", -5, None, reason="amount")
_cell(TYPED_AMOUNT, "number_huge", "amount", 1e15, None, reason="amount")
_cell(TYPED_AMOUNT, "boolean", "amount", True, None, reason="amount")
_cell(TYPED, "date_cell", "date", date(2026, 9, 2), "2026-09-02")
_cell(TYPED, "datetime_midnight", "date", datetime(2026, 9, 2), "2026-09-02")  # noqa: DTZ001 -- Excel has no zones
_cell(TYPED, "datetime_morning", "date", datetime(2026, 9, 2, 10, 30), None, reason="date")  # noqa: DTZ001
_cell(TYPED, "serial_number", "date", 46267, None, reason="date")
_cell(TYPED, "boolean_date", "date", True, None, reason="date")
_cell(TYPED, "month_as_date", "month", date(2026, 9, 1), "2026-09")
_cell(TYPED_CODE, "boolean_true", "code", True, None, reason="code")
_cell(TYPED_CODE, "number_one", "code", 1, None, reason="code")


def _number_id(draw: Draw, shape: str) -> Case:
    """An identity number typed as a number."""
    draft = XlsxDraft(draw.feed, draw.rng)
    draft.header()
    header = draft.columns[0]

    def odd() -> None:
        number = identity_number(draw.rng, last=date(1999, 12, 31))
        while number.endswith("X"):
            number = identity_number(draw.rng, last=date(1999, 12, 31))
        record = sample(draw.feed, draw.rng).changed(header, "", number)
        if shape == "fifteen":
            draft.put(record, override={header: int(number[:6] + number[8:17])})
        elif shape == "float":
            draft.put(record, reason="excel_precision", override={header: float(number)})
        else:
            draft.put(record, reason="excel_precision", override={header: int(number)})

    draw.around(draft, odd)
    return draft.case()


for _shape in ("fifteen", "eighteen", "float"):
    add(TYPED_ID, f"number_{_shape}", partial(_number_id, shape=_shape))


@variant(FORMULAS, "sum_in_footer", positional=False, needs=("amount",))
def sum_in_footer(draw: Draw) -> Case:
    """A computed total is fine."""
    draft = XlsxDraft(draw.feed, draw.rng).header().good(draw.size)
    draft.cells(total_cells(draft, Formula(f"=SUM(E2:E{draft.row})")), "footer")
    return draft.case()


@variant(FORMULAS, "formula_in_extra_column", positional=False)
def formula_in_extra_column(draw: Draw) -> Case:
    """A running number computed beside the contract's columns."""
    draft = XlsxDraft(draw.feed, draw.rng, columns=["序号", *draw.feed.headers]).header()
    for _ in range(draw.size):
        draft.put(sample(draw.feed, draw.rng), override={"序号": Formula("=ROW()-1")})
    return draft.case()


@variant(TYPED, "calendar_1904", positional=False, needs=("date",))
def calendar_1904(draw: Draw) -> Case:
    """A workbook that counts days from 1904."""
    draft = XlsxDraft(draw.feed, draw.rng)
    draft.book.epoch = CALENDAR_MAC_1904
    draft.header()
    column = next(column.header for column in draw.feed.columns if column.kind == "date")
    for day in range(1, draw.size + 1):
        written = date(2026, 9, day % 28 + 1)
        record = sample(draw.feed, draw.rng).changed(column, "", written.isoformat())
        draft.put(record, override={column: written})
    return draft.case()

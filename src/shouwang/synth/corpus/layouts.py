"""Families 13–17: header, titles, totals, merged and hidden cells."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from openpyxl.utils import get_column_letter

from shouwang.synth.corpus.contracts import Feed
from shouwang.synth.corpus.csv_draft import CsvDraft
from shouwang.synth.corpus.manifest import Case
from shouwang.synth.corpus.registry import Draw, add, variant
from shouwang.synth.corpus.samples import sample
from shouwang.synth.corpus.xlsx_draft import Cell, Formula, State, XlsxDraft

HEADER = (13, "header")
TITLES = (14, "titles_and_units")
TOTALS = (15, "totals_and_signatures")
MERGED = (16, "merged_cells")
HIDDEN = (17, "hidden_parts")


def _draft(draw: Draw, workbook: bool, columns: list[str] | None = None) -> CsvDraft | XlsxDraft:
    if workbook:
        return XlsxDraft(draw.feed, draw.rng, columns=columns)
    return CsvDraft(draw.feed, draw.rng, columns=columns)


def _both(family: tuple[int, str], name: str, build: Callable[[Draw, bool], Case], *, positional: bool = False) -> None:
    add(family, f"{name}_csv", partial(_call, build=build, workbook=False), positional=positional)
    add(family, f"{name}_xlsx", partial(_call, build=build, workbook=True), positional=positional)


def _call(draw: Draw, build: Callable[[Draw, bool], Case], workbook: bool) -> Case:
    return build(draw, workbook)


def _header_written(change: Callable[[list[str]], list[str]]) -> Callable[[Draw, bool], Case]:
    """Header cells written differently, same meaning: accepted."""

    def build(draw: Draw, workbook: bool) -> Case:
        draft = _draft(draw, workbook)
        draft.header(change(draw.feed.headers))
        draft.good(draw.size)
        return draft.case()

    return build


def _columns(change: Callable[[Feed], list[str]], refused: str | None = None) -> Callable[[Draw, bool], Case]:
    """Other columns or another order; data follow the header."""

    def build(draw: Draw, workbook: bool) -> Case:
        draft = _draft(draw, workbook, change(draw.feed))
        draft.header().good(draw.size)
        return draft.case(refused=refused)

    return build


def _required(feed: Feed) -> list[str]:
    return [column.header for column in feed.columns if not column.optional]


def _wide(text: str) -> str:
    return text.replace("(", "（").replace(")", "）")


_both(HEADER, "reordered", _columns(lambda feed: feed.headers[::-1]))
_both(HEADER, "extra_columns", _columns(lambda feed: ["序号", *feed.headers, "经办人"]))
_both(HEADER, "optional_missing", _columns(_required))
_both(HEADER, "spaces", _header_written(lambda names: [f" {name[:2]} {name[2:]}\u3000" for name in names]))
_both(HEADER, "line_breaks", _header_written(lambda names: [f"{name[:2]}\n{name[2:]}" for name in names]))
_both(HEADER, "full_width_brackets", _header_written(lambda names: [_wide(name) for name in names]))
_both(HEADER, "blank_trailing_columns", _columns(lambda feed: [*feed.headers, "", ""]))
_both(HEADER, "missing_id", _columns(lambda feed: feed.headers[1:], "missing_column"))
_both(HEADER, "missing_required", _columns(lambda feed: _required(feed)[:-1], "missing_column"))
_both(HEADER, "renamed", _columns(lambda feed: ["证件号码", *feed.headers[1:]], "missing_column"))
_both(HEADER, "duplicate", _columns(lambda feed: [*feed.headers, feed.headers[0]], "duplicate_column"))
_both(HEADER, "other_feed", _columns(lambda _: ["日期", "事项", "数量", "备注栏"], "no_header"))


@variant(HEADER, "none", positional=False)
def no_header(draw: Draw) -> Case:
    """Data from the first line on."""
    return CsvDraft(draw.feed, draw.rng).good(draw.size).case(refused="no_header")


@variant(HEADER, "quoted", positional=False)
def quoted_header(draw: Draw) -> Case:
    """Every header cell in quotes."""
    draft = CsvDraft(draw.feed, draw.rng)
    draft.text(",".join(f'"{name}"' for name in draft.columns), "header")
    return draft.good(draw.size).case()


def _titles(count: int, refused: str | None = None) -> Callable[[Draw, bool], Case]:
    def build(draw: Draw, workbook: bool) -> Case:
        draft = _draft(draw, workbook)
        for number in range(count):
            draft.cells([f"安禾县2026年9月数据表（{number + 1}）"], "header")
        draft.header().good(draw.size)
        return draft.case(refused=refused)

    return build


for _count in (1, 2, 4, 9):
    _both(TITLES, f"titles_{_count}", _titles(_count))
_both(TITLES, "titles_12", _titles(12, "no_header"))


def _units(draw: Draw, workbook: bool) -> Case:
    draft = _draft(draw, workbook)
    draft.header()
    units = {"amount": "元", "wan": "万元", "date": "年月日", "month": "年月日"}
    draft.cells([units.get(column.kind, "") for column in draw.feed.columns], "header")
    draft.good(draw.size)
    return draft.case()


def _repeated(draw: Draw, workbook: bool) -> Case:
    draft = _draft(draw, workbook)
    draft.header()
    draw.around(draft, draft.header)
    return draft.case()


_both(TITLES, "units_row", _units)
_both(TITLES, "header_again", _repeated, positional=True)


@variant(TITLES, "two_row_header", positional=False)
def two_row_header(draw: Draw) -> Case:
    """A group heading merged over the last two columns, the others merged downwards."""
    draft = XlsxDraft(draw.feed, draw.rng)
    names = draw.feed.headers
    wide = len(names)
    draft.cells([*names[:-2], "登记情况", None], "header")
    draft.cells([*[None] * (wide - 2), *names[-2:]], "header")
    draft.sheet.merge_cells(start_row=1, end_row=1, start_column=wide - 1, end_column=wide)
    for place in range(1, wide - 1):
        draft.sheet.merge_cells(start_row=1, end_row=2, start_column=place, end_column=place)
    draft.good(draw.size)
    return draft.case()


def total_cells(draft: CsvDraft | XlsxDraft, total: str | Formula | None) -> list[Cell]:
    """A 合计 row with the same total under every amount."""
    cells: list[Cell] = ["合计", *[""] * (len(draft.columns) - 1)]
    for place, column in enumerate(draft.feed.columns):
        if column.kind == "amount" and total is not None:
            cells[place] = total
    return cells


def _footer(first: str) -> Callable[[Draw, bool], Case]:
    def build(draw: Draw, workbook: bool) -> Case:
        draft = _draft(draw, workbook)
        draft.header().good(draw.size)
        draft.cells([first], "footer")
        return draft.case()

    return build


for _place, _first in enumerate(
    (
        "合计",
        "总计：",
        "制表人：李明  审核人：王芳",
        "填表人：",
        "审核人：赵强",
        "单位负责人：（签章）",
        "备注：以上数据已核对",
        "备注: ok",
    )
):
    _both(TOTALS, f"footer_{_place}", _footer(_first))


def _blank_before_footer(draw: Draw, workbook: bool) -> Case:
    draft = _draft(draw, workbook)
    draft.header().good(draw.size)
    draft.cells([""] * len(draft.columns), "blank")
    draft.cells(["", "  合计", f"{draw.size}人"], "footer")
    return draft.case()


_both(TOTALS, "blank_before_footer", _blank_before_footer)


@variant(TOTALS, "wrong_total", positional=False, needs=("amount",))
def wrong_total(draw: Draw) -> Case:
    """A total that does not equal the sum of its records: a human must look."""
    draft = CsvDraft(draw.feed, draw.rng).header().good(draw.size)
    draft.cells([str(cell or "") for cell in total_cells(draft, "1.23")], "footer")
    return draft.case(held="total_mismatch", level="advanced")


@variant(TOTALS, "right_total", positional=False, needs=("amount",))
def right_total(draw: Draw) -> Case:
    """A total that balances."""
    draft = CsvDraft(draw.feed, draw.rng).header()
    records = [sample(draw.feed, draw.rng) for _ in range(draw.size)]
    for record in records:
        draft.put(record)
    cells = ["总计", *[""] * (len(draft.columns) - 1)]
    for place, column in enumerate(draw.feed.columns):
        if column.kind == "amount":
            fen = sum(int(record.values[column.header] or 0) for record in records)
            cells[place] = f"{fen // 100:,}.{fen % 100:02d}"
    draft.cells(cells, "footer")
    return draft.case()


@variant(MERGED, "title_over_all", positional=False)
def merged_title(draw: Draw) -> Case:
    """A title merged over the whole width."""
    draft = XlsxDraft(draw.feed, draw.rng)
    draft.cells(["安禾县2026年9月数据表"], "header")
    draft.sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(draft.columns))
    draft.header().good(draw.size)
    return draft.case()


@variant(MERGED, "name_down_two_rows")
def merged_down(draw: Draw) -> Case:
    """One name merged over two records: the second has none of its own."""
    draft = XlsxDraft(draw.feed, draw.rng)
    draft.header()

    def odd() -> None:
        draft.put(sample(draw.feed, draw.rng))
        record = sample(draw.feed, draw.rng)
        draft.put(record, reason="merged_cell", override={draft.columns[1]: None})
        draft.sheet.merge_cells(start_row=draft.row - 1, end_row=draft.row, start_column=2, end_column=2)

    draw.around(draft, odd)
    return draft.case()


@variant(MERGED, "id_and_name_across")
def merged_across(draw: Draw) -> Case:
    """Two contract columns of one record merged into one cell."""
    draft = XlsxDraft(draw.feed, draw.rng)
    draft.header()

    def odd() -> None:
        draft.put(sample(draw.feed, draw.rng), reason="merged_cell", override={draft.columns[1]: None})
        draft.sheet.merge_cells(start_row=draft.row, end_row=draft.row, start_column=1, end_column=2)

    draw.around(draft, odd)
    return draft.case()


def _hidden_column(draft: XlsxDraft) -> None:
    draft.sheet.column_dimensions["B"].hidden = True


def _filter(draft: XlsxDraft) -> None:
    draft.sheet.auto_filter.ref = f"A1:{get_column_letter(len(draft.columns))}{draft.row}"
    draft.sheet.row_dimensions[2].hidden = True


def _hidden(change: Callable[[XlsxDraft], None]) -> Callable[[Draw], Case]:
    def build(draw: Draw) -> Case:
        draft = XlsxDraft(draw.feed, draw.rng).header().good(draw.size)
        change(draft)
        return draft.case()

    return build


def _hide_last_row(draft: XlsxDraft) -> None:
    draft.sheet.row_dimensions[draft.row].hidden = True


add(HIDDEN, "hidden_row", _hidden(_hide_last_row), positional=False)
add(HIDDEN, "hidden_column", _hidden(_hidden_column), positional=False)
add(HIDDEN, "filter_on", _hidden(_filter), positional=False)


def _second_sheet(draw: Draw, state: State, contract: bool) -> Case:
    draft = XlsxDraft(draw.feed, draw.rng).header().good(draw.size)
    draft.other_sheet("表二", state)
    if not contract:
        for line in ("填表说明", "一、金额以元为单位", "二、日期以年月日为单位"):
            draft.cells([line], None)
    elif state == "visible":
        draft.header().good(2)
    else:
        draft.cells(list(draft.columns), "header")
        for _ in range(2):
            draft.put(sample(draw.feed, draw.rng), reason="hidden_sheet")
    return draft.case()


_STATES: tuple[State, ...] = ("visible", "hidden", "veryHidden")
for _state in _STATES:
    add(HIDDEN, f"{_state}_data_sheet", partial(_second_sheet, state=_state, contract=True), positional=False)
    add(HIDDEN, f"{_state}_notes_sheet", partial(_second_sheet, state=_state, contract=False), positional=False)

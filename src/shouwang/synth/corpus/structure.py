"""Families 11, 12 and 20–25: records, fields, quotes, lines, sizes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from shouwang.synth.corpus.csv_draft import CsvDraft, quoted
from shouwang.synth.corpus.manifest import Case, refused_lines
from shouwang.synth.corpus.registry import Draw, add, variant
from shouwang.synth.corpus.samples import Sample, identity_number, sample
from shouwang.synth.corpus.xlsx_draft import XlsxDraft

TWICE = (11, "same_person_twice")
TWINS = (12, "names")
DELIMITERS = (20, "delimiters_and_quotes")
UNTERMINATED = (21, "unterminated_quote")
LINES = (22, "line_ends")
FIELDS = (23, "field_count")
SIZES = (24, "sizes")
EMPTY = (25, "empty_files")
LONGEST_CELL = 32_767


def _quote_all(record: Sample, columns: list[str]) -> str:
    return ",".join('"' + record.cells.get(name, "").replace('"', '""') + '"' for name in columns)


def _pair(draw: Draw, change: Callable[[Sample, Sample], Sample]) -> Case:
    draft = CsvDraft(draw.feed, draw.rng).header()
    first = sample(draw.feed, draw.rng)

    def odd() -> None:
        draft.put(first)
        draft.put(change(first, sample(draw.feed, draw.rng)))

    draw.around(draft, odd)
    return draft.case()


def _same_id(first: Sample, other: Sample) -> Sample:
    header = next(iter(first.cells))
    return other.changed(header, first.cells[header], first.values[header])


def _same_name(first: Sample, other: Sample) -> Sample:
    header = list(first.cells)[1]
    return other.changed(header, first.cells[header], first.values[header])


add(TWICE, "identical", partial(_pair, change=lambda first, _other: first))
add(TWICE, "other_facts", partial(_pair, change=lambda first, other: _same_name(first, _same_id(first, other))))
add(TWICE, "other_name", partial(_pair, change=_same_id))
add(TWINS, "same_name_other_number", partial(_pair, change=_same_name))


def _delimiter(draw: Draw, delimiter: str) -> Case:
    draft = CsvDraft(draw.feed, draw.rng, delimiter=delimiter).header().good(draw.size)
    return draft.case(refused="delimiter")


for _name, _sign in (
    ("tab", "\t"),
    ("semicolon", ";"),
    ("pipe", "|"),
    ("full_width_comma", "，"),
    ("list_comma", "、"),
):
    add(DELIMITERS, _name, partial(_delimiter, delimiter=_sign), positional=False)


@variant(DELIMITERS, "everything_quoted", positional=False)
def everything_quoted(draw: Draw) -> Case:
    """Every cell in quotes."""
    draft = CsvDraft(draw.feed, draw.rng).header()
    for _ in range(draw.size):
        record = sample(draw.feed, draw.rng)
        draft.text(_quote_all(record, draft.columns), "accepted", values=record.values)
    return draft.case()


def _name_cell(draw: Draw, written: str, reason: str | None, value: str | None = None) -> Case:
    """A record whose name is written as these raw signs, quoting included."""
    draft = CsvDraft(draw.feed, draw.rng).header()

    def odd() -> None:
        record = sample(draw.feed, draw.rng)
        header = draft.columns[1]
        cells = [quoted(record.cells[name]) for name in draft.columns]
        cells[1] = written
        values = None if reason else {**record.values, header: value}
        draft.text(",".join(cells), "quarantined" if reason else "accepted", reason=reason, values=values)

    draw.around(draft, odd)
    return draft.case()


for _name, _written, _reason, _value in (
    ("comma_inside", '"王,芳"', None, "王,芳"),
    ("doubled_quotes", '"王""小""芳"', None, '王"小"芳'),
    ("semicolon_inside", "王;芳", None, "王;芳"),
    ("single_quotes", "'王芳'", None, "'王芳'"),
    ("chinese_quotes", "“王芳”", None, "“王芳”"),
    ("stray_quote_inside", '王"芳', "stray_quote", None),
    ("text_after_quote", '"王"芳', "stray_quote", None),
    ("space_before_quote", ' "王芳"', "stray_quote", None),
    ("space_after_quote", '"王芳" ', "stray_quote", None),
    ("backslash_quote", '"王\\"芳"', "stray_quote", None),
    ("quoted_empty_name", '""', "name", None),
    ("three_quotes", '"""', "unterminated_quote", None),
):
    add(DELIMITERS, _name, partial(_name_cell, written=_written, reason=_reason, value=_value))


def _open_quote(draw: Draw, opening: str, follower: str) -> Case:
    """A quote opened in the odd record and never closed; what follows must survive."""
    draft = CsvDraft(draw.feed, draw.rng).header()

    def odd() -> None:
        record = sample(draw.feed, draw.rng)
        cells = [quoted(record.cells[name]) for name in draft.columns]
        place = {"name": 1, "last": len(cells) - 1, "id": 0}[opening]
        cells[place] = '"' + cells[place]
        draft.text(",".join(cells), "quarantined", reason="unterminated_quote")
        if follower == "quoted":
            record = sample(draw.feed, draw.rng)
            draft.text(_quote_all(record, draft.columns), "accepted", values=record.values)
        elif follower == "quoted_comma":
            header = draft.columns[1]
            draft.put(sample(draw.feed, draw.rng).changed(header, "王,芳", "王,芳"))
        elif follower == "again":
            cells = [quoted(record.cells[name]) for name in draft.columns]
            cells[1] = '"' + cells[1]
            draft.text(",".join(cells), "quarantined", reason="unterminated_quote")
        elif follower == "multi_line":
            _multi_line(draft, "\n")

    draw.around(draft, odd)
    return draft.case()


def _multi_line(draft: CsvDraft, inner: str) -> None:
    record = sample(draft.feed, draft.rng)
    header = draft.columns[1]
    text = f"王{inner}芳"
    draft.put(record.changed(header, text, text))


for _opening in ("id", "name", "last"):
    for _follower in ("plain", "quoted", "quoted_comma", "again", "multi_line"):
        _build = partial(_open_quote, opening=_opening, follower=_follower)
        add(
            UNTERMINATED,
            f"in_{_opening}_then_{_follower}",
            _build,
            commit=_follower != "quoted_comma" or _opening == "name",
        )


def _ends(draw: Draw, end: str, strip_last: bool = False) -> Case:
    draft = CsvDraft(draw.feed, draw.rng, end=end).header().good(draw.size)
    return draft.case(strip_last_end=strip_last)


add(LINES, "crlf", partial(_ends, end="\r\n"), positional=False)
add(LINES, "cr_only", partial(_ends, end="\r"), positional=False)
add(LINES, "no_last_end", partial(_ends, end="\n", strip_last=True), positional=False)
add(LINES, "no_last_end_crlf", partial(_ends, end="\r\n", strip_last=True), positional=False)


@variant(LINES, "mixed_ends", positional=False)
def mixed_ends(draw: Draw) -> Case:
    """CRLF, LF and CR in one file."""
    draft = CsvDraft(draw.feed, draw.rng, end="\r\n").header()
    for number in range(draw.size):
        draft.end = ("\n", "\r", "\r\n")[number % 3]
        draft.good(1)
    return draft.case()


def _blank(draw: Draw, text: str) -> Case:
    draft = CsvDraft(draw.feed, draw.rng).header()
    filling = text.replace("CELLS", "," * (len(draft.columns) - 1))
    draw.around(draft, lambda: draft.text(filling, "blank"))
    return draft.case()


add(LINES, "blank_line", partial(_blank, text=""))
add(LINES, "spaces_line", partial(_blank, text="  \t\u3000"))
add(LINES, "commas_line", partial(_blank, text="CELLS"))


@variant(LINES, "blank_before_header", positional=False)
def blank_before_header(draw: Draw) -> Case:
    """Empty lines above the header belong to the titles."""
    draft = CsvDraft(draw.feed, draw.rng)
    draft.text("", "blank")
    draft.text("", "blank")
    return draft.header().good(draw.size).case()


def _newline_in_name(draw: Draw, inner: str) -> Case:
    draft = CsvDraft(draw.feed, draw.rng).header()
    draw.around(draft, lambda: _multi_line(draft, inner))
    return draft.case()


add(LINES, "lf_in_quotes", partial(_newline_in_name, inner="\n"))
add(LINES, "crlf_in_quotes", partial(_newline_in_name, inner="\r\n"))
add(LINES, "three_lines_in_quotes", partial(_newline_in_name, inner="\n第二行\n"))


def _fields(draw: Draw, change: Callable[[list[str]], list[str]], reason: str = "field_count") -> Case:
    draft = CsvDraft(draw.feed, draw.rng).header()

    def odd() -> None:
        record = sample(draw.feed, draw.rng)
        draft.cells(change([record.cells[name] for name in draft.columns]), "quarantined", reason=reason)

    draw.around(draft, odd)
    return draft.case()


add(FIELDS, "one_too_few", partial(_fields, change=lambda cells: cells[:-1]))
add(FIELDS, "only_id", partial(_fields, change=lambda cells: cells[:1]))
add(FIELDS, "one_too_many", partial(_fields, change=lambda cells: [*cells, "多"]))
add(FIELDS, "trailing_comma", partial(_fields, change=lambda cells: [*cells, ""]))
add(FIELDS, "many_trailing_commas", partial(_fields, change=lambda cells: [*cells, *[""] * 20]))
add(FIELDS, "unquoted_comma_in_name", partial(_fields, change=lambda cells: [cells[0], "王", "芳", *cells[2:]]))
add(FIELDS, "two_records_in_one_line", partial(_fields, change=lambda cells: cells + cells))
add(FIELDS, "shifted_by_one", partial(_fields, change=lambda cells: ["", *cells[:-1]], reason="blank"))


def _long_cell(draw: Draw, length: int, workbook: bool, extra: bool = False) -> Case:
    columns = [*draw.feed.headers, "附注"] if extra else None
    maker = XlsxDraft if workbook else CsvDraft
    draft: CsvDraft | XlsxDraft = maker(draw.feed, draw.rng, columns=columns)
    draft.header()

    def odd() -> None:
        record = sample(draw.feed, draw.rng)
        text = "长" * length
        beside = Sample({**record.cells, "附注": text}, record.values)
        record = beside if extra else record.changed(draft.columns[1], text, text)
        draft.put(record, reason="too_long" if length > LONGEST_CELL or not extra else None)

    draw.around(draft, odd)
    return draft.case()


add(SIZES, "name_101", partial(_long_cell, length=101, workbook=False))
add(SIZES, "name_101_xlsx", partial(_long_cell, length=101, workbook=True))
add(SIZES, "cell_40000", partial(_long_cell, length=40_000, workbook=False))
add(SIZES, "cell_3mb", partial(_long_cell, length=1_000_000, workbook=False), positional=False)
add(SIZES, "extra_cell_20000", partial(_long_cell, length=20_000, workbook=False, extra=True))
add(SIZES, "extra_cell_40000", partial(_long_cell, length=40_000, workbook=False, extra=True))


def _wide(draw: Draw, count: int, refused: str | None) -> Case:
    columns = [*draw.feed.headers, *(f"列{number}" for number in range(count))]
    return CsvDraft(draw.feed, draw.rng, columns=columns).header().good(draw.size).case(refused=refused)


add(SIZES, "columns_40", partial(_wide, count=40, refused=None), positional=False)
add(SIZES, "columns_10000", partial(_wide, count=10_000, refused="too_many_columns"), positional=False)


@variant(SIZES, "one_column", positional=False)
def one_column(draw: Draw) -> Case:
    """Only the identity numbers."""
    draft = CsvDraft(draw.feed, draw.rng, columns=draw.feed.headers[:1]).header().good(draw.size)
    return draft.case(refused="missing_column")


@variant(SIZES, "many_records", positional=False)
def many_records(draw: Draw) -> Case:
    """A month of a whole county, with one record in a hundred broken."""
    draft = CsvDraft(draw.feed, draw.rng, encoding="gb18030").header()
    for number in range(600):
        if number % 100 == 50:
            draft.put(sample(draw.feed, draw.rng).changed(draft.columns[0], "", None), reason="blank")
        else:
            draft.put(sample(draw.feed, draw.rng))
    return draft.case()


def _nothing(draw: Draw, content: bytes, reason: str) -> Case:
    return Case(draw.feed.name, content, refused_lines(content), refused=reason)


add(EMPTY, "zero_bytes", partial(_nothing, content=b"", reason="empty"), positional=False)
add(EMPTY, "only_bom", partial(_nothing, content=b"\xef\xbb\xbf", reason="empty"), positional=False)
add(EMPTY, "only_line_ends", partial(_nothing, content=b"\r\n\r\n\n", reason="empty"), positional=False)
add(EMPTY, "only_spaces", partial(_nothing, content=b"  \t \n", reason="empty"), positional=False)


@variant(EMPTY, "header_only", positional=False)
def header_only(draw: Draw) -> Case:
    """A month without any record: accepted, and said so."""
    return CsvDraft(draw.feed, draw.rng).header().case()


@variant(EMPTY, "header_only_xlsx", positional=False)
def header_only_xlsx(draw: Draw) -> Case:
    """The same as a workbook."""
    return XlsxDraft(draw.feed, draw.rng).header().case()


@variant(EMPTY, "empty_workbook", positional=False)
def empty_workbook(draw: Draw) -> Case:
    """A workbook with one untouched sheet."""
    return XlsxDraft(draw.feed, draw.rng).case(refused="no_header")


@variant(EMPTY, "cut_in_last_record", positional=False)
def cut_in_last_record(draw: Draw) -> Case:
    """A download that stopped in the middle of the last record."""
    draft = CsvDraft(draw.feed, draw.rng).header().good(draw.size)
    draft.raw(identity_number(draw.rng).encode()[:11], "quarantined", reason="field_count", lines=1)
    return draft.case()


def _cut_workbook(draw: Draw, share: float) -> Case:
    content = XlsxDraft(draw.feed, draw.rng).header().good(draw.size).content()
    return Case(draw.feed.name, content[: int(len(content) * share)], [], extension="xlsx", refused="truncated")


for _percent in (99, 60, 5):
    add(EMPTY, f"workbook_cut_{_percent}", partial(_cut_workbook, share=_percent / 100), positional=False)

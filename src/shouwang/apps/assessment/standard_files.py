"""A file of standards read row by row, in the engine's layout or that of published tables; nothing is lost without a reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shouwang.apps.assessment import published
from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.assessment.standards import columns_of
from shouwang.engine.parameter_csv import assertion_of, problems_with
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import COLUMNS, Assertion
from shouwang.lib.csv_text import RISKY

REQUIRED = ("area_code", "item", "amount_fen", "per", "valid_from", "source")
MOST_BYTES = 8 * 1024 * 1024


class StandardsRefused(Exception):
    """The whole file cannot be read as a table of standards; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file: its line number, and what it says or why it cannot be taken."""

    number: int
    assertion: Assertion | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StandardsFile:
    """The rows of a file in their order. ``is_published``: a table of notices, in which two sources may tell the same figure."""

    lines: list[Line]
    is_published: bool


def read_standards(content: bytes, name: str, specs: dict[str, ParameterSpec]) -> StandardsFile:
    """Read a file of standards (UTF-8 with or without BOM, or GB18030). Raises StandardsRefused where it is no such table."""
    if len(content) > MOST_BYTES:
        raise StandardsRefused(f"{name}：文件超过 {MOST_BYTES // 1024 // 1024} MB，请分成几份")
    reader = csv.DictReader(_text(content, name).splitlines(keepends=True), strict=True)
    try:
        header = reader.fieldnames or ()
        is_published = "amount_fen" not in header and {"amount", "unit", "scope"} <= set(header)
        wanted = published.COLUMNS if is_published else REQUIRED
        if lacking := [column for column in wanted if column not in header]:
            shown = published.COLUMNS if is_published else COLUMNS
            raise StandardsRefused(f"{name}：缺少列 {'、'.join(lacking)}；应有的列：{'、'.join(shown)}")
        return StandardsFile([_line(number, row, is_published, specs) for number, row in _rows(reader)], is_published)
    except csv.Error as error:
        raise StandardsRefused(f"{name} 第 {reader.line_num} 行：不是规范的 CSV（{error}）") from error


def written_standards(assertions: Iterable[Assertion]) -> bytes:
    """Write the engine's layout, UTF-8 with BOM so that spreadsheet programs read the Chinese."""
    with io.StringIO(newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(assertion.as_row() for assertion in assertions)
        return file.getvalue().encode("utf-8-sig")


def fault_of(assertion: Assertion, specs: dict[str, ParameterSpec]) -> str:
    """What keeps an assertion from being stored at all, in Chinese; empty if nothing does."""
    if problems := problems_with([assertion], specs):
        return "；".join(problems)
    if not assertion.source:
        return f"{assertion.title}：没有写来源"
    for name, column in columns_of(assertion).items():
        if isinstance(column, str):
            field = LocalStandard._meta.get_field(name)
            if field.max_length is not None and len(column) > field.max_length:
                return f"{assertion.title}：{field.verbose_name}超过 {field.max_length} 字"
            if "\x00" in column:
                return f"{assertion.title}：{field.verbose_name}中有不能保存的字符"
            if column.startswith(RISKY):  # a spreadsheet would take it for a formula when it is exported
                return f"{assertion.title}：{field.verbose_name}不能以 = + - @ 开头"
    return "" if -(2**63) <= assertion.value < 2**63 else f"{assertion.title}：值超出范围"


def _text(content: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StandardsRefused(f"{name}：文字编码既不是 UTF-8 也不是 GB18030")


def _rows(reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str | None, str | None]]]:
    for row in reader:
        yield reader.line_num, row


def _line(number: int, row: dict[str | None, str | None], is_published: bool, specs: dict[str, ParameterSpec]) -> Line:
    if None in row or None in row.values():
        return Line(number, None, "列数与表头不符")
    try:
        assertion = published.assertion_from_published(row) if is_published else assertion_of(row)
    except ValueError as error:
        where = f"{row['area_code']} {row.get('area_name') or ''} {row['item']}：" if is_published else ""
        return Line(number, None, f"{where}{error}")
    if fault := fault_of(assertion, specs):
        return Line(number, None, fault)
    return Line(number, assertion)

"""The one CSV layout in which parameters are imported and exported, and what keeps a row from being used."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import COLUMNS, Assertion, ParameterError
from shouwang.engine.tree import GREATEST, LEAST
from shouwang.lib.area_codes import normalise_code
from shouwang.lib.dates import DateError, parse_date
from shouwang.lib.halfwidth import excerpt, to_halfwidth
from shouwang.lib.money import yuan

_WHOLE = re.compile(r"[+-]?\d{1,40}", re.ASCII)


def read_assertions(path: Path) -> list[Assertion]:
    """Read the CSV layout (UTF-8, with or without BOM). Raises ParameterError naming every bad line, in Chinese."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path.name}：不是 UTF-8 编码，请另存为 UTF-8 后再导入") from error
    with io.StringIO(text, newline="") as file:
        reader = csv.DictReader(file)
        lacking = [name for name in COLUMNS[:4] if name not in (reader.fieldnames or ())]
        if lacking:
            raise ParameterError(f"{path.name}：缺少列 {'、'.join(lacking)}")
        found, wrong = [], []
        for row in reader:
            try:
                found.append(assertion_of({key: value or "" for key, value in row.items() if key}))
            except ValueError as error:
                wrong.append(f"第 {reader.line_num} 行：{error}")
    if wrong:
        raise ParameterError("；".join(wrong))
    return found


def assertion_of(row: Mapping[str, str]) -> Assertion:
    """One row of the CSV layout. Raises ParameterError (中文)."""
    written = to_halfwidth(row["amount_fen"]).strip()
    if _WHOLE.fullmatch(written) is None:
        raise ParameterError(f"{row.get('item')}：值“{excerpt(written)}”不是整数（金额以分为单位）")
    value = int(written)

    def day(name: str) -> date | None:
        text = row.get(name, "").strip()
        try:
            return parse_date(text) if text else None
        except DateError as error:
            raise ParameterError(f"{row.get('item')}：{name} 不是日期：{error}") from error

    def text(name: str) -> str:
        return row.get(name, "").strip()

    return Assertion(
        item=text("item"),
        area_code=normalise_code(text("area_code")),
        value=value,
        per=text("per"),
        valid_from=day("valid_from"),
        valid_to=day("valid_to"),
        source=text("source"),
        article=text("article"),
        last_confirmed=day("last_confirmed"),
        observed_on=text("observed_on"),
        published=text("published"),
        published_unit=text("published_unit"),
    )


def write_assertions(path: Path, assertions: Iterable[Assertion]) -> None:
    """Write the CSV layout, UTF-8 with BOM so that spreadsheet programs read the Chinese."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(assertion.as_row() for assertion in assertions)


def problems_with(assertions: Iterable[Assertion], specs: Mapping[str, ParameterSpec]) -> list[str]:
    """What keeps rows from being used with a book, in Chinese: unknown item, other unit, a value out of bounds."""
    found = []
    for row in assertions:
        spec = specs.get(row.item)
        if spec is None:
            found.append(f"{row.title}：没有名为“{row.item}”的参数")
        elif row.unit != spec.unit or not spec.fits(row.per):
            found.append(f"{row.title}（{spec.label}）：单位“{row.per}”与参数的单位“{spec.per or spec.unit}”不符")
        elif spec.unit == "bool" and row.value not in (0, 1):
            found.append(f"{row.title}（{spec.label}）：是否类参数只能是 0 或 1")
        elif not LEAST <= row.value <= GREATEST:
            found.append(f"{row.title}（{spec.label}）：值超出范围")
        elif (value := spec.amount(row.value, row.per)) is None:
            found.append(f"{row.title}（{spec.label}）：每年 {yuan(row.value)} 元不能化为每月整分，请写每月的金额")
        elif not spec.allows(value):
            bounds = f"不小于 {spec.least}" + ("" if spec.most == GREATEST else f"、不大于 {spec.most}")
            found.append(f"{row.title}（{spec.label}）：值 {value} 应{bounds}")
    return found

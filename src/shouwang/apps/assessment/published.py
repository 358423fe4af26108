"""Tables of published standards, as a reader of notices retypes them: yuan by the month or year, one source a row.

Columns ``area_code, item, scope, amount, unit, valid_from, valid_to, observed_on, source`` and what else there is. Here the last
day is included, and a row may know only that a standard was in force at some time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from shouwang.engine.parameters import Assertion
from shouwang.lib.area_codes import normalise_code
from shouwang.lib.dates import DateError, parse_date
from shouwang.lib.halfwidth import excerpt
from shouwang.lib.money import MoneyError, fen_from_yuan

COLUMNS = ("area_code", "item", "scope", "amount", "unit", "valid_from", "valid_to", "observed_on", "source")
PAYABLE = ("self", "listed", "all_counties")
SUFFIXES = {**dict.fromkeys(PAYABLE, ""), "guidance_floor": "_floor", "minimum": "_floor", "average": "_average"}
"""A floor or an average is no line anybody is paid by: it becomes a parameter of its own."""
RENAMED = {"orphan": "orphan_unified"}
"""Where the tables' name of a standard is that of a rule."""
UNITS = {"yuan_per_month": ("person-month", "元/月"), "yuan_per_year": ("person-year", "元/年")}


def assertion_from_published(row: Mapping[str, str]) -> Assertion:
    """Return what a published row says, its figure and unit kept as they were. Raises ValueError (中文)."""
    text = {name: value.strip() for name, value in row.items()}
    scope, unit = text["scope"], text["unit"]
    if scope not in SUFFIXES:
        raise ValueError(f"适用范围“{excerpt(scope)}”不认识，应为 {'、'.join(SUFFIXES)} 之一")
    if unit not in UNITS:
        raise ValueError(f"单位“{excerpt(unit)}”不认识，应为 {'、'.join(UNITS)} 之一")
    per, shown = UNITS[unit]
    last = _day(text, "valid_to")
    valid_from, observed_on = _day(text, "valid_from"), text["observed_on"]
    if valid_from is None and not observed_on:
        if last is None:
            raise ValueError("生效日、失效日、见于日期都没有写，不知道何时执行，不能采用")
        observed_on = last.isoformat()
    try:
        amount = fen_from_yuan(text["amount"])
    except MoneyError as error:
        raise ValueError(str(error)) from error
    return Assertion(
        item=RENAMED.get(text["item"], text["item"]) + SUFFIXES[scope],
        area_code=normalise_code(text["area_code"]),
        value=amount,
        per=per,
        valid_from=valid_from,
        valid_to=last + timedelta(days=1) if last else None,
        observed_on="" if valid_from else observed_on,
        source=text["source"],
        article=_remark(text),
        published=text["amount"],
        published_unit=shown,
    )


def _day(row: Mapping[str, str], name: str) -> date | None:
    try:
        return parse_date(row[name]) if row[name] else None
    except DateError as error:
        raise ValueError(f"{name} 不是日期：{error}") from error


def _remark(row: Mapping[str, str]) -> str:
    """How sure the table is of a row, and its remark."""
    sure, note = row.get("confidence", ""), row.get("note", "")
    return "；".join(part for part in (f"可信度{sure}" if sure else "", note) if part)

"""One cell: the text a sender wrote → the value it means, with every safe repair recorded; anything doubtful is a CellProblem."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from shouwang.apps.exchange.contract import FOLDED, Column
from shouwang.apps.exchange.reading.characters import problem_of
from shouwang.apps.exchange.reading.header import folded
from shouwang.apps.exchange.reading.reasons import Reason
from shouwang.apps.exchange.reading.records import LONG_CELL
from shouwang.lib.area_codes import normalise_code
from shouwang.lib.dates import DateError, parse_date, parse_month
from shouwang.lib.identity import IdentityError, normalise_id, uscc_is_valid
from shouwang.lib.money import MoneyError, fen_from_yuan

EDGES = " \t\r\n\u00a0\u3000"
MAX_NAME = 100
MAX_TEXT = 2_000
MAX_FEN = 100_000_000_00
MAX_WAN = 100_000_000
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 1, 1)
_PLAIN_MONEY = re.compile(r"(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,2}))?")
_DIGITS = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")
_PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{4,6}[学警挂港澳领]?")
_PHONE = re.compile(r"\+?[0-9][0-9-]{5,18}[0-9]")


class CellProblem(Exception):
    """A cell that cannot be taken; carries the reason code and a remark (never the cell's own text: it may be an identity number)."""

    def __init__(self, code: str, seen: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.seen = seen


@dataclass(frozen=True, slots=True)
class Formula:
    """An Excel cell that computes."""


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """An Excel cell showing #REF! and its like."""

    text: str


@dataclass(frozen=True, slots=True)
class Truth:
    """An Excel TRUE or FALSE (kept apart from 1 and 0)."""

    value: bool


@dataclass(frozen=True, slots=True)
class Number:
    """An Excel number as the file writes it. Excel itself keeps 15 digits."""

    text: str

    def shown(self) -> str:
        """The number with Excel's 15 digits."""
        if self.text.isdigit() and len(self.text) <= 15:
            return self.text
        return f"{float(self.text):.15g}"


def text_of(raw: object, column: Column) -> str:
    """Return the text of a cell; an Excel value as the text its column would be written in."""
    if isinstance(raw, str):
        return raw
    if raw is None:
        return ""
    if isinstance(raw, Formula):
        raise CellProblem("formula")
    if isinstance(raw, ErrorValue):
        raise CellProblem("cell_error", raw.text)
    if isinstance(raw, Number):
        if column.type == "id" and not (raw.text.isdigit() and len(raw.text) <= 15):
            raise CellProblem("excel_precision")
        return raw.shown()
    if isinstance(raw, datetime):
        if column.type == "month" and raw.day != 1:
            raise CellProblem("month", f"{raw:%Y-%m-%d}")
        if raw.time() != time(0):
            raise CellProblem("date" if column.type == "date" else column.type, "带有时刻")
        return f"{raw:%Y-%m}" if column.type == "month" else raw.date().isoformat()
    if isinstance(raw, Truth):
        return "TRUE" if raw.value else "FALSE"
    raise CellProblem("cell_error", type(raw).__name__)


def parse(raw: object, column: Column) -> tuple[Any, list[str]]:
    """Return a cell's value (None = blank) and the names of its repairs; raise CellProblem."""
    text = text_of(raw, column)
    if len(text) > LONG_CELL:
        raise CellProblem("too_long")
    if code := problem_of(text):
        raise CellProblem(code)
    repairs = []
    trimmed = text.strip(EDGES)
    if trimmed != text:
        repairs.append("trim")
    if column.type in FOLDED and (half := folded(trimmed)) != trimmed:
        repairs.append("full_width")
        trimmed = half
    if not trimmed:
        if column.required:
            raise CellProblem("blank")
        return None, repairs
    return _PARSERS[column.type](trimmed, column, repairs), repairs


def _id(text: str, column: Column, repairs: list[str]) -> str:
    try:
        found = normalise_id(text)
    except IdentityError as error:
        raise CellProblem("characters" if error.code == "area" else error.code) from error
    repairs.extend(name for name in found.repairs if name not in repairs)
    return found.value18


def _name(text: str, column: Column, repairs: list[str]) -> str:
    if len(text) > MAX_NAME:
        raise CellProblem("name", f"{len(text)} 字")
    return text


def _text(text: str, column: Column, repairs: list[str]) -> str:
    return text


def _money(text: str, column: Column, repairs: list[str]) -> int:
    wan = column.unit == "wan"
    plain = _PLAIN_MONEY.fullmatch(text)
    if plain:
        fen = int(plain[1]) * 100 + int((plain[2] or "0").ljust(2, "0"))
    elif wan and text.endswith("元"):
        raise CellProblem("money", "本列以万元为单位，不要再写单位")
    else:
        try:
            fen = fen_from_yuan(text)
        except MoneyError as error:
            raise CellProblem("money") from error
    if fen < 0 and not column.negative:
        raise CellProblem("money", "为负数")
    if abs(fen) > (MAX_WAN * 100 if wan else MAX_FEN):
        raise CellProblem("money", "超过一亿元" if not wan else "超过一亿万元")
    return fen * 10_000 if wan else fen


def _date(text: str, column: Column, repairs: list[str]) -> date:
    try:
        day = parse_date(text)
    except DateError as error:
        raise CellProblem("date") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CellProblem("date", "年份不合理")
    return day


def _month(text: str, column: Column, repairs: list[str]) -> date:
    if "." in text:
        raise CellProblem("month")  # Excel turns 2026.10 into 2026.1
    try:
        day = parse_month(text)
    except DateError as error:
        raise CellProblem("month") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CellProblem("month")
    return day


def _code(text: str, column: Column, repairs: list[str]) -> int:
    value = column.codes.get(text, column.also.get(text))
    if value is None:
        raise CellProblem("code", "只能填" + "、".join(column.codes))
    return value


def _uscc(text: str, column: Column, repairs: list[str]) -> str:
    code = text.upper()
    if not uscc_is_valid(code):
        raise CellProblem("uscc")
    if code != text:
        repairs.append("upper")
    return code


def _area(text: str, column: Column, repairs: list[str]) -> str:
    if len(text) != 12 or not _DIGITS.fullmatch(text):
        raise CellProblem("area")
    return text


def _place(text: str, column: Column, repairs: list[str]) -> int:
    if len(text) not in {6, 12} or not _DIGITS.fullmatch(text):
        raise CellProblem("place")
    return int(normalise_code(text)[:6])


def _plate(text: str, column: Column, repairs: list[str]) -> str:
    plate = text.upper()
    if _PLATE.fullmatch(plate) is None:
        raise CellProblem("plate")
    if plate != text:
        repairs.append("upper")
    return plate


def _phone(text: str, column: Column, repairs: list[str]) -> str:
    if _PHONE.fullmatch(text) is None:
        raise CellProblem("phone")
    return text


def _int(text: str, column: Column, repairs: list[str]) -> int:
    if not _DIGITS.fullmatch(text) or len(text) > 15:
        raise CellProblem("int")
    return int(text)


def _decimal(text: str, column: Column, repairs: list[str]) -> str:
    if _DECIMAL.fullmatch(text) is None:
        raise CellProblem("decimal")
    return text


_PARSERS = {
    "id": _id,
    "name": _name,
    "text": _text,
    "money": _money,
    "date": _date,
    "month": _month,
    "code": _code,
    "uscc": _uscc,
    "area": _area,
    "place": _place,
    "plate": _plate,
    "phone": _phone,
    "int": _int,
    "decimal": _decimal,
}


def read_cells(
    cells: list[Any], positions: dict[str, int], columns: tuple[Column, ...]
) -> tuple[dict[str, Any], list[Reason], list[tuple[str, str, str]]]:
    """Read one record cell by cell: values by column name, every reason against it, repairs as (column header, repair, original)."""
    values: dict[str, Any] = {}
    reasons: list[Reason] = []
    repairs: list[tuple[str, str, str]] = []
    for column in columns:
        at = positions.get(column.name)
        if at is None:
            values[column.name] = None
            continue
        try:
            values[column.name], done = parse(cells[at], column)
        except CellProblem as problem:
            reasons.append(Reason(problem.code, column.header, problem.seen))
        else:
            repairs.extend((column.header, name, str(cells[at])) for name in done)
    return values, reasons, repairs

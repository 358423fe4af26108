"""A reform as people write it (dibao_rural=660元/月, 农村低保标准=+10%, household_income@2012-12-12), as data, and in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from shouwang.engine.book import Book
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.reform import Change, Reform, ReformError, Version
from shouwang.engine.rule import Definition
from shouwang.lib.area_codes import AreaCodeError, normalise_code
from shouwang.lib.dates import DateError, parse_date
from shouwang.lib.halfwidth import excerpt, to_halfwidth
from shouwang.lib.money import MoneyError, fen_from_yuan, yuan
from shouwang.lib.ratio import PARTS, RatioError, ratio_from_text, ratio_text

YES, NO = ("是", "true", "1"), ("否", "false", "0")
PERIODS = {"月": "month", "年": "year"}
MOST_TIMES = 100
_WHOLE = re.compile(r"[+-]?\d{1,12}", re.ASCII)
_SHARE = re.compile(r"([+-])(\d{1,4}(?:\.\d{1,3})?)%", re.ASCII)
_ENDINGS = {"days": "天", "percent": "%", "permille": "‰", "count": "人"}


def change_from_text(book: Book, area_code: str, text: str) -> Change:
    """Read ``参数=值``; see ``value_from_text``. Raises ReformError (中文)."""
    name, sign, value = text.replace("＝", "=").partition("=")
    if not sign:
        raise ReformError(f"“{excerpt(text)}”应写成 参数=值，如 dibao_rural=660元/月")
    return value_from_text(book, area_code, parameter_named(book, name.strip()), value.strip())


def value_from_text(book: Book, area_code: str, item: str, text: str) -> Change:
    """Read a new value: 660元/月 or 7920元/年, +10% or -5% of what is in force, or in the parameter's unit 30%, 60天, 1/3, 是.

    Raises ReformError (中文).
    """
    spec, plain = book.parameter_specs[item], to_halfwidth(text).strip()
    if found := _SHARE.fullmatch(plain):
        return Change(item, area_code, parts=_share(spec, found))
    try:
        amount, per = _per(spec, plain)
        return Change(item, area_code, _value(spec.unit, amount), per)
    except ReformError:
        raise
    except (MoneyError, DateError, RatioError, ValueError) as error:
        raise ReformError(f"“{spec.label}”的值“{excerpt(plain)}”读不出：{error}") from error


def _share(spec: ParameterSpec, found: re.Match[str]) -> int:
    try:
        parts = ratio_from_text(f"{found[2]}%")
    except RatioError as error:
        raise ReformError(f"“{spec.label}”的增减比例读不出：{error}") from error
    changed = PARTS + parts if found[1] == "+" else PARTS - parts
    if not 0 <= changed <= MOST_TIMES * PARTS:
        raise ReformError(f"“{spec.label}”的增减比例“{found[0]}”超出范围")
    return changed


def _per(spec: ParameterSpec, text: str) -> tuple[str, str]:
    if spec.unit != "fen":
        return text, spec.unit
    amount, _, period = text.partition("/")
    whose = spec.per.rpartition("-")[0]
    if period:
        if period not in PERIODS or not whose:
            raise ReformError(f"“{spec.label}”的值“{excerpt(text)}”读不出：期间应写 /月 或 /年")
        return amount, f"{whose}-{PERIODS[period]}"
    if spec.per.endswith("-year"):
        raise ReformError(f"“{spec.label}”应写明期间，如 {excerpt(text)}/月 或 {excerpt(text)}/年")
    return amount, spec.per or "fen"


def _value(unit: str, text: str) -> int:
    if unit == "fen":
        return fen_from_yuan(text)
    if unit == "ratio":
        return ratio_from_text(text)
    if unit == "bool":
        if text not in (*YES, *NO):
            raise ValueError("应写 是 或 否")
        return int(text in YES)
    plain = text.removesuffix(_ENDINGS.get(unit, "\0"))
    if _WHOLE.fullmatch(plain) is None:
        raise ValueError("应是不超过12位的整数")
    return int(plain)


def text_of_amount(spec: ParameterSpec, value: int, per: str) -> str:
    """Write a published value as ``value_from_text`` reads it."""
    if spec.unit == "fen":
        period = {"month": "/月", "year": "/年"}.get(per.rpartition("-")[2], "")
        return f"{yuan(value)}元{period}"
    if spec.unit == "bool":
        return "是" if value else "否"
    return ratio_text(value) if spec.unit == "ratio" else f"{value}{_ENDINGS.get(spec.unit, '')}"


def version_from_text(book: Book, text: str) -> Version:
    """Read ``规则@起施行日`` or ``规则@起施行日@区划``. Raises ReformError (中文)."""
    name, _, rest = text.replace("＠", "@").partition("@")
    day, _, area = rest.partition("@")
    try:
        since, code = parse_date(day), normalise_code(area) if area.strip() else None
    except (DateError, AreaCodeError) as error:
        raise ReformError(f"“{excerpt(text)}”应写成 规则@起施行日，如 household_income@2012-12-12：{error}") from error
    return Version(_named(book, name.strip(), book.definitions, "规则"), since, code)


def parameter_named(book: Book, word: str) -> str:
    """Return the parameter called by its name or its label. Raises ReformError (中文)."""
    return _named(book, word, book.parameter_specs, "参数")


def _named(book: Book, word: str, known: Mapping[str, object], kind: str) -> str:
    if word in known:
        return word
    found = [name for name in known if book.label_of(name) == word]
    if len(found) != 1:
        raise ReformError(
            f"没有名为“{excerpt(word)}”的{kind}" if not found else f"“{excerpt(word)}”指多个{kind}：{'、'.join(found)}"
        )
    return found[0]


def versions_to_choose(book: Book) -> list[Definition]:
    """Every version of the rules that have more than one, by rule and day."""
    return [
        each
        for name, versions in sorted(book.definitions.items())
        if len(versions) > 1
        for each in sorted(versions, key=lambda version: (version.since, version.area or ""))
    ]


def as_data(reform: Reform) -> dict[str, Any]:
    """Return a reform as plain data, to be stored."""
    return {
        "changes": [
            {"item": each.item, "area_code": each.area_code, "value": each.value, "per": each.per, "parts": each.parts}
            for each in reform.changes
        ],
        "versions": [
            {"name": each.name, "since": each.since.isoformat(), "area": each.area} for each in reform.versions
        ],
    }


def from_data(data: Mapping[str, Any]) -> Reform:
    """Return a stored reform."""
    return Reform(
        tuple(Change(**each) for each in data["changes"]),
        tuple(Version(each["name"], date.fromisoformat(each["since"]), each["area"]) for each in data["versions"]),
    )


def in_words(book: Book, reform: Reform, place: Callable[[str], str] = str) -> list[str]:
    """Return what a reform changes, a Chinese sentence each. ``place`` names a division."""
    said = []
    for each in reform.changes:
        spec = book.parameter_specs[each.item]
        if each.parts is not None:
            share = each.parts - PARTS
            how = f"{'提高' if share >= 0 else '降低'} {ratio_text(abs(share))}"
        else:
            how = f"改为 {text_of_amount(spec, each.value or 0, each.per)}"
        said.append(f"{place(each.area_code)}“{spec.label}”{how}")
    for version in reform.versions:
        where = f"{place(version.area)}的" if version.area else ""
        said.append(f"规则“{book.label_of(version.name)}”按{where} {version.since} 起施行的版本")
    return said

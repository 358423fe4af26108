"""Administrative division codes (区划代码) as 12-digit text: 省2 市2 县2 乡3 村3. The text itself carries the tree."""

from __future__ import annotations

import re
from typing import Literal

from shouwang.lib.halfwidth import excerpt, to_halfwidth

Level = Literal["nation", "province", "city", "county", "township", "village"]

CODE_DIGITS = 12
NATION = "000000000000"
LEVELS: tuple[Level, ...] = ("nation", "province", "city", "county", "township", "village")
LEVEL_LABELS: dict[Level, str] = {
    "nation": "全国",
    "province": "省",
    "city": "市",
    "county": "县",
    "township": "乡镇",
    "village": "村",
}

_WIDTHS: dict[Level, int] = {"nation": 0, "province": 2, "city": 4, "county": 6, "township": 9, "village": 12}
_CODE = re.compile(r"\d{12}", re.ASCII)
_SHORTENED = re.compile(r"(?:\d{2}|\d{4}|\d{6}|\d{9}|\d{12})", re.ASCII)


class AreaCodeError(ValueError):
    """A code that is no division code; the message is the Chinese reason."""


def normalise_code(code: str) -> str:
    """Return the 12-digit form of a code of 2, 4, 6, 9 or 12 digits: ``990101`` → ``990101000000``."""
    plain = to_halfwidth(code).strip()
    if _SHORTENED.fullmatch(plain) is None:
        raise AreaCodeError(f"区划代码“{excerpt(code, CODE_DIGITS)}”应为2、4、6、9或12位数字")
    full = plain.ljust(12, "0")
    if full[:2] == "00" and full != NATION:
        raise AreaCodeError(f"区划代码“{excerpt(code, CODE_DIGITS)}”没有省级代码")
    return full


def level_of(code: str) -> Level:
    """Return the level of a 12-digit code: the last group that is not zeros."""
    if _CODE.fullmatch(code) is None:
        raise AreaCodeError(f"区划代码“{excerpt(code, CODE_DIGITS)}”应为12位数字")
    if code[9:] != "000":
        return "village"
    if code[6:9] != "000":
        return "township"
    if code[4:6] != "00":
        return "county"
    if code[2:4] != "00":
        return "city"
    return "province" if code[:2] != "00" else "nation"


def ancestors_of(code: str) -> tuple[str, ...]:
    """Return the code itself and everything above it, nearest first, ending with the nation.

    A level that the code does not fill is left out: a township right under a city (东莞) has no county above it.
    """
    level_of(code)
    chain: list[str] = []
    for width in sorted(_WIDTHS.values(), reverse=True):
        above = code[:width].ljust(12, "0")
        if above not in chain:
            chain.append(above)
    return tuple(chain)


def parent_of(code: str) -> str | None:
    """Return the code one step up, or None for the nation."""
    chain = ancestors_of(code)
    return chain[1] if len(chain) > 1 else None


def scope_range(code: str) -> tuple[str, str]:
    """Return the half-open text range ``lo <= code < hi`` that holds a division and everything below it.

    The upper end of the last possible range is thirteen digits long: in any collation it sorts after every
    twelve-digit code.
    """
    prefix = code[: _WIDTHS[level_of(code)]]
    upper = str(int(prefix or "9") + 1).zfill(len(prefix))
    return code, (upper.ljust(12, "0") if prefix and len(upper) == len(prefix) else "9999999999990")


def contains(scope: str, code: str) -> bool:
    """Return whether ``code`` lies in the division ``scope`` (or is it)."""
    low, high = scope_range(scope)
    return low <= code < high

"""A ratio is a whole number of parts of 360,000, so that 1/3, 1/6, 1.3 and every per mille are exact. No float holds one."""

from __future__ import annotations

import re
from fractions import Fraction

from shouwang.lib.halfwidth import excerpt, to_halfwidth

PARTS = 360_000
"""The whole: 1/3 is 120,000 parts, 130% is 468,000."""

_PERCENT, _PERMILLE = PARTS // 100, PARTS // 1000
_FRACTION = re.compile(r"(\d{1,7})/(\d{1,7})", re.ASCII)
_DECIMAL = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))?(%|‰|倍)?", re.ASCII)


class RatioError(ValueError):
    """A ratio that cannot be read exactly; the message is the Chinese reason."""


def ratio_from_text(text: str) -> int:
    """Read ``1/3``, ``130%``, ``5‰``, ``1.3`` or ``1.3倍`` as parts; never rounds. Raises RatioError (中文)."""
    plain = to_halfwidth(text).strip()
    if found := _FRACTION.fullmatch(plain):
        if int(found[2]) == 0:
            raise RatioError(f"比例“{excerpt(plain)}”的分母为零")
        value = Fraction(int(found[1]), int(found[2]))
    elif found := _DECIMAL.fullmatch(plain):
        digits = found[2] or ""
        value = Fraction(int(found[1] + digits), 10 ** len(digits))
        value /= {"%": 100, "‰": 1000}.get(found[3] or "", 1)
    else:
        raise RatioError(f"比例“{excerpt(plain)}”读不出，请写成 1/3、130% 或 1.3 的形式")
    parts = value * PARTS
    if parts.denominator != 1:
        raise RatioError(f"比例“{excerpt(plain)}”不能化为 {PARTS} 分之几的整数")
    return int(parts)


def ratio_text(parts: int) -> str:
    """Write parts as people do: ``468000`` → ``130%``, ``120000`` → ``1/3``, ``1800`` → ``5‰``."""
    if parts % _PERCENT == 0:
        return f"{parts // _PERCENT}%"
    if parts % _PERMILLE == 0:
        return f"{parts // _PERMILLE}‰"
    fraction = Fraction(parts, PARTS)
    return f"{fraction.numerator}/{fraction.denominator}"

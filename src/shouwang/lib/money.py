"""Money is a whole number of 分. No float ever holds an amount."""

from __future__ import annotations

import re
from typing import Literal

from shouwang.lib.halfwidth import excerpt, to_halfwidth

Rounding = Literal["floor", "ceil", "half_up"]

FEN_PER_YUAN = 100
LARGEST_FEN = 10**12
"""百亿元: a larger figure in a household's file is a slipped column. A mobile number read as yuan is larger."""

_AMOUNT = re.compile(r"([+-]?)¥?((?:\d{1,3}(?:,\d{3})+)|\d+)(?:\.(\d+))?(万元|元)?", re.ASCII)
_GROUPED_EUROPEAN = re.compile(r"[+-]?¥?\d{1,3}(?:\.\d{3})+,\d+(?:万?元)?")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d+(?:万?元)?")


class MoneyError(ValueError):
    """An amount that cannot be read exactly; the message is the Chinese reason."""


def fen_from_yuan(text: str) -> int:
    """Read an amount in yuan (or with the suffix 万元) as whole 分; never rounds.

    Accepts ``1200.5``, ``1,200.50``, full-width digits, a leading ``￥``/``¥`` and sign, a suffix ``元`` or ``万元``.
    Raises ``MoneyError`` for blanks, e-notation, NaN, brackets, ``1.200,50`` and anything finer than one 分.
    """
    plain = to_halfwidth(text).strip()
    seen = excerpt(plain)
    if not plain:
        raise MoneyError("金额为空")
    if _SCIENTIFIC.fullmatch(plain):
        raise MoneyError(f"金额“{seen}”是科学计数法，可能已损失精度，请按原值重新填写")
    if _GROUPED_EUROPEAN.fullmatch(plain):
        raise MoneyError(f"金额“{seen}”的小数点与千位分隔符含义不明，请写成 1,200.50 的形式")
    found = _AMOUNT.fullmatch(plain.replace("¥-", "-¥"))
    if found is None:
        raise MoneyError(f"金额“{seen}”不是数字")
    sign, whole, fraction, suffix = found.groups()
    places = 6 if suffix == "万元" else 2
    digits = fraction or ""
    if len(digits) > places:
        raise MoneyError(f"金额“{seen}”细于一分钱")
    whole = whole.replace(",", "")
    if len(whole) > len(str(LARGEST_FEN)):
        raise MoneyError(f"金额“{seen}”过大，请核对是否错列")
    fen = int(whole + digits.ljust(places, "0"))
    if fen > LARGEST_FEN:
        raise MoneyError(f"金额“{seen}”过大，请核对是否错列")
    return -fen if sign == "-" else fen


def yuan(fen: int) -> str:
    """Write 分 as yuan with two decimals and thousands separators: ``120050`` → ``1,200.50``."""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"


def divide(fen: int, by: int, rounding: Rounding) -> int:
    """Divide whole 分 by a positive whole number with the stated rounding.

    ``floor`` and ``ceil`` go down and up the number line; ``half_up`` is 四舍五入 (halves away from zero).
    """
    if by <= 0:
        raise MoneyError("除数必须是正整数")
    if rounding == "floor":
        return fen // by
    if rounding == "ceil":
        return -(-fen // by)
    nearest = (2 * abs(fen) + by) // (2 * by)
    return -nearest if fen < 0 else nearest


def ceil_to_yuan(fen: int) -> int:
    """Round 分 up to a whole yuan (见元进一), still in 分."""
    return divide(fen, FEN_PER_YUAN, "ceil") * FEN_PER_YUAN

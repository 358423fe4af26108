"""公民身份号码 (GB 11643): reading, repairing safely, and what the number itself says.

Safe repairs are recorded: trimming, full-width characters, ``x`` → ``X``, 15 → 18 digits (the fifteen-digit form is
read as a birth of 19yy) and the ``.0`` of a numeric cell. Anything else is refused with a code. A number is never
checked against 'did this county exist at birth': many living people carry codes of counties made or abolished since.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from stdnum.cn import uscc

from shouwang.lib import clock
from shouwang.lib.dates import DateError, parse_date
from shouwang.lib.halfwidth import to_halfwidth

IdentityFault = Literal[
    "blank", "length", "characters", "checksum", "birth_date", "future_birth", "excel_precision", "area"
]

TRIMMED = "去除首尾空白"
HALF_WIDTH = "全角转半角"
UPPER_X = "小写x改为大写X"
NUMERIC_TAIL = "去除数值小数尾“.0”"
FIFTEEN_TO_EIGHTEEN = "15位升为18位"

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_SCIENTIFIC = re.compile(r"\d(?:\.\d*)?[eE]\+?\d{1,3}", re.ASCII)
_NUMERIC = re.compile(r"\d+\.0+", re.ASCII)
_SHAPE = re.compile(r"\d{15}|\d{17}[\dX]", re.ASCII)
_LETTERS = re.compile(r"[\dX]+", re.ASCII)
_USCC = re.compile(r"[0-9A-Z]{18}", re.ASCII)
_EXACT_DIGITS = 15
_PRECISION_LOST = "身份证号按数值保存，第15位以后已丢失且无法恢复，请将该列设为文本后重新填写"


class IdentityError(ValueError):
    """A number that cannot be accepted: ``code`` for machines, the message for people (Chinese)."""

    def __init__(self, code: IdentityFault, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Normalised:
    """An accepted number: its 18-character form, the text as it came, and the repairs made on the way."""

    value18: str
    original: str
    repairs: tuple[str, ...]


def check_digit(first17: str) -> str:
    """Return the check character (0–9 or X) of the first seventeen digits (ISO 7064 MOD 11-2)."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True)) % 11]


def normalise_id(
    text: str,
    from_number: bool = False,
    *,
    as_of: date | None = None,
    area_known: Callable[[str], bool] | None = None,
) -> Normalised:
    """Read an identity number, or raise ``IdentityError``.

    ``from_number``: the text is a spreadsheet cell holding a number, which keeps fifteen digits at most.
    ``as_of``: the day a birth must not lie after (today if not given).
    ``area_known``: asked with the first six digits; without it only ``00…`` is refused.
    """
    value, repairs = _cleaned(text)
    if not value:
        raise IdentityError("blank", "身份证号为空")
    if _SCIENTIFIC.fullmatch(value):
        raise IdentityError("excel_precision", _PRECISION_LOST)
    if _NUMERIC.fullmatch(value):
        value, from_number = value.split(".")[0], True
        repairs.append(NUMERIC_TAIL)
    if from_number and len(value) > _EXACT_DIGITS and value.isdecimal():
        raise IdentityError("excel_precision", _PRECISION_LOST)
    if _LETTERS.fullmatch(value) is None:
        raise IdentityError("characters", "身份证号含有数字和末位X以外的字符")
    if len(value) not in {15, 18}:
        raise IdentityError("length", f"身份证号应为18位（或旧15位），现为{len(value)}位")
    if _SHAPE.fullmatch(value) is None:
        raise IdentityError("characters", "身份证号只有末位可以是X")
    _check_area(value, area_known)
    if len(value) == 15:
        first17 = value[:6] + "19" + value[6:]
        value = first17 + check_digit(first17)
        repairs.append(FIFTEEN_TO_EIGHTEEN)
    _check_birth(value, as_of or clock.today())
    if check_digit(value[:17]) != value[17]:
        if value.endswith("000"):
            raise IdentityError("excel_precision", _PRECISION_LOST)
        raise IdentityError("checksum", "身份证号校验码不符，请核对是否录错")
    return Normalised(value, text, tuple(repairs))


def _cleaned(text: str) -> tuple[str, list[str]]:
    repairs: list[str] = []
    value = text.strip()
    if value != text:
        repairs.append(TRIMMED)
    half = to_halfwidth(value)
    if half != value:
        repairs.append(HALF_WIDTH)
    if half.endswith("x"):
        half = half[:-1] + "X"
        repairs.append(UPPER_X)
    return half, repairs


def _check_area(value: str, area_known: Callable[[str], bool] | None) -> None:
    if value.startswith("00") or (area_known is not None and not area_known(value[:6])):
        raise IdentityError("area", "身份证号前六位不是曾经使用过的区划代码，请核对证件")


def _check_birth(value18: str, as_of: date) -> None:
    try:
        born = parse_date(value18[6:14])
    except DateError:
        raise IdentityError("birth_date", "身份证号中的出生日期不存在，请核对证件") from None
    if born > as_of:
        raise IdentityError("future_birth", "身份证号中的出生日期晚于今天，请核对证件")


def birth_date_of(value18: str) -> date:
    """Return the birth date written in an accepted 18-character number."""
    return date(int(value18[6:10]), int(value18[10:12]), int(value18[12:14]))


def sex_of(value18: str) -> int:
    """Return the sex code of GB/T 2261.1: 1 男 (odd sequence number), 2 女."""
    return 1 if int(value18[16]) % 2 else 2


def area_of(value18: str) -> str:
    """Return the six-digit code of the county that issued the number."""
    return value18[:6]


def issuing_area(value18: str, on: date, lookup: Callable[[str, date], str | None]) -> str | None:
    """Return what ``lookup(code6, on)`` says about the issuing county as of a date, such as its name then, or None."""
    return lookup(area_of(value18), on)


def uscc_is_valid(text: str) -> bool:
    """Return whether a text is a well-formed 统一社会信用代码 with a right check character.

    Eighteen half-width characters and nothing between them: one entity has one spelling, since the code is a key.
    """
    return _USCC.fullmatch(text) is not None and bool(uscc.is_valid(text))

"""Calendar dates: reading them from files, months, ages and day numbers. A birth date is a date, never an instant."""

from __future__ import annotations

import calendar
import re
from datetime import date

from shouwang.lib.halfwidth import excerpt, to_halfwidth

EARLIEST_YEAR = 1850
"""Older dates in a register are typing errors; 9999-12-31 stays readable because departments write it for 长期."""

_EPOCH = date(1970, 1, 1).toordinal()
_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))",
    re.ASCII,
)
_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2})|/(\d{1,2})|\.(\d{1,2})|年(\d{1,2})月(?:份)?|(\d{2}))", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)


class DateError(ValueError):
    """A date that cannot be read; the message is the Chinese reason."""


def parse_date(text: str) -> date:
    """Read 2024-1-2, 2024/1/2, 2024.1.2, 2024年1月2日 or 20240102 (full-width digits too); raises ``DateError``.

    Day-first or month-first forms and Excel serial numbers are refused: their meaning would be a guess.
    """
    plain = to_halfwidth(text).strip()
    if not plain:
        raise DateError("日期为空")
    if _SERIAL.fullmatch(plain):
        raise DateError(f"日期“{excerpt(text)}”像是表格软件的序列号，请把该列设为日期格式后重新导出")
    found = _DAY.fullmatch(plain)
    if found is None:
        raise DateError(f"日期“{excerpt(text)}”的写法无法识别，请写成 2024-01-02 的形式")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    return _checked(text, year, month, day)


def parse_month(text: str) -> date:
    """Read 2026-09, 2026/9, 2026.9, 2026年9月 or 202609 as the first day of that month; raises ``DateError``."""
    plain = to_halfwidth(text).strip()
    if not plain:
        raise DateError("月份为空")
    found = _MONTH.fullmatch(plain)
    if found is None:
        raise DateError(f"月份“{excerpt(text)}”的写法无法识别，请写成 2026-09 的形式")
    year, month = (int(part) for part in found.groups() if part is not None)
    return _checked(text, year, month, 1)


def _checked(text: str, year: int, month: int, day: int) -> date:
    if year < EARLIEST_YEAR:
        raise DateError(f"日期“{excerpt(text)}”早于 {EARLIEST_YEAR} 年")
    try:
        return date(year, month, day)
    except ValueError:
        raise DateError(f"日期“{excerpt(text)}”在日历上不存在") from None


def month_start(day: date) -> date:
    """Return the first day of the month of ``day``."""
    return day.replace(day=1)


def add_months(day: date, months: int) -> date:
    """Move by whole months; where the target month is shorter, its last day (民法典 第二百零二条)."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, calendar.monthrange(year, month0 + 1)[1]))


def birthday_in(birth: date, year: int) -> date:
    """Return the birthday in ``year``; someone born on 29 February has it on 28 February of a common year."""
    if birth.month == 2 and birth.day == 29 and not calendar.isleap(year):
        return date(year, 2, 28)
    return birth.replace(year=year)


def age_on(birth: date, on: date) -> int:
    """Return the age in full years (周岁) on a day, reached on the birthday itself; negative before birth."""
    return on.year - birth.year - (on < birthday_in(birth, on.year))


def day_number(day: date) -> int:
    """Return days since 1970-01-01, the form dates take in columns."""
    return day.toordinal() - _EPOCH


def date_of(number: int) -> date:
    """Return the date of a day number; raises ``DateError`` outside the years 1 to 9999."""
    try:
        return date.fromordinal(number + _EPOCH)
    except (ValueError, OverflowError):
        raise DateError(f"日数 {number} 超出日历范围") from None

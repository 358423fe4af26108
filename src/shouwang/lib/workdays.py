"""Working days: weekends, holidays and adjusted days as the State Council publishes them; never guessed."""

from __future__ import annotations

import csv
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar

from shouwang.lib.dates import DateError, parse_date

_VERDICTS = {"day_off": False, "working_day": True}


class CalendarNotPublished(Exception):
    """The holiday arrangement of a year is not known; ``year`` names it and the message is Chinese."""

    def __init__(self, year: int) -> None:
        super().__init__(f"{year} 年节假日安排尚未发布（或不在资料范围内），请在发布后导入该年安排，期限暂不能计算")
        self.year = year


class CalendarFileError(ValueError):
    """An imported arrangement that cannot be trusted; the message is Chinese and names the line."""


class WorkCalendar:
    """The published calendar, by default what ``chinesecalendar`` knows (2004–2026), plus imported years.

    ``adjusted`` holds the days that differ from 'Monday to Friday works': True a working day, False a day off.
    """

    def __init__(self, adjusted: dict[date, bool] | None = None, imported_years: frozenset[int] = frozenset()) -> None:
        self._adjusted = dict(adjusted or {})
        self._imported = imported_years

    def extended(self, csv_path: Path) -> WorkCalendar:
        """Return a calendar that also knows the years of a file (``date,verdict,festival,in_lieu``).

        A year counts as arranged when its 1 January stands in the file as a day off; its notice may also adjust days of
        the December before. An imported year replaces the built-in one. Raises ``CalendarFileError``.
        """
        days = _read_arrangement(csv_path)
        years = frozenset(day.year for day, works in days.items() if (day.month, day.day, works) == (1, 1, False))
        stray = [day for day in days if day.year not in years and not (day.month == 12 and day.year + 1 in years)]
        if stray:
            raise CalendarFileError(f"{min(stray).year} 年没有 1 月 1 日放假的记录，该年安排不完整，未导入")
        if not years:
            raise CalendarFileError("文件中没有任何一年的放假安排")
        kept = {day: works for day, works in self._adjusted.items() if day.year not in years}
        return WorkCalendar(kept | days, self._imported | years)

    def is_working_day(self, day: date) -> bool:
        """Return whether offices work on a day; raises ``CalendarNotPublished`` for a year nobody arranged yet."""
        if day in self._adjusted:
            return self._adjusted[day]
        if day.year in self._imported:
            return day.weekday() < 5
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            raise CalendarNotPublished(day.year) from None

    def add_working_days(self, day: date, n: int, passed_over: Collection[date] = ()) -> date:
        """Return the ``n``-th working day after ``day``, which itself is not counted (民法典 第二百零一条).

        ``n`` = 0 returns ``day``; the days ``passed_over`` do not count. Raises ``CalendarNotPublished`` if the count runs into a year not arranged yet.
        """
        if n < 0:
            raise ValueError("工作日数不能为负")
        while n:
            day += timedelta(days=1)
            n -= day not in passed_over and self.is_working_day(day)
        return day


def _read_arrangement(csv_path: Path) -> dict[date, bool]:
    try:
        return _read_days(csv_path)
    except OSError as error:
        raise CalendarFileError("节假日文件不存在或没有读取权限") from error
    except UnicodeDecodeError as error:
        raise CalendarFileError("节假日文件不是 UTF-8 编码，请另存为 UTF-8 后再导入") from error
    except csv.Error as error:
        raise CalendarFileError("节假日文件不是规范的 CSV") from error


def _read_days(csv_path: Path) -> dict[date, bool]:
    with Path(csv_path).open(encoding="utf-8-sig", newline="") as source:
        rows = csv.DictReader(source)
        if not {"date", "verdict"} <= set(rows.fieldnames or ()):
            raise CalendarFileError("节假日文件应有 date、verdict 两列")
        days: dict[date, bool] = {}
        for row in rows:
            try:
                day, works = parse_date(row["date"] or ""), _VERDICTS[row["verdict"]]
            except DateError as error:
                raise CalendarFileError(f"第 {rows.line_num} 行不能识别：{error}") from None
            except KeyError:
                known = "、".join(_VERDICTS)
                raise CalendarFileError(f"第 {rows.line_num} 行不能识别：verdict 只能填 {known}") from None
            if days.setdefault(day, works) != works:
                raise CalendarFileError(f"第 {rows.line_num} 行：{day.isoformat()} 前后两次说法不同")
    return days

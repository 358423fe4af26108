"""The limits themselves, and the day on which one ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from shouwang.lib.dates import add_months
from shouwang.lib.workdays import WorkCalendar
from shouwang.rules.clocks.dated import LOCAL, ClockError, Table, nearest, read_table

MONTHS_A_YEAR = 12
KINDS = {"working": "个工作日", "calendar": "日", "month": "个月", "year": "年"}
SENSES = {"within": "{}内", "lasts": "{}", "every": "每{}至少一次", "ahead": "提前{}"}
Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Clock:
    """``length`` working days, calendar days, months or years for the step ``key``.

    ``starts`` the day it counts from and ``by`` whose duty it is, in Chinese. ``sense``: "within" (done by then),
    "lasts" (a notice or a recognition runs so long), "every" (again by then), "ahead" (so long before).
    ``excludes``: the steps whose days do not count. ``cites`` "source_key:article", or "local" for an area's own setting.
    """

    key: str
    label: str
    length: int
    kind: str
    cites: str
    starts: str = ""
    by: str = ""
    sense: str = "within"
    excludes: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether no published text fixes the length."""
        return self.cites.partition(":")[0] == LOCAL

    @property
    def text(self) -> str:
        """For a screen: 3个工作日, 7日, 3个月, 5年."""
        return f"{self.length}{KINDS[self.kind]}"

    @property
    def sentence(self) -> str:
        """For a screen: 受理之日起30日内, 每5年至少一次."""
        said = SENSES[self.sense].format(self.text)
        return f"{self.starts}起{said}" if self.sense in ("within", "lasts") and self.starts else said


def clock(key: str, area_code: str, as_of: date) -> Clock:
    """The clock in force for a step in a division on a day; the nearest division that sets one wins.

    Raises ClockError (中文) for an unknown key, or when none is in force on the day.
    """
    entries = clocks().get(key)
    if entries is None:
        raise ClockError(f"没有名为“{key}”的办理时限")
    return nearest(entries, entries[0].value.label, area_code, as_of)


def deadline(
    limit: Clock, start: date, calendar: WorkCalendar | None = None, steps: Mapping[str, Span] | None = None
) -> date:
    """The last day in time; for "ahead" the last day before ``start``, and ``start`` itself is never counted (民法典 第201条).

    Months and years end on the day of the same number, or the month's last (第202条). A calendar deadline stays where it
    falls, also on a holiday: the stricter reading. ``steps``: first and last day of the steps so far by key; the days of
    those the clock excludes are passed over. Raises ``CalendarNotPublished`` rather than guess a year's holidays.
    """
    if limit.kind == "month":
        return add_months(start, limit.length)
    if limit.kind == "year":
        return add_months(start, limit.length * MONTHS_A_YEAR)
    if limit.sense == "ahead":
        return start - timedelta(days=limit.length)
    passed_over = _days_of(limit, steps or {})
    if limit.kind == "working":
        return (calendar or WorkCalendar()).add_working_days(start, limit.length, passed_over)
    day, left = start, limit.length
    while left:
        day += timedelta(days=1)
        left -= day not in passed_over
    return day


def _days_of(limit: Clock, steps: Mapping[str, Span]) -> frozenset[date]:
    spans = [steps[key] for key in limit.excludes if key in steps]
    return frozenset(first + timedelta(days=n) for first, last in spans for n in range((last - first).days + 1))


@cache
def clocks() -> Table[Clock]:
    """Every dated entry by key. Raises ValueError for a file that does not hold together."""
    table = read_table("clocks.yaml", _made)
    unknown = {
        step for entries in table.values() for each in entries for step in each.value.excludes if step not in table
    }
    if unknown:
        raise ValueError(f"clocks.yaml: excludes names no step: {sorted(unknown)}")
    return table


def _made(key: str, fields: dict[str, Any], each: dict[str, Any]) -> Clock:
    sense, excludes = str(fields.get("sense", "within")), tuple(each.pop("excludes", ()))
    length, kind, cites = each.pop("length"), str(each.pop("kind")), str(each.pop("cites"))
    if each or set(fields) - {"label", "starts", "by", "sense"}:
        raise ValueError(f"unknown fields {sorted(each) or sorted(fields)}")
    if not isinstance(length, int) or length < 1 or kind not in KINDS or sense not in SENSES:
        raise ValueError("length, kind or sense is wrong")
    if (excludes and kind not in ("working", "calendar")) or (sense == "ahead" and kind != "calendar"):
        raise ValueError(f"{sense} {kind} cannot be counted with {excludes}")
    return Clock(key, str(fields["label"]), length, kind, cites, fields["starts"], fields["by"], sense, excludes)

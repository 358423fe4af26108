"""The periods deliveries are about (所属期: a month ``2026-09`` or a year ``2026``), and the spans of time folds look back over."""

from __future__ import annotations

from datetime import date, timedelta

from shouwang.lib.dates import add_months, month_start

SCHOOL_YEAR_MONTH = 9
MONTHS_HEARD = {"monthly": 2, "quarterly": 4, "yearly": 13, "event": 13}
"""How many months a feed's newest period still speaks for, the month (or year) itself included."""
LAST_YEAR = 9997
"""The last year of which a period may be: of a later one it would be asked whether it speaks after the calendar's end."""


def period_start(period: str) -> date:
    """The first day of a period."""
    return date(int(period[:4]), int(period[5:7]) if len(period) > 4 else 1, 1)


def period_end(period: str) -> date:
    """The first day after a period."""
    return add_months(period_start(period), 1 if len(period) > 4 else 12)


def is_fresh(period: str, cadence: str, as_of: date) -> bool:
    """Whether a delivery of this period still speaks for a day: a monthly feed for its month and the next."""
    return period_start(period) <= as_of < add_months(period_end(period), MONTHS_HEARD[cadence] - 1)


def calendar_year_start(as_of: date) -> date:
    """1 January of the year."""
    return as_of.replace(month=1, day=1)


def school_year_start(as_of: date) -> date:
    """The last 1 September on or before the day."""
    return date(as_of.year if as_of.month >= SCHOOL_YEAR_MONTH else as_of.year - 1, SCHOOL_YEAR_MONTH, 1)


def last_full_months(as_of: date, months: int) -> tuple[date, date]:
    """First day and day after the last of the latest ``months`` full calendar months.

    A month is full when its last day is not after ``as_of``: on 31 October, October is the last full month.
    """
    after = month_start(as_of + timedelta(days=1))
    return add_months(after, -months), after

"""The spans of time folds look back over, seen from a day."""

from __future__ import annotations

from datetime import date, timedelta

from shouwang.lib.dates import add_months, month_start

SCHOOL_YEAR_MONTH = 9


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

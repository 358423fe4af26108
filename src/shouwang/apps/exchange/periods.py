"""The period a delivery is about (所属期): a month ``2026-09`` or a year ``2026``."""

from __future__ import annotations

from datetime import date

from shouwang.lib.dates import add_months

# How many months a feed's newest period still speaks for, the month (or year) itself included.
_REACH = {"monthly": 2, "quarterly": 4, "yearly": 13, "event": 13}


def period_start(period: str) -> date:
    """Return the first day of a period."""
    return date(int(period[:4]), int(period[5:7]) if len(period) > 4 else 1, 1)


def period_end(period: str) -> date:
    """Return the first day after a period."""
    return add_months(period_start(period), 1 if len(period) > 4 else 12)


def is_fresh(period: str, cadence: str, as_of: date) -> bool:
    """Say whether a delivery of this period still speaks for a day: a monthly feed for its month and the next."""
    return period_start(period) <= as_of < add_months(period_end(period), _REACH[cadence] - 1)


def school_year_start(day: date) -> date:
    """Return the 1 September on or before a day."""
    return date(day.year if day.month >= 9 else day.year - 1, 9, 1)

"""办理时限: how long each step may take, from when a benefit runs, what share must be checked; where and since when.

The only place where such numbers live: a procedure names a key, never a number of days.
"""

from __future__ import annotations

from shouwang.rules.clocks.dated import ClockError
from shouwang.rules.clocks.first_month import Start, back_months, first_month, starts
from shouwang.rules.clocks.limits import Clock, clock, clocks, deadline
from shouwang.rules.clocks.shares import Share, share, shares

__all__ = [
    "Clock",
    "ClockError",
    "Share",
    "Start",
    "back_months",
    "clock",
    "clocks",
    "deadline",
    "first_month",
    "share",
    "shares",
    "starts",
]

"""The only reader of the clock. Beijing time everywhere; a demo or a test may pin the day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_pinned: date | None = None


def pin(day: date | None) -> None:
    """Fix the date of the whole process, or let it run again with None; the time of day keeps running."""
    global _pinned  # noqa: PLW0603 the one place where the process keeps its day
    _pinned = day


@contextmanager
def pinned(day: date) -> Iterator[None]:
    """Fix the date for a block and restore what was before."""
    before = _pinned
    pin(day)
    try:
        yield
    finally:
        pin(before)


def now() -> datetime:
    """Return the present moment with its zone (Asia/Shanghai)."""
    moment = datetime.now(SHANGHAI)
    return moment if _pinned is None else datetime.combine(_pinned, moment.timetz())


def today() -> date:
    """Return today's date in Beijing, whatever the zone of the server."""
    return now().date()

"""When a step is due: the clock of the state, in working days where the clock says so, over the published calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from shouwang.apps.monitoring.states import DUTIES, OPEN, PROACTIVE_REPORT
from shouwang.lib.workdays import CalendarNotPublished, WorkCalendar
from shouwang.rules.clocks import Clock, clock, deadline

NOT_PUBLISHED = "该年节假日安排尚未发布，期限待定"
PROACTIVE_CLOCK = "monitoring.proactive_triage"


@dataclass(frozen=True)
class Deadline:
    """``due_on`` is the last day in time; None where the calendar of that year is not published yet."""

    clock_from: date
    due_on: date | None

    def columns(self) -> dict[str, date | None]:
        """The alert's columns for a clock that starts anew."""
        return {
            "clock_from": self.clock_from,
            "due_on": self.due_on,
            "escalate_after": self.due_on,
            "escalated_on": None,
        }


def clock_of(rule: str, state: str, area_code: str, as_of: date) -> Clock:
    """Return the clock that runs for an alert of a rule in a state of its handling."""
    key = PROACTIVE_CLOCK if (rule, state) == (PROACTIVE_REPORT, OPEN) else DUTIES[state].clock
    return clock(key, area_code, as_of)


def deadline_of(rule: str, state: str, area_code: str, start: date) -> Deadline:
    """Return the deadline of a step whose clock starts on a day; the day itself is not counted."""
    running = clock_of(rule, state, area_code, start)
    try:
        return Deadline(start, deadline(running, start, calendar()))
    except CalendarNotPublished:
        return Deadline(start, None)


def calendar() -> WorkCalendar:
    """Return the published calendar, with the years the office imported as ``workdays.csv`` in the data folder."""
    imported = Path(settings.DATA_DIR) / "workdays.csv"
    return _calendar(str(imported), imported.stat().st_mtime_ns if imported.exists() else 0)


@lru_cache(maxsize=4)
def _calendar(imported: str, changed: int) -> WorkCalendar:
    published = WorkCalendar()
    return published.extended(Path(imported)) if changed else published

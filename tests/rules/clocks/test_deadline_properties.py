"""Whatever the clock: a later start is never due earlier, and days passed over only lengthen."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.lib.workdays import WorkCalendar
from shouwang.rules.clocks import Clock, clocks, deadline

CALENDAR = WorkCalendar()
LIMITS = [each.value for entries in clocks().values() for each in entries]
EXCLUDING = [limit for limit in LIMITS if limit.excludes]

limits = st.sampled_from(LIMITS)
days = st.dates(date(2012, 1, 1), date(2026, 6, 30))
few = st.integers(0, 20)


@given(limits, days, st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_deadlines_are_monotone_in_the_start(limit: Clock, start: date, later: int) -> None:
    assert deadline(limit, start, CALENDAR) <= deadline(limit, start + timedelta(days=later), CALENDAR)


@given(limits, days)
@settings(max_examples=200, deadline=None)
def test_a_deadline_lies_after_its_start_and_working_days_are_never_shorter(limit: Clock, start: date) -> None:
    due = deadline(limit, start, CALENDAR)
    assert due < start if limit.sense == "ahead" else due > start
    if limit.kind == "working":
        assert CALENDAR.is_working_day(due)
        assert due >= start + timedelta(days=limit.length)


@given(st.sampled_from(EXCLUDING), days, few, few)
@settings(max_examples=100, deadline=None)
def test_excluded_days_are_given_back_one_for_one(limit: Clock, start: date, wait: int, length: int) -> None:
    first = start + timedelta(days=wait + 1)
    span = (first, first + timedelta(days=length))
    plain = deadline(limit, start, CALENDAR)
    got = deadline(limit, start, CALENDAR, {limit.excludes[0]: span, "another.step": (start, plain)})
    inside = (got - start).days - limit.length
    assert got >= plain
    assert inside == sum(first <= start + timedelta(days=n) <= span[1] for n in range(1, (got - start).days + 1))

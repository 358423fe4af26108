"""The one reader of the clock."""

from __future__ import annotations

from datetime import date, timedelta

from shouwang.lib import clock


def test_now_is_beijing_time() -> None:
    assert clock.now().utcoffset() == timedelta(hours=8)


def test_pinned_day_is_kept_and_let_go() -> None:
    with clock.pinned(date(2026, 11, 2)):
        assert clock.today() == clock.now().date() == date(2026, 11, 2)
        with clock.pinned(date(2031, 1, 1)):
            assert clock.today() == date(2031, 1, 1)
        assert clock.today() == date(2026, 11, 2)

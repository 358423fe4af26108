"""Dates as departments write them, ages and months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shouwang.lib.dates import (
    DateError,
    add_months,
    age_on,
    birthday_in,
    date_of,
    day_number,
    month_start,
    parse_date,
    parse_month,
)

DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "2024-1-2",
        "2024-01-02",
        "2024/1/2",
        "2024.1.2",
        "2024年1月2日",
        "20240102",
        "２０２４－０１－０２",
        " 2024-1-2 ",
    ],
)
def test_day_as_departments_write_it_is_read(text: str) -> None:
    assert parse_date(text) == date(2024, 1, 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "为空"),
        ("45293", "序列号"),
        ("13/02/2024", "无法识别"),
        ("2024-1/2", "无法识别"),
        ("2024-13-01", "不存在"),
        ("2023-02-29", "不存在"),
        ("0000-00-00", "早于"),
        ("二〇二四年一月二日", "无法识别"),
    ],
)
def test_day_that_would_be_a_guess_is_refused(text: str, reason: str) -> None:
    with pytest.raises(DateError, match=reason):
        parse_date(text)


@pytest.mark.parametrize("text", ["2026-09", "2026/9", "2026.9", "2026年9月", "2026年09月份", "202609"])
def test_month_as_departments_write_it_is_read(text: str) -> None:
    assert parse_month(text) == date(2026, 9, 1)


def test_month_thirteen_is_refused() -> None:
    with pytest.raises(DateError, match="不存在"):
        parse_month("202613")


@given(DAYS)
def test_day_reads_back_from_every_form(day: date) -> None:
    forms = (day.isoformat(), f"{day.year}年{day.month}月{day.day}日", day.strftime("%Y%m%d"), day.strftime("%Y/%m/%d"))
    assert {parse_date(text) for text in forms} == {day}


@given(DAYS)
def test_day_number_reads_back(day: date) -> None:
    assert date_of(day_number(day)) == day


def test_day_number_counts_from_1970() -> None:
    assert [day_number(date(1970, 1, 1)), day_number(date(2026, 10, 31))] == [0, 20757]


def test_day_number_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(DateError, match="超出"):
        date_of(2**62)


@given(DAYS, st.integers(-600, 600))
def test_months_add_up(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day <= day.day
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1


def test_month_end_moves_to_month_end() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert month_start(date(2026, 2, 28)) == date(2026, 2, 1)


@given(DAYS, st.integers(1, 100))
def test_age_steps_on_the_birthday(birth: date, years: int) -> None:
    birthday = birthday_in(birth, birth.year + years)
    assert (age_on(birth, birthday - timedelta(days=1)), age_on(birth, birthday)) == (years - 1, years)


@given(DAYS, DAYS)
def test_age_never_falls(birth: date, on: date) -> None:
    assume(on >= birth)
    assert 0 <= age_on(birth, on) <= age_on(birth, on + timedelta(days=1))


def test_leap_day_child_turns_sixteen_on_28_february_of_a_common_year() -> None:
    born = date(2008, 2, 29)
    assert [age_on(born, date(2025, 2, 27)), age_on(born, date(2025, 2, 28))] == [16, 17]
    assert [age_on(born, date(2024, 2, 28)), age_on(born, date(2024, 2, 29))] == [15, 16]

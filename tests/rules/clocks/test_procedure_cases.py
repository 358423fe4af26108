"""The procedural cases of the handbook, by their number: when something is due, from when it is paid, how many are enough."""

from __future__ import annotations

from datetime import date

import pytest

from shouwang.lib.workdays import CalendarNotPublished
from shouwang.rules.clocks import ClockError, back_months, clock, deadline, first_month, share

COUNTY = "990101000000"
CHONGQING = "500101000000"
ZHEJIANG = "330106000000"


def due(key: str, start: date, area: str = COUNTY, **steps: tuple[date, date]) -> date:
    named = {name.replace("__", "."): span for name, span in steps.items()}
    return deadline(clock(key, area, start), start, steps=named)


@pytest.mark.parametrize(
    ("case", "key", "start", "expected"),
    [
        ("L17 成员死亡", "dibao.member_death", date(2026, 3, 10), date(2026, 6, 10)),
        ("L25 重大变化告知", "dibao.change_report", date(2026, 1, 15), date(2026, 4, 15)),
        ("Q01 界线联检", "boundary.joint_inspection", date(2021, 9, 30), date(2026, 9, 30)),
        ("Q02 街路巷命名备案", "place_names.filing", date(2026, 5, 10), date(2026, 5, 25)),
        ("Q02 街路巷命名公告", "place_names.announcement", date(2026, 5, 10), date(2026, 5, 25)),
        ("Q07 地震募捐补备案", "charity.emergency_filing", date(2026, 7, 1), date(2026, 7, 11)),
        ("Q07 接收情况公开", "charity.emergency_disclosure", date(2026, 7, 11), date(2026, 7, 16)),
        ("Q08 志愿服务记录", "volunteers.record", date(2026, 8, 7), date(2026, 8, 21)),
    ],
)
def test_the_last_day_of_a_published_case(case: str, key: str, start: date, expected: date) -> None:
    assert due(key, start) == expected, case


def test_l25_four_months_without_a_word_are_late_and_three_are_not() -> None:
    last = due("dibao.change_report", date(2026, 1, 15))
    assert date(2026, 4, 15) <= last < date(2026, 4, 16) <= date(2026, 5, 15)


def test_l20_dibao_confirmed_in_may_is_paid_from_june() -> None:
    assert first_month("dibao", COUNTY, decided_on=date(2026, 5, 20)) == date(2026, 6, 1)
    assert back_months("dibao", COUNTY, decided_on=date(2026, 5, 20)) == ()
    assert first_month("dibao", COUNTY, decided_on=date(2026, 12, 31)) == date(2027, 1, 1)


def test_chongqing_pays_from_the_month_of_the_decision() -> None:
    assert first_month("dibao", CHONGQING, decided_on=date(2026, 5, 20)) == date(2026, 5, 1)


def test_c08_disability_subsidies_run_from_the_month_of_the_application() -> None:
    days = {"decided_on": date(2026, 4, 10), "applied_on": date(2026, 3, 25)}
    assert first_month("disability_subsidies", COUNTY, **days) == date(2026, 3, 1)
    assert back_months("disability_subsidies", COUNTY, **days) == (date(2026, 3, 1),)
    with pytest.raises(ClockError, match="缺少申请日期"):
        first_month("disability_subsidies", COUNTY, decided_on=date(2026, 4, 10))


@pytest.mark.parametrize("scheme", ["tekun", "tekun_termination", "unsupported_child"])
def test_the_other_schemes_begin_with_the_month_after(scheme: str) -> None:
    assert first_month(scheme, COUNTY, decided_on=date(2026, 1, 31)) == date(2026, 2, 1)


def test_a_stop_that_only_one_city_fixes_is_not_lent_to_others() -> None:
    died = date(2026, 3, 9)
    assert first_month("disability_subsidies_stop", "430400000000", decided_on=died) == date(2026, 4, 1)
    with pytest.raises(ClockError, match="没有施行"):
        first_month("disability_subsidies_stop", COUNTY, decided_on=died)


def test_t14_of_a_hundred_confirmations_thirty_are_checked() -> None:
    needed = share("tekun.random_check", COUNTY, date(2026, 6, 30))
    assert (needed.text, needed.least(100), needed.least(101), needed.least(0)) == ("不低于30%", 30, 31, 0)
    assert needed.met(30, 100)
    assert not needed.met(29, 100)


def test_g05_a_monthly_rate_of_98_percent_misses_the_target() -> None:
    needed = share("visits.monthly", COUNTY, date(2026, 6, 30))
    assert not needed.met(196, 200)
    assert needed.met(200, 200)
    assert needed.least(200) - 196 == 4


def test_chongqing_counts_thirty_calendar_days_without_appraisal_and_publicity() -> None:
    accepted = date(2026, 3, 2)
    assert due("dibao.total", accepted, CHONGQING) == date(2026, 4, 1)
    appraisal, publicity = (date(2026, 3, 10), date(2026, 3, 11)), (date(2026, 3, 16), date(2026, 3, 22))
    late = due("dibao.total", accepted, CHONGQING, dibao__appraisal=appraisal, dibao__publicity=publicity)
    assert late == date(2026, 4, 10)
    assert due("dibao.republicity", date(2026, 4, 10), CHONGQING) == date(2026, 4, 13)


def test_nationwide_the_public_notice_runs_within_the_thirty_working_days() -> None:
    accepted, publicity = date(2026, 3, 2), (date(2026, 3, 16), date(2026, 3, 22))
    assert due("dibao.total", accepted, dibao__publicity=publicity) == due("dibao.total", accepted)


def test_zhejiang_gives_the_township_fifteen_days_and_the_county_five() -> None:
    assert clock("dibao.township_opinion", ZHEJIANG, date(2026, 3, 2)).text == "15个工作日"
    assert clock("dibao.publicity", ZHEJIANG, date(2026, 3, 2)).text == "7日"
    assert clock("dibao.review_confirm", ZHEJIANG, date(2026, 3, 2)).text == "5个工作日"
    assert clock("complaints.handle", ZHEJIANG, date(2026, 3, 2)).text == "15日"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("dibao.total", "30个工作日"),
        ("dibao.total_delegated", "20个工作日"),
        ("dibao.total_special", "45个工作日"),
        ("tekun.investigate", "15个工作日"),
        ("tekun.publicity", "7日"),
        ("tekun.confirm", "15个工作日"),
        ("tekun.self_care_review", "10个工作日"),
        ("rigid.total", "30个工作日"),
        ("rigid.total_special", "45个工作日"),
        ("rigid.validity", "12个月"),
        ("children.township", "15个工作日"),
        ("children.county", "15个工作日"),
        ("disclosure.publish", "20个工作日"),
        ("divisions.change", "12个月"),
        ("divisions.change_extension", "6个月"),
    ],
)
def test_the_lengths_of_the_law(key: str, text: str) -> None:
    assert clock(key, COUNTY, date(2026, 6, 30)).text == text


def test_a_plan_is_filed_ten_days_before_it_begins() -> None:
    limit = clock("charity.plan_filing", COUNTY, date(2026, 7, 1))
    assert (deadline(limit, date(2026, 7, 1)), limit.sentence) == (date(2026, 6, 21), "提前10日")


def test_months_end_on_the_last_day_of_a_shorter_month() -> None:
    assert due("dibao.member_death", date(2025, 11, 30)) == date(2026, 2, 28)
    assert due("boundary.joint_inspection", date(2024, 2, 29)) == date(2029, 2, 28)


def test_a_year_whose_holidays_nobody_published_is_not_guessed() -> None:
    with pytest.raises(CalendarNotPublished):
        due("dibao.total", date(2026, 12, 1))
    assert due("dibao.member_death", date(2026, 12, 1)) == date(2027, 3, 1)

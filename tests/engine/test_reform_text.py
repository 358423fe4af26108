"""A reform as people write it: read exactly, refused in Chinese, stored and said again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouwang.engine.reform import Change, Reform, ReformError, Version
from shouwang.engine.reform_text import (
    as_data,
    change_from_text,
    from_data,
    in_words,
    text_of_amount,
    value_from_text,
    version_from_text,
    versions_to_choose,
)
from shouwang.lib.ratio import PARTS

AREA = "970100000000"


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("bread_line=600元/年", Change("bread_line", AREA, 60_000, "person-year")),
        ("bread_line=50.5/月", Change("bread_line", AREA, 5_050, "person-month")),
        ("月饼线（每人每年）＝600元/年", Change("bread_line", AREA, 60_000, "person-year")),
        ("bread_line=+10%", Change("bread_line", AREA, parts=PARTS * 11 // 10)),
        ("bread_line=-0.5%", Change("bread_line", AREA, parts=PARTS * 995 // 1000)),
        ("elder_age=55", Change("elder_age", AREA, 55, "count")),
        ("notice_days=60天", Change("notice_days", AREA, 60, "days")),
        ("line_included=否", Change("line_included", AREA, 0, "bool")),
        ("seed_cost=2.5", Change("seed_cost", AREA, 250, "fen")),
    ],
)
def test_values_are_read_in_the_parameters_own_unit(toyland, text, change):
    assert change_from_text(toyland, AREA, text) == change


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bread_line", "应写成 参数=值"),
        ("no_such=1", "没有名为“no_such”的参数"),
        ("bread_line=600", "应写明期间"),
        ("bread_line=600/天", "应写 /月 或 /年"),
        ("bread_line=600.001/年", "细于一分钱"),
        ("bread_line=六百/年", "不是数字"),
        ("bread_line=-150%", "超出范围"),
        ("bread_line=+9999%", "超出范围"),
        ("bread_line=+99999%", "应写明期间"),
        ("line_included=也许", "应写 是 或 否"),
        ("elder_age=5.5", "整数"),
        ("seed_cost=1/月", "期间应写"),
    ],
)
def test_what_cannot_be_read_is_refused_in_chinese(toyland, text, said):
    with pytest.raises(ReformError, match=said):
        change_from_text(toyland, AREA, text)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("net_harvest@2030-01-01", Version("net_harvest", date(2030, 1, 1))),
        ("净收成@2030年1月1日", Version("net_harvest", date(2030, 1, 1))),
        ("bread_eligible@2031-07-01@970200", Version("bread_eligible", date(2031, 7, 1), "970200000000")),
    ],
)
def test_versions_are_read(toyland, text, version):
    assert version_from_text(toyland, text) == version


@pytest.mark.parametrize(
    "text", ["net_harvest", "net_harvest@", "net_harvest@2030", "net_harvest@2030-01-01@97x", "x@2030-01-01"]
)
def test_versions_that_cannot_be_read_are_refused(toyland, text):
    with pytest.raises(ReformError):
        version_from_text(toyland, text)


def test_reform_is_stored_and_said_again(toyland):
    reform = Reform(
        (Change("bread_line", AREA, 60_000, "person-year"), Change("elder_age", AREA, parts=PARTS * 9 // 10)),
        (Version("bread_eligible", date(2031, 7, 1), "970200000000"),),
    )
    assert from_data(as_data(reform)) == reform
    assert in_words(toyland, reform, lambda code: {"970100000000": "甲市"}.get(code, "乙市")) == [
        "甲市“月饼线（每人每年）”改为 600.00元/年",
        "甲市“老人年龄”降低 10%",
        "规则“可以领月饼”按乙市的 2031-07-01 起施行的版本",
    ]


def test_only_rules_with_several_versions_can_be_chosen(toyland):
    assert {each.name for each in versions_to_choose(toyland)} == {"net_harvest", "bread_eligible"}


@given(value=st.integers(1, 10**11), per=st.sampled_from(("person-month", "person-year")))
def test_an_amount_written_is_read_back(toyland, value, per):
    written = text_of_amount(toyland.parameter_specs["bread_line"], value, per)
    read = value_from_text(toyland, AREA, "bread_line", written)
    assert (read.value, read.per) == (value, per)

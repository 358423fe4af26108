"""一户一档: one page says who, what is known from whom since when, what is warned, what the law says and what is received."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from shouwang.apps.audit.models import Event
from shouwang.apps.registry.models import Household, Person
from shouwang.apps.registry.services import move_person
from tests.cast import Cast, id_number, signed_in

pytestmark = pytest.mark.django_db


def page(client: Client, household: Household) -> str:
    answer = client.get(f"/households/{household.uuid}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_page_tells_who_lives_there(cast: Cast, household: Household) -> None:
    text = page(signed_in(cast.zhen), household)
    for shown in ("陈守田", "陈小禾", "户主", "56 岁", "12 岁", "990101********", "139****5678", "低保对象"):
        assert shown in text
    assert "别村人" not in text


def test_page_never_carries_a_whole_identity_number_or_phone(cast: Cast, household: Household) -> None:
    text = page(signed_in(cast.zhen), household)
    assert id_number(1) not in text
    assert "13912345678" not in text


def test_sources_that_differ_stand_side_by_side(cast: Cast, household: Household) -> None:
    text = page(signed_in(cast.zhen), household)
    for shown in ("6,000.00元", "9,000.00元", "花名册申报", "经办员核实", "电话核实", "来源不一致", "2026-09-01"):
        assert shown in text


def test_codes_and_days_are_in_words(cast: Cast, household: Household) -> None:
    text = page(signed_in(cast.zhen), household)
    for shown in ("残疾等级", "一级", "肢体残疾", "2026-10-20 起", "残疾人证"):
        assert shown in text


def test_received_help_adds_up_the_latest_three_months(cast: Cast, household: Household) -> None:
    received = dict(signed_in(cast.zhen).get(f"/households/{household.uuid}/").context["file"].received)
    assert received["低保对象"] == "陈守田，自 2025-03-01 起"
    assert received["2026年10月发放"] == "合计 450.00元（陈守田 低保 450.00元）"
    assert "2026年07月发放" not in received


def test_what_is_not_known_makes_the_law_unable_to_tell_and_says_what_lacks(cast: Cast, household: Household) -> None:
    file = signed_in(cast.zhen).get(f"/households/{household.uuid}/").context["file"]
    answer = next(reason for reason in file.reasons if reason.label == "最低生活保障")
    assert (answer.verdict, answer.value) == ("unknown", "暂无法判断")
    assert answer.missing
    assert "暂无法判断" in page(signed_in(cast.zhen), household)


def test_history_runs_from_the_newest(cast: Cast, household: Household) -> None:
    moments = signed_in(cast.zhen).get(f"/households/{household.uuid}/").context["file"].moments
    days = [moment.day for moment in moments]
    assert days == sorted(days, reverse=True)
    titles = {moment.title for moment in moments}
    assert {"陈守田纳入低保对象", "陈守田：残疾等级 一级", "陈小禾（子）登记在本户"} <= titles


@pytest.mark.parametrize(
    ("who", "status"), {"cun": 200, "zhen": 200, "xian": 200, "shi": 200, "sheng": 200, "linxiang": 404}.items()
)
def test_page_opens_inside_the_range_only(cast: Cast, household: Household, who: str, status: int) -> None:
    actor = getattr(cast, who)
    answer = signed_in(actor).get(f"/households/{household.uuid}/")
    assert answer.status_code == status
    assert ("陈守田" in answer.content.decode()) == (who in {"cun", "zhen", "xian"})
    looks = Event.objects.filter(verb="view", subject_kind="household", actor_id=actor.user_id)
    assert looks.count() == (1 if status == 200 else 0)


def test_absent_and_foreign_households_give_the_same_page(cast: Cast, household: Household) -> None:
    foreign = signed_in(cast.linxiang).get(f"/households/{household.uuid}/")
    absent = signed_in(cast.linxiang).get("/households/00000000-0000-4000-8000-000000000000/")
    assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)


def test_overseeing_levels_read_masked_names(cast: Cast, household: Household) -> None:
    text = page(signed_in(cast.sheng), household)
    assert "陈**" in text
    assert "陈小禾" not in text
    assert "查看完整号码" not in text


def test_household_whose_people_left_still_opens(cast: Cast, household: Household) -> None:
    for person in Person.objects.filter(memberships__household=household):
        move_person(cast.zhen, person.uuid, None, on=date(2026, 11, 1))
    text = page(signed_in(cast.zhen), household)
    assert "现在没有在册成员" in text
    assert "不再属于本户" in text


def test_page_costs_the_same_reads_for_a_large_household(
    cast: Cast, household: Household, django_assert_max_num_queries
) -> None:
    from tests.cast import member, register

    register(*(member(number, household="H1", relation="99") for number in range(10, 30)))
    client = signed_in(cast.zhen)
    client.get(f"/households/{household.uuid}/")
    with django_assert_max_num_queries(32):
        client.get(f"/households/{household.uuid}/")

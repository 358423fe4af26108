"""Finding a person, and seeing a whole identity number for a reason."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.html import escape

from shouwang.apps.audit.models import Event
from shouwang.apps.registry.models import Household, Person
from tests.cast import Cast, id_number, signed_in

pytestmark = pytest.mark.django_db

SEARCH = "/people/search"


def search(actor: object, text: str, status: int = 200) -> str:
    answer = signed_in(actor).post(SEARCH, {"q": text})
    assert answer.status_code == status
    return answer.content.decode()


def test_clerk_finds_by_identity_number_and_by_name(cast: Cast, household: Household) -> None:
    for text in (id_number(1), "陈守"):
        found = search(cast.zhen, text)
        assert f"/households/{household.uuid}/" in found
        assert "990101********" in found


def test_whole_number_typed_is_not_repeated_to_a_stranger(cast: Cast, household: Household) -> None:
    found = search(cast.linxiang, id_number(1))
    assert "没有查到" in found
    assert "陈守田" not in found


def test_each_search_leaves_one_row_naming_those_shown(cast: Cast, household: Household) -> None:
    search(cast.zhen, "陈", 422)
    assert not Event.objects.filter(verb="search").exists()
    search(cast.zhen, "陈守")
    assert len(Event.objects.get(verb="search").details["uuids"]) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "完整的身份证号"),
        ("  ", "完整的身份证号"),
        ("陈", "至少2个字"),
        ("长" * 100, "最多输入 60 个字"),
        ("陈\x00守", "不能识别的字符"),
        ("陈\u202e守", "至少2个字"),
        (id_number(1)[:17] + ("0" if id_number(1)[17] != "0" else "1"), "校验码"),
    ],
)
def test_empty_and_broken_questions_say_what_to_type(cast: Cast, text: str, told: str) -> None:
    assert told in search(cast.zhen, text, 422)
    assert not Event.objects.filter(verb="search").exists()


def test_what_is_looked_for_is_never_in_an_address(cast: Cast, household: Household) -> None:
    opened = signed_in(cast.zhen).get(SEARCH, {"q": id_number(1)}).content.decode()
    assert "陈守田" not in opened
    assert id_number(1) not in opened
    assert 'method="post"' in opened
    assert not Event.objects.filter(verb="search").exists()


def test_search_from_elsewhere_is_refused(cast: Cast, household: Household) -> None:
    answer = signed_in(cast.zhen, Client(enforce_csrf_checks=True)).post(SEARCH, {"q": "陈守"})
    assert answer.status_code == 403
    assert "陈守田" not in answer.content.decode()


def test_search_shows_markup_as_text(cast: Cast) -> None:
    assert "<script>alert" not in search(cast.zhen, "<script>alert(1)</script>")


def test_reveal_shows_the_number_once_and_keeps_the_reason(cast: Cast, household: Household) -> None:
    person = Person.objects.get(name="陈守田")
    address = f"/people/{person.uuid}/identity"
    browser = signed_in(cast.zhen)
    assert browser.get(address).status_code == 405
    answer = browser.post(address, {"reason": "核对银行卡开户"})
    assert id_number(1) in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert Event.objects.get(verb="identity.reveal").details == {"reason": "核对银行卡开户"}


@pytest.mark.parametrize(
    ("who", "reason", "status"),
    [
        ("zhen", "", 422),
        ("zhen", "看", 422),
        ("zhen", "      ", 422),
        ("zhen", "核\x00对银行卡", 422),
        ("zhen", f"核对 {id_number(1)}", 422),
        ("cun", "核对银行卡", 403),
        ("sheng", "核对银行卡", 403),
        ("linxiang", "核对银行卡", 404),
    ],
)
def test_reveal_is_refused(cast: Cast, household: Household, who: str, reason: str, status: int) -> None:
    person = Person.objects.get(name="陈守田")
    answer = signed_in(getattr(cast, who)).post(f"/people/{person.uuid}/identity", {"reason": reason})
    assert answer.status_code == status
    assert id_number(1) not in answer.content.decode().replace(f'value="{escape(reason)}"', "")
    assert not Event.objects.filter(verb="identity.reveal").exists()


def test_search_costs_the_same_reads_for_many(cast: Cast, django_assert_max_num_queries) -> None:
    from tests.cast import member, register

    register(*(member(number, household=f"M{number}", name=f"周同名{number}") for number in range(1, 55)))
    browser = signed_in(cast.zhen)
    browser.get(SEARCH)
    with django_assert_max_num_queries(14):
        answer = browser.post(SEARCH, {"q": "周同名"})
    assert "只显示前 50 人" in answer.content.decode()

"""Who may look at whom: refusal equals absence, and every look leaves its row."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.audit.models import Event
from shouwang.apps.registry import access
from shouwang.apps.registry.models import Household
from shouwang.apps.registry.services import move_person, record_fact
from tests.cast import NEXT_VILLAGE, OTHER_VILLAGE, VILLAGE, Cast, id_number, member, register

pytestmark = pytest.mark.django_db

HERE = {"cun": True, "zhen": True, "xian": True, "shi": True, "sheng": True, "linxiang": False}


@pytest.mark.parametrize(("who", "sees"), HERE.items())
def test_scope_of_each_level(cast: Cast, who: str, sees: bool) -> None:
    (person,) = register(member(1, area_code=VILLAGE))
    household = Household.objects.get()
    actor = getattr(cast, who)
    for door, uuid in ((access.person_for, person.uuid), (access.household_for, household.uuid)):
        if sees:
            assert door(actor, uuid).uuid == uuid
        else:
            with pytest.raises(access.NotFound):
                door(actor, uuid)
    assert Event.objects.filter(verb="view", actor_id=actor.user_id).count() == (2 if sees else 0)


def test_village_worker_does_not_see_the_next_village(cast: Cast) -> None:
    (person,) = register(member(1, area_code=OTHER_VILLAGE))
    with pytest.raises(access.NotFound):
        access.person_for(cast.cun, person.uuid)


@pytest.mark.parametrize("uuid", ["", "not-a-uuid", "\x00", str(uuid4())])
def test_absent_and_broken_references_are_not_found(cast: Cast, uuid: str) -> None:
    with pytest.raises(access.NotFound):
        access.household_for(cast.xian, uuid)


def test_search_by_identity_number_is_exact_and_scoped(cast: Cast) -> None:
    register(member(1), member(2, household="H2", area_code=NEXT_VILLAGE))
    assert [row.person.name for row in access.search_persons(cast.zhen, f" {id_number(1).lower()} ").rows] == ["测试1"]
    assert access.search_persons(cast.zhen, id_number(2)).rows == []
    assert [row.person.name for row in access.search_persons(cast.linxiang, id_number(2)).rows] == ["测试2"]


def test_search_by_name_is_scoped_and_leaves_one_row_with_everyone_shown(cast: Cast) -> None:
    one, _, _ = register(
        member(1, name="王一民"),
        member(2, household="H2", name="李一民"),
        member(3, household="H3", name="王一民", area_code=NEXT_VILLAGE),
    )
    found = access.search_persons(cast.zhen, "王一")
    assert [(row.person.pk, row.household_number) for row in found.rows] == [(one.id, "H1")]
    event = Event.objects.get(verb="search")
    assert event.details == {"by": "name", "uuids": [str(one.uuid)], "more": False}


def test_search_stops_at_fifty(cast: Cast, django_assert_max_num_queries) -> None:
    register(*(member(number, household=f"H{number}", name=f"陈测{number}") for number in range(1, 56)))
    with django_assert_max_num_queries(6):
        found = access.search_persons(cast.zhen, "陈测")
    assert (len(found.rows), found.more) == (50, True)


@pytest.mark.parametrize("text", ["", "王", "99010119900101", "990101199001010001", "王\x00五", "12345"])
def test_search_for_nonsense_is_refused_and_finds_nobody(cast: Cast, text: str) -> None:
    with pytest.raises(access.SearchRefused):
        access.search_persons(cast.zhen, text)


def test_percent_sign_is_a_character_like_any_other(cast: Cast) -> None:
    register(member(1, name="王一民"))
    assert access.search_persons(cast.zhen, "%%").rows == []


@pytest.mark.parametrize(
    ("who", "may"), {"cun": False, "zhen": True, "xian": True, "shi": False, "sheng": False}.items()
)
def test_whole_identity_number_is_for_clerks(cast: Cast, who: str, may: bool) -> None:
    (person,) = register(member(1))
    if not may:
        with pytest.raises(NotPermitted):
            access.identity_number_for(getattr(cast, who), person.uuid, "核对银行开户信息")
        return
    assert access.identity_number_for(getattr(cast, who), person.uuid, "核对银行开户信息") == id_number(1)
    event = Event.objects.get(verb="identity.reveal")
    assert (event.subject_uuid, event.details) == (str(person.uuid), {"reason": "核对银行开户信息"})


def test_reveal_needs_a_reason_a_scope_and_stops_at_the_days_quota(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    (person,) = register(member(1))
    with pytest.raises(NotPermitted, match="原因"):
        access.identity_number_for(cast.zhen, person.uuid, "  看 ")
    with pytest.raises(access.NotFound):
        access.identity_number_for(cast.linxiang, person.uuid, "核对身份")
    monkeypatch.setattr(access, "REVEALS_A_DAY", 1)
    access.identity_number_for(cast.zhen, person.uuid, "核对身份")
    with pytest.raises(NotPermitted, match="已达"):
        access.identity_number_for(cast.zhen, person.uuid, "核对身份")
    assert Event.objects.filter(verb="identity.reveal").count() == 1


WRITERS = {"cun": False, "zhen": True, "xian": True, "shi": False, "sheng": False}


@pytest.mark.parametrize(("who", "may"), WRITERS.items())
def test_only_clerks_record_facts(cast: Cast, who: str, may: bool) -> None:
    (person,) = register(member(1))
    fact = {"item": "income.wage_year", "value": 900_000, "true_from": date(2026, 10, 1), "person_uuid": person.uuid}
    if may:
        assert record_fact(getattr(cast, who), **fact) == (1, 0, 0)
        assert Event.objects.get(verb="fact.record").subject_uuid == str(person.uuid)
    else:
        with pytest.raises(NotPermitted):
            record_fact(getattr(cast, who), **fact)


@pytest.mark.parametrize("item", ["medical.inpatient_self_paid", "category.dibao"])
def test_clerk_cannot_speak_for_a_department(cast: Cast, item: str) -> None:
    (person,) = register(member(1))
    with pytest.raises(NotPermitted):
        record_fact(cast.zhen, item=item, value=1, true_from=date(2026, 10, 1), person_uuid=person.uuid)


def test_clerk_records_and_moves_only_in_range(cast: Cast) -> None:
    here, there = register(member(1), member(2, household="H2", area_code=NEXT_VILLAGE))
    ours, theirs = (Household.objects.get(number=number).uuid for number in ("H1", "H2"))
    with pytest.raises(access.NotFound):
        record_fact(cast.zhen, item="property.compliant", value=1, true_from=date(2026, 10, 1), household_uuid=theirs)
    for person, home in ((there.uuid, ours), (here.uuid, theirs)):
        with pytest.raises(access.NotFound):
            move_person(cast.zhen, person, home, relation="20", on=date(2026, 10, 1))
    assert Household.objects.get(number="H1").memberships.count() == 1


@pytest.mark.parametrize(("who", "may"), WRITERS.items())
def test_only_clerks_move_people(cast: Cast, who: str, may: bool) -> None:
    person, _ = register(member(1), member(2, household="H2"))
    target = Household.objects.get(number="H2")
    if not may:
        with pytest.raises(NotPermitted):
            move_person(getattr(cast, who), person.uuid, target.uuid, relation="20", on=date(2026, 10, 1))
        return
    for _ in range(2):
        move_person(getattr(cast, who), person.uuid, target.uuid, relation="20", on=date(2026, 10, 1))
    assert target.memberships.filter(known_to__isnull=True).count() == 2
    assert Event.objects.filter(verb="person.move").count() == 1


def test_move_before_the_present_span_is_refused_and_leaving_is_possible(cast: Cast) -> None:
    from shouwang.apps.registry.services import MoveRefused

    (person,) = register(member(1))
    with pytest.raises(MoveRefused):
        move_person(cast.zhen, person.uuid, Household.objects.get().uuid, relation="20", on=date(2025, 1, 1))
    move_person(cast.zhen, person.uuid, None, on=date(2026, 10, 1))
    assert Household.objects.get().memberships.get(known_to__isnull=True).valid_to == date(2026, 10, 1)

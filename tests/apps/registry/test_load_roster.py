"""The roster fills the register once and changes it afterwards, never twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection

from shouwang.apps.audit.models import Event
from shouwang.apps.registry.models import Category, Fact, Household, Membership, Person
from shouwang.apps.registry.sealing import opened_id, opened_phone
from shouwang.apps.registry.services import RosterRow, load_roster
from tests.cast import OTHER_VILLAGE, VILLAGE, at, id_number, member, people_of, register

pytestmark = pytest.mark.django_db

FIRST, LATER = date(2026, 1, 1), date(2026, 7, 1)
MODELS = (Person, Household, Membership, Category, Fact)


def everything() -> list[list[dict[str, Any]]]:
    return [list(model.objects.values().order_by("id")) for model in MODELS]


def load_later(*rows: RosterRow) -> Any:
    return load_roster(rows, delivery=None, known_at=at(LATER), as_of=LATER)


def test_first_roster_fills_register() -> None:
    head, child = register(
        member(1, category="dibao", category_from=date(2025, 3, 1), facts={"income.wage_year": 800_000}),
        member(2, relation="20", born=date(2015, 1, 1), sex=2),
    )
    assert head.household_id == child.household_id
    person = Person.objects.get(pk=child.id)
    assert (person.birth_date, person.sex) == (date(2015, 1, 1), 2)
    assert Category.objects.get().valid_from == date(2025, 3, 1)
    assert Fact.objects.get().value == 800_000
    assert Event.objects.get(verb="roster.load").details["persons_new"] == 2


def test_same_roster_again_changes_nothing() -> None:
    rows = [
        member(1, category="dibao", phone="13900000001", facts={"income.wage_year": 1, "recheck.due": 20_000}),
        member(2, relation="10"),
    ]
    register(*rows)
    before = everything()
    counts = load_later(*rows)
    assert everything() == before
    assert (counts.rows, counts.persons_new, counts.persons_changed, counts.facts_new) == (2, 0, 0, 0)


def test_identity_number_and_phone_are_sealed_to_their_row() -> None:
    one, other = register(member(1, phone="13900000001"), member(2, relation="10"))
    first, second = Person.objects.get(pk=one.id), Person.objects.get(pk=other.id)
    assert (opened_id(first), opened_phone(first), opened_phone(second)) == (id_number(1), "13900000001", "")
    stored = bytes(first.id_cipher) + bytes(first.id_index) + bytes(first.phone_cipher)
    assert id_number(1).encode() not in stored
    assert b"13900000001" not in stored


def test_identity_number_moved_to_another_person_does_not_open() -> None:
    from shouwang.lib.crypto import TamperedError

    one, other = register(member(1), member(2, relation="10"))
    stolen = Person.objects.get(pk=one.id)
    stolen.id_cipher = Person.objects.get(pk=other.id).id_cipher
    with pytest.raises(TamperedError):
        opened_id(stolen)


def test_later_roster_moves_a_person_and_keeps_the_past() -> None:
    (person,) = register(member(1, household="H1"))
    counts = load_later(member(1, household="H2", area_code=OTHER_VILLAGE))
    spans = Membership.objects.filter(person_id=person.id, known_to__isnull=True).order_by("valid_from")
    assert list(spans.values_list("household__number", "valid_from", "valid_to")) == [
        ("H1", FIRST, LATER),
        ("H2", LATER, None),
    ]
    assert counts.memberships_changed == 1
    assert Person.objects.get().area_code == OTHER_VILLAGE


def test_later_roster_ends_a_category_and_begins_another() -> None:
    register(member(1, category="dibao", category_from=date(2025, 3, 1)))
    load_later(member(1, category="tekun", category_from=LATER))
    now = Category.objects.filter(known_to__isnull=True).order_by("valid_from")
    assert list(now.values_list("kind", "valid_from", "valid_to")) == [
        ("dibao", date(2025, 3, 1), LATER),
        ("tekun", LATER, None),
    ]


def test_category_that_ended_by_mistake_can_come_back_with_its_old_day() -> None:
    row = member(1, category="dibao", category_from=date(2025, 3, 1))
    register(row)
    load_later(member(1))
    load_roster([row], delivery=None, known_at=at(date(2026, 8, 1)), as_of=date(2026, 8, 1))
    assert list(Category.objects.filter(known_to__isnull=True).values_list("valid_from", "valid_to")) == [
        (date(2025, 3, 1), None)
    ]


def test_corrected_category_day_replaces_the_old_one() -> None:
    register(member(1, category="dibao", category_from=date(2025, 3, 1)))
    load_later(member(1, category="dibao", category_from=date(2025, 4, 1)))
    assert list(Category.objects.filter(known_to__isnull=True).values_list("valid_from", "valid_to")) == [
        (date(2025, 4, 1), None)
    ]
    assert Category.objects.count() == 2


def test_changed_income_ends_the_old_state_and_begins_a_new_one() -> None:
    register(member(1, facts={"income.wage_year": 100}))
    load_later(member(1, facts={"income.wage_year": 200}))
    now = Fact.objects.filter(known_to__isnull=True).order_by("true_from")
    assert list(now.values_list("value", "true_from", "true_to")) == [(100, FIRST, LATER), (200, LATER, None)]


def test_blank_income_is_unknown_from_then_on_not_zero() -> None:
    register(member(1, facts={"income.wage_year": 100}))
    load_later(member(1))
    assert list(Fact.objects.filter(known_to__isnull=True).values_list("value", "true_to")) == [(100, LATER)]


def test_blank_household_cell_is_no_statement() -> None:
    register(member(1, facts={"property.compliant": 1}))
    load_later(member(1))
    assert list(Fact.objects.filter(known_to__isnull=True).values_list("value", "true_to")) == [(1, None)]


def test_corrected_roster_of_the_same_day_replaces_the_value() -> None:
    register(member(1, facts={"income.wage_year": 100}))
    load_roster([member(1, facts={"income.wage_year": 50})], delivery=None, known_at=at(LATER), as_of=FIRST)
    assert list(Fact.objects.filter(known_to__isnull=True).values_list("value", "true_from", "true_to")) == [
        (50, FIRST, None)
    ]


def test_person_missing_from_a_later_roster_stays_and_is_counted() -> None:
    register(member(1, category="dibao"), member(2, relation="10"))
    assert load_later(member(1, category="dibao")).absent == 1
    assert Membership.objects.filter(valid_to__isnull=True, known_to__isnull=True).count() == 2


def test_person_named_twice_counts_once() -> None:
    counts = load_roster([member(1), member(1, household="H9")], delivery=None, known_at=at(), as_of=FIRST)
    assert (counts.rows, counts.repeated, counts.persons_new) == (2, 1, 1)


def test_older_roster_does_not_undo_a_newer_one() -> None:
    register(member(1, household="H2", facts={"income.wage_year": 200}), as_of=LATER)
    load_roster(
        [member(1, household="H1", facts={"income.wage_year": 100})],
        delivery=None,
        known_at=at(date(2026, 8, 1)),
        as_of=FIRST,
    )
    assert Membership.objects.get(known_to__isnull=True).household.number == "H2"
    assert Fact.objects.get(known_to__isnull=True).value == 200


def test_household_lives_where_its_head_does() -> None:
    register(member(2, relation="10", area_code=OTHER_VILLAGE), member(1, relation="02", area_code=VILLAGE))
    assert Household.objects.get().area_code == VILLAGE


def test_killed_load_run_again_ends_in_the_same_state(monkeypatch: pytest.MonkeyPatch) -> None:
    def county() -> list[RosterRow]:
        return [
            member(
                number,
                household=f"H{number // 3}",
                relation="02" if number % 3 == 0 else "20",
                category="dibao" if number % 5 == 0 else "",
                facts={"income.wage_year": number * 100, "property.compliant": number % 2},
            )
            for number in range(1, 61)
        ]

    def state() -> list[Any]:
        facts = Fact.objects.filter(known_to__isnull=True)
        return [
            sorted(Membership.objects.values_list("person__name", "household__number", "relation", "valid_from")),
            sorted(Category.objects.values_list("person__name", "kind", "valid_from")),
            sorted(facts.values_list("person__name", "household__number", "item", "value", "true_from"), key=repr),
        ]

    monkeypatch.setattr("shouwang.apps.registry.services.roster.paced", lambda rows, most: pieces(rows, 7))

    def dying(rows: list[RosterRow], after: int) -> Iterator[RosterRow]:
        yield from rows[:after]
        raise KeyboardInterrupt

    rows = county()
    for after in random.Random(5).sample(range(1, 60), 4):
        with pytest.raises(KeyboardInterrupt):
            load_roster(dying(rows, after), delivery=None, known_at=at(FIRST), as_of=FIRST)
    register(*rows)
    resumed = state()
    with connection.cursor() as cursor:
        for model in (Fact, Category, Membership, Household, Person):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
    register(*rows)
    assert resumed == state()
    assert len(people_of(rows)) == 60


def pieces(rows: Any, size: int) -> Iterator[list[RosterRow]]:
    batch: list[RosterRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch

"""The roster fills the register once and changes it afterwards, never twice."""

from __future__ import annotations

from datetime import date

import pytest

from shouwang.apps.registry.models import Category, Fact, Membership, Person
from shouwang.apps.registry.services import load_roster
from tests.cast import at, member, register

pytestmark = pytest.mark.django_db

FIRST, LATER = date(2026, 1, 1), date(2026, 7, 1)


def test_first_roster_fills_register() -> None:
    head, child = register(
        member(1, category="dibao", category_from=date(2025, 3, 1), facts={"income.wage_year": 800_000}),
        member(2, relation="20", born=date(2015, 1, 1)),
    )
    assert head.household_id == child.household_id
    person = Person.objects.get(pk=child.id)
    assert (person.birth_date, person.sex) == (date(2015, 1, 1), 1)
    assert Category.objects.get().valid_from == date(2025, 3, 1)
    assert Fact.objects.get().value == 800_000


def test_same_roster_again_changes_nothing() -> None:
    rows = [
        member(1, category="dibao", phone="13900000001", facts={"income.wage_year": 1, "recheck.due": 20_000}),
        member(2, relation="10"),
    ]
    register(*rows)
    before = [list(model.objects.values().order_by("id")) for model in (Person, Membership, Category, Fact)]
    counts = load_roster(rows, delivery=None, known_at=at(LATER), as_of=LATER)
    assert [list(model.objects.values().order_by("id")) for model in (Person, Membership, Category, Fact)] == before
    assert (counts.rows, counts.persons_new, counts.persons_changed, counts.facts_new) == (2, 0, 0, 0)

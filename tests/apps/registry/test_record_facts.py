"""Facts on two time axes: what was true when, and what was known when."""

from __future__ import annotations

import itertools
from datetime import date, datetime
from uuid import UUID, uuid4

import pytest

from shouwang.apps.audit.models import Event
from shouwang.apps.registry.items import UnknownItem
from shouwang.apps.registry.models import Fact
from shouwang.apps.registry.selectors import facts_for_dossier
from shouwang.apps.registry.services import FactCounts, NewFact, record_facts, withdraw_facts
from tests.cast import at, member, register

pytestmark = pytest.mark.django_db

DAY = date(2026, 9, 3)
SEPTEMBER, OCTOBER, NOVEMBER = at(date(2026, 9, 30)), at(date(2026, 10, 31)), at(date(2026, 11, 2))


@pytest.fixture
def person() -> int:
    return register(member(1))[0].id


def inpatient(person: int, value: int, key: str = "", day: date = DAY, detail: str = "") -> NewFact:
    return NewFact(person, None, "medical.inpatient_self_paid", key, value, detail, day, date(2026, 9, 4))


def send(
    *facts: NewFact, delivery: UUID | None = None, known_at: datetime = SEPTEMBER, source: str = "medical"
) -> FactCounts:
    return record_facts(facts, source=source, delivery=delivery or uuid4(), known_at=known_at)


def known(person: int, known_at: datetime | None = None) -> list[int]:
    return sorted(row.value for row in facts_for_dossier(household_id=0, person_ids=[person], known_at=known_at))


def test_new_facts_are_counted_and_kept(person: int) -> None:
    assert send(inpatient(person, 100, "a"), inpatient(person, 200, "b")) == (2, 0, 0)
    assert known(person) == [100, 200]


def test_same_fact_again_changes_nothing(person: int) -> None:
    send(inpatient(person, 100))
    before = list(Fact.objects.values())
    assert send(inpatient(person, 100), known_at=OCTOBER) == (0, 0, 1)
    assert list(Fact.objects.values()) == before


def test_correction_keeps_what_was_believed_before(person: int) -> None:
    send(inpatient(person, 100))
    assert send(inpatient(person, 150), known_at=OCTOBER) == (0, 1, 0)
    assert (known(person), known(person, SEPTEMBER), known(person, OCTOBER)) == ([150], [100], [150])


@pytest.mark.parametrize("change", [{"value": 1}, {"detail": "改"}, {"true_to": None}])
def test_each_part_of_a_fact_can_be_corrected(person: int, change: dict[str, object]) -> None:
    send(inpatient(person, 100))
    assert send(inpatient(person, 100)._replace(**change), known_at=OCTOBER) == (0, 1, 0)


def test_another_source_stands_beside_the_first(person: int) -> None:
    send(inpatient(person, 100))
    assert send(inpatient(person, 999), source="clerk") == (1, 0, 0)
    rows = facts_for_dossier(household_id=0, person_ids=[person])
    assert {(row.source, row.value, row.disputed) for row in rows} == {("medical", 100, True), ("clerk", 999, True)}


def test_household_fact_and_person_fact_are_two_things(person: int) -> None:
    from shouwang.apps.registry.models import Membership

    home = Membership.objects.get(person_id=person).household_id
    fact = NewFact(None, home, "disaster.loss", "", 5000, "洪涝", DAY, date(2026, 9, 4))
    assert send(fact, source="disaster") == (1, 0, 0)
    assert send(fact, source="disaster", known_at=OCTOBER) == (0, 0, 1)
    assert send(fact._replace(value=6000), source="disaster", known_at=OCTOBER) == (0, 1, 0)


@pytest.mark.parametrize("order", list(itertools.permutations((100, 300, 200))))
def test_contradiction_inside_one_delivery_settles_the_same_in_any_order(person: int, order: tuple[int, ...]) -> None:
    delivery = uuid4()
    for value in order:
        send(inpatient(person, value), delivery=delivery)
    assert known(person) == [300]
    for value in order:
        assert send(inpatient(person, value), delivery=delivery) == (0, 0, 1)


def test_facts_in_one_batch_or_in_many_come_to_the_same(person: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shouwang.apps.registry.services.facts.paced", lambda rows: ([row] for row in rows))
    delivery = uuid4()
    assert send(*(inpatient(person, value) for value in (1, 3, 2)), delivery=delivery) == (1, 1, 1)
    assert known(person) == [3]


@pytest.mark.parametrize("item", ["medical.unheard_of", "disaster.loss", "category.unknown"])
def test_unknown_item_or_wrong_subject_is_refused(person: int, item: str) -> None:
    with pytest.raises(UnknownItem):
        send(inpatient(person, 1)._replace(item=item))
    assert not Fact.objects.exists()


def test_withdrawn_delivery_leaves_nothing_standing(person: int) -> None:
    delivery = uuid4()
    send(inpatient(person, 100, "a"), inpatient(person, 200, "b"), delivery=delivery)
    assert withdraw_facts(delivery, known_at=OCTOBER) == 2
    assert (known(person), known(person, SEPTEMBER)) == ([], [100, 200])
    assert withdraw_facts(delivery, known_at=OCTOBER) == 0


def test_withdrawing_a_correction_brings_the_corrected_fact_back(person: int) -> None:
    first, second = uuid4(), uuid4()
    send(inpatient(person, 100), delivery=first)
    send(inpatient(person, 150), delivery=second, known_at=OCTOBER)
    withdraw_facts(second, known_at=NOVEMBER)
    assert known(person) == [100]
    assert (known(person, SEPTEMBER), known(person, OCTOBER)) == ([100], [150])
    withdraw_facts(first, known_at=at(date(2026, 11, 3)))
    assert known(person) == []


def test_withdrawing_the_older_of_two_leaves_the_newer(person: int) -> None:
    first, second = uuid4(), uuid4()
    send(inpatient(person, 100), delivery=first)
    send(inpatient(person, 150), delivery=second, known_at=OCTOBER)
    withdraw_facts(first, known_at=NOVEMBER)
    assert known(person) == [150]
    withdraw_facts(second, known_at=NOVEMBER)
    assert known(person) == []


def test_unchanged_facts_cost_few_statements_whatever_their_number(person: int, django_assert_max_num_queries) -> None:
    facts = [inpatient(person, number, f"k{number}") for number in range(900)]
    send(*facts)
    with django_assert_max_num_queries(10):
        assert send(*facts, known_at=OCTOBER) == (0, 0, 900)
    assert not Event.objects.filter(verb="fact.record").exists()

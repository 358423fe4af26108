"""What must hold of 特困 whoever is judged: supporters one by one, no decision out of the unknown, amounts exact."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import product
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, Outcome, evaluate
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity
from tests.rules.anybody import silent

AREA = "990101000000"
DAY = date(2026, 10, 31)
BOOK: Book = load_book("shouwang.rules")
TARGETS = ("no_labor", "no_income", "no_support", "tekun_eligible", "tekun_member", "tekun_should_end", "tekun_amount")
DECIDED = (*TARGETS, "self_care_level", "is_obligor", "obligor_unable")
ITEMS = ("can_eat", "can_dress", "can_leave_bed", "can_use_toilet", "can_walk_indoors", "can_bathe")
RELATIONS = (2, 12, 20, 30, 28, 38, 41, 51, 52, 54, 61, 71, 77, 97)
ABLE_OUTSIDE = {"relation_to_head": 97, "lives_apart": True, "obligor_finding": 2}

people = st.fixed_dictionaries(
    {
        "age": st.sampled_from([12, 15, 16, 17, 18, 40, 59, 60, 69, 70, 80]),
        "relation_to_head": st.sampled_from(RELATIONS),
        "lives_apart": st.sampled_from([False, False, True]),
        "deceased": st.sampled_from([False, False, False, True]),
        "custody_kind": st.sampled_from([0, 0, 0, 1, 2]),
        "disability_kind": st.sampled_from([0, 1, 2, 4, 5, 6, 7]),
        "disability_grade": st.sampled_from([0, 0, 1, 2, 3, 4]),
        "multiple_has_mental": st.booleans(),
        "multiple_has_limb_or_sight": st.booleans(),
        "no_labor_local": st.just(False),
        "wage_income_year": st.sampled_from([0, 0, 719_999, 720_000, 1_999_999, 2_000_000]),
        "business_income_year": st.just(0),
        "property_income_year": st.just(0),
        "transfer_income_year": st.sampled_from([0, 100_000]),
        "other_income_year": st.sampled_from([0, 0, 1]),
        "basic_pension_received": st.sampled_from([0, 100_000]),
        **dict.fromkeys(("social_insurance_received", "veterans_benefit_received"), st.just(0)),
        "high_age_allowance_received": st.just(0),
        "on_tekun": st.sampled_from([False, False, True]),
        "on_dibao": st.booleans(),
        "school_stage": st.sampled_from([0, 3, 5]),
        "school_status": st.sampled_from([0, 1, 4]),
        "chose_orphan": st.sampled_from([False, False, True]),
        "tekun_waived": st.sampled_from([False, False, True]),
        "obligors_listed": st.just(True),
        "support_finding": st.sampled_from([0, 0, 0, 1, 2]),
        "support_finding_needed": st.sampled_from([1, 2]),
        "obligor_named": st.sampled_from([0, 0, 0, 1, 2]),
        "obligor_finding": st.sampled_from([0, 0, 0, 1, 2]),
        "obligor_property_compliant": st.booleans(),
        "no_civil_capacity": st.booleans(),
        "declared_missing": st.sampled_from([False, False, True]),
        "self_care_finding": st.sampled_from([0, 0, 1, 2, 3]),
        **dict.fromkeys(ITEMS, st.booleans()),
        "centralised": st.booleans(),
        **dict.fromkeys(("contracted_land", "relocated_to_town", "surcharge_dispersed"), st.booleans()),
    }
)
households = st.lists(people, min_size=1, max_size=4)


def table(*rows: tuple[str, int, str]) -> ParameterTable:
    common = (
        ("dibao_rural", 60_000, "person-month"),
        ("dibao_urban", 72_000, "person-month"),
        ("disposable_income_rural", 2_000_000, "person-year"),
        ("disposable_income_urban", 4_200_000, "person-year"),
        ("min_wage", 180_000, "person-month"),
        ("tekun_basic_ratio", 468_000, "ratio"),
        ("tekun_care_self_ratio", 36_000, "ratio"),
        ("tekun_care_half_ratio", 60_000, "ratio"),
        ("tekun_care_full_ratio", 120_000, "ratio"),
        ("tekun_care_surcharge", 180_000, "ratio"),
    )
    values = {item: (value, per) for item, value, per in (*common, *rows)}
    return BOOK.table(
        [Assertion(item, AREA, value, per, date(2014, 1, 1), source="local") for item, (value, per) in values.items()]
    )


STANDARDS = table()
SILENT = {entity: silent(BOOK, entity) for entity in Entity}


def judged(
    who: list[dict[str, Any]],
    targets: tuple[str, ...] = DECIDED,
    parameters: ParameterTable = STANDARDS,
    compliant: bool | None = True,
) -> Outcome:
    household = SILENT[Entity.HOUSEHOLD] | {"property_compliant": compliant, "urban_household": False}
    people = [SILENT[Entity.PERSON] | each for each in who]
    return evaluate(BOOK, Case(AREA, household, people), DAY, parameters, targets)


@given(households, st.booleans())
@settings(max_examples=100, deadline=None)
def test_with_every_fact_known_everything_is_decided(who: list[dict[str, Any]], compliant: bool) -> None:
    for person in judged(who, compliant=compliant).persons:
        assert None not in person.values(), person


@given(households, st.booleans(), st.data())
@settings(max_examples=200, deadline=None)
def test_learning_a_fact_never_flips_what_was_decided(
    who: list[dict[str, Any]], compliant: bool, data: st.DataObject
) -> None:
    full = judged(who, compliant=compliant)
    hidden = [
        {name: None if data.draw(st.integers(0, 5)) == 0 else value for name, value in each.items()} for each in who
    ]
    partly = judged(hidden, compliant=data.draw(st.sampled_from([compliant, None])))
    for before, after in zip(partly.persons, full.persons, strict=True):
        for name, value in before.items():
            assert value is None or value == after[name], name


@given(st.lists(people, min_size=2, max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_supporters_does_not_matter(who: list[dict[str, Any]], chance: Any) -> None:
    order = list(range(len(who)))
    chance.shuffle(order)
    straight, shuffled = judged(who).persons, judged([who[row] for row in order]).persons
    assert [straight[row] for row in order] == shuffled


@given(households, st.data())
@settings(max_examples=150, deadline=None)
def test_another_able_supporter_never_makes_the_condition_hold(who: list[dict[str, Any]], data: st.DataObject) -> None:
    added = {**data.draw(people), **ABLE_OUTSIDE, "deceased": False, "obligor_named": 0}
    before, after = judged(who).persons, judged([*who, added]).persons
    for person, now, then in zip(who, before, after[:-1], strict=True):
        assert then["no_support"] is (person["support_finding"] == 1)
        assert then["no_support"] <= now["no_support"] or person["support_finding"] == 1
        assert then["tekun_eligible"] <= now["tekun_eligible"]


@given(households)
@settings(max_examples=100, deadline=None)
def test_finding_every_supporter_unable_makes_the_condition_hold(who: list[dict[str, Any]]) -> None:
    unable = [{**each, "obligor_finding": 1, "support_finding": 0} for each in who]
    assert all(person["no_support"] for person in judged(unable, ("no_support",)).persons)


@given(
    people, st.integers(1, 3_000_000), st.integers(1, 3_000_000), st.integers(0, 720_000), st.sampled_from([1, 10, 100])
)
@settings(max_examples=200, deadline=None)
def test_the_amount_is_the_exact_sum_rounded_up_once(
    person: dict[str, Any], basic: int, care: int, surcharge: int, unit: int
) -> None:
    rows = (
        ("tekun_basic", basic, "person-year"),
        *((f"tekun_care_{level}", care + step, "person-year") for step, level in enumerate(("self", "half", "full"))),
        ("tekun_care_surcharge", surcharge, "ratio"),
        ("gap_rounding_unit", unit, "fen"),
    )
    person = {**person, "on_tekun": True, "tekun_waived": False}
    got = judged([person], ("tekun_amount", "self_care_level"), table(*rows)).persons[0]
    level = got["self_care_level"]
    assert level is not None
    raised = surcharge if person["centralised"] or person["surcharge_dispersed"] else 0
    exact = basic + (care + level) * (1 + Fraction(raised, 360_000))
    assert got["tekun_amount"] == ceil(exact / (12 * unit)) * unit


def test_self_care_follows_the_count_of_items_and_waits_only_where_it_must() -> None:
    """All 729 ways to have assessed the six items: what every completion agrees on is decided, the rest is not."""

    def level(lost: int) -> int:
        return 0 if lost == 0 else 1 if lost <= 3 else 2

    ways = list(product([True, False, None], repeat=6))
    found = judged(
        [{"self_care_finding": 0, **dict(zip(ITEMS, way, strict=True))} for way in ways], ("self_care_level",)
    )
    for way, got in zip(ways, found.persons, strict=True):
        lost, open_ = way.count(False), way.count(None)
        possible = {level(lost + more) for more in range(open_ + 1)}
        assert got["self_care_level"] == (possible.pop() if len(possible) == 1 else None), way


@pytest.mark.parametrize("item", [name for name in BOOK.parameter_specs if name.startswith("tekun_applied_")])
def test_the_closest_published_name_stands_in(item: str) -> None:
    """Taking away the closest name each time, the next one answers, down to the ratio of the dibao line."""
    names = BOOK.parameter_specs[item].instead
    rows = [(name, 1_000_000 + place, "person-year") for place, name in enumerate((item, *names))]
    for place in range(len(rows)):
        found = table(*rows[place:]).lookup(item, AREA, DAY)
        assert found is not None
        assert found.value == 1_000_000 + place
    derived = STANDARDS.lookup(item, AREA, DAY)
    assert derived is not None
    assert derived.value == (864_000 if "urban" in item else 720_000) * 13 // 10

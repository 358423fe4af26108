"""刚性支出: the ratio is compared exactly, more spending never turns a family away, what is unknown decides nothing."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, evaluate
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity
from shouwang.lib.ratio import PARTS
from tests.rules.anybody import silent

AREA = "990101000000"
DAY = date(2026, 6, 30)
BOOK: Book = load_book("shouwang.rules")
TARGETS = ("rigid_eligible", "rigid_spending_exceeds", "dibao_eligible", "dibao_marginal_eligible")
GRADES, STAGES = (0, 0, 1, 3), (0, 0, 3, 6, 7)

money = st.integers(0, 3_000_000)
ratios = st.one_of(st.integers(1, PARTS), st.sampled_from([PARTS // 3, PARTS * 3 // 5, PARTS * 3 // 4]))
members = st.fixed_dictionaries(
    {
        "age": st.integers(0, 90),
        "deceased": st.booleans(),
        "custody_kind": st.sampled_from([0, 0, 0, 1]),
        "member_separated": st.just(False),
        "wage_income_year": money,
        "business_income_year": st.integers(-500_000, 3_000_000),
        "property_income_year": money,
        "transfer_income_year": money,
        "other_income_year": st.sampled_from([0, 0, 250_001]),
        "lives_apart": st.sampled_from([False, False, False, True]),
        "on_single_unit": st.just(False),
        "excluded_income_year": st.integers(0, 100_000),
        "hardship_deduction_year": st.integers(0, 100_000),
        "declared_pension_month": st.just(0),
        "disability_grade": st.sampled_from(GRADES),
        "school_stage": st.sampled_from(STAGES),
        "medical_paid_12m": money,
        "education_paid_12m": st.integers(0, 2_000_000),
        "education_public_fee_12m": st.integers(0, 1_000_000),
        "in_public_school": st.booleans(),
        "rehab_paid_12m": st.integers(0, 500_000),
        "on_dibao": st.just(False),
        "on_tekun": st.sampled_from([False, False, False, True]),
        "on_dibao_marginal": st.just(False),
        "on_rigid_expenditure": st.booleans(),
    }
)
households = st.lists(members, max_size=4)
SPENDING = ("medical_paid_12m", "education_paid_12m", "education_public_fee_12m", "rehab_paid_12m")


def table(ratio: int, living: int, inclusive: bool) -> ParameterTable:
    rows = (
        ("dibao_rural", 60_000, "person-month"),
        ("disposable_income_rural", 2_000_000, "person-year"),
        ("employment_cost_percent", 30, "percent"),
        ("rigid_ratio", ratio, "ratio"),
        ("rigid_living_ratio", living, "ratio"),
        ("rigid_inclusive", int(inclusive), "bool"),
    )
    return BOOK.table(
        [Assertion(item, AREA, value, per, valid_from=date(2025, 1, 1), source="local") for item, value, per in rows]
    )


def judged(people: list[dict[str, Any]], parameters: ParameterTable, **household: Any) -> dict[str, Any]:
    facts = {**silent(BOOK, Entity.HOUSEHOLD), "property_compliant": True, **household}
    nobody = {**silent(BOOK, Entity.PERSON), "obligors_listed": True}
    known = [{**nobody, **each} for each in people]
    return dict(evaluate(BOOK, Case(AREA, facts, known), DAY, parameters, TARGETS).household)


def counted(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in people if not (each["deceased"] or each["custody_kind"] or each["lives_apart"])]


def schooling(each: dict[str, Any]) -> int:
    if each["school_stage"] == 7 or (each["school_stage"] == 0 and each["age"] >= 6):
        return 0
    paid: int = each["education_paid_12m"]
    return paid if each["in_public_school"] else min(paid, each["education_public_fee_12m"])


@given(households, ratios, st.sampled_from([0, PARTS // 3, PARTS]), st.booleans(), st.integers(0, 500_000))
@settings(max_examples=200, deadline=None)
def test_the_ratio_is_the_exact_one(
    people: list[dict[str, Any]], ratio: int, living: int, inclusive: bool, other: int
) -> None:
    who = counted(people)
    income = max(
        sum(
            each["wage_income_year"]
            + each["business_income_year"]
            + each["property_income_year"]
            + each["transfer_income_year"]
            + each["other_income_year"]
            - each["excluded_income_year"]
            for each in who
        ),
        0,
    )
    spent = Fraction(other) + Fraction(living, PARTS) * 720_000 * len(who)
    for each in who:
        spent += each["medical_paid_12m"] + schooling(each) + (each["disability_grade"] > 0) * each["rehab_paid_12m"]
    line = Fraction(ratio, PARTS) * income
    got = judged(people, table(ratio, living, inclusive), other_spending_12m=other)
    assert got["rigid_spending_exceeds"] == (spent > line or (inclusive and spent == line))
    if got["rigid_eligible"]:
        assert who
        assert (got["dibao_eligible"], got["dibao_marginal_eligible"]) == (False, False)
        assert not any(each["on_tekun"] for each in who)


@pytest.mark.parametrize(
    ("income", "spent", "strict", "inclusive"),
    [
        (1_000_000, 333_333, False, False),
        (1_000_000, 333_334, True, True),
        (999_999, 333_332, False, False),
        (999_999, 333_333, False, True),
        (999_999, 333_334, True, True),
    ],
)
def test_a_third_is_met_to_the_fen_or_not(income: int, spent: int, strict: bool, inclusive: bool) -> None:
    """10,000 yuan have no third in whole fen: a rounded line would let one of these through."""
    incomes = ("wage_income_year", "property_income_year", "transfer_income_year", "other_income_year")
    numbers = (*incomes, "excluded_income_year")
    person: dict[str, Any] = dict.fromkeys((*numbers, "custody_kind", "disability_grade", "school_stage"), 0)
    person |= {"age": 40, "deceased": False, "member_separated": False}
    person |= {"business_income_year": income, "medical_paid_12m": spent}
    assert judged([person], table(PARTS // 3, 0, False))["rigid_spending_exceeds"] is strict
    assert judged([person], table(PARTS // 3, 0, True))["rigid_spending_exceeds"] is inclusive


@given(households, ratios)
@settings(max_examples=100, deadline=None)
def test_every_result_is_told_when_every_fact_is(people: list[dict[str, Any]], ratio: int) -> None:
    assert None not in judged(people, table(ratio, 0, False)).values()


@given(households)
@settings(max_examples=100, deadline=None)
def test_schooling_counts_what_was_paid_but_no_more_than_a_public_school_charges(people: list[dict[str, Any]]) -> None:
    outcome = evaluate(BOOK, Case(AREA, {}, people), DAY, table(1, 0, False), ("education_spending",))
    assert [got["education_spending"] for got in outcome.persons] == [schooling(each) for each in people]


@given(st.lists(members, min_size=1, max_size=3), ratios, st.data())
@settings(max_examples=100, deadline=None)
def test_more_spending_never_turns_a_family_away(people: list[dict[str, Any]], ratio: int, data: st.DataObject) -> None:
    parameters, name = table(ratio, PARTS, False), data.draw(st.sampled_from(SPENDING))
    at, more = data.draw(st.integers(0, len(people) - 1)), data.draw(st.integers(1, 500_000))
    spending = [{**each, name: each[name] + more} if row == at else each for row, each in enumerate(people)]
    if judged(people, parameters)["rigid_eligible"]:
        assert judged(spending, parameters)["rigid_eligible"]


@given(households, ratios, st.data())
@settings(max_examples=150, deadline=None)
def test_learning_a_fact_never_flips_what_was_decided(
    people: list[dict[str, Any]], ratio: int, data: st.DataObject
) -> None:
    parameters = table(ratio, PARTS, False)
    full = judged(people, parameters)
    hidden = [
        {name: None if data.draw(st.integers(0, 4)) == 0 else value for name, value in each.items()} for each in people
    ]
    for name, value in judged(hidden, parameters).items():
        assert value is None or value == full[name], name


@pytest.mark.parametrize("name", ["rigid_eligible", "rigid_member", "rigid_spending_exceeds"])
def test_there_is_nothing_before_2025(name: str) -> None:
    assert name not in BOOK.versions_on(date(2024, 12, 31), AREA)
    assert name in BOOK.versions_on(date(2025, 1, 1), AREA)

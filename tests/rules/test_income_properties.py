"""What must hold of 低保 whatever the household: monotone, blind to order, exact, and never decided by what is unknown."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from math import ceil
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, Outcome, evaluate
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity

AREA = "990101000000"
DAY = date(2026, 10, 31)
BOOK: Book = load_book("shouwang.rules")
INCOMES = ("wage_income_year", "business_income_year", "property_income_year", "transfer_income_year")
LESS = ("excluded_income_year", "hardship_deduction_year")
TARGETS = ("dibao_eligible", "dibao_gap_amount", "dibao_marginal_eligible", "income_near_line_unenrolled")
HOUSEHOLD_FACTS = ("property_compliant",)


def silence(entity: Entity) -> dict[str, int | bool]:
    """What the register says of whoever nothing else is recorded of."""
    specs = {name: spec for name, spec in BOOK.inputs.items() if spec.entity is entity and spec.absent == "zero"}
    return {name: False if spec.unit == "bool" else 0 for name, spec in specs.items()}


amounts = st.one_of(st.integers(0, 3_000_000), st.sampled_from([0, 720_000, 719_999, 720_001, 1_080_000]))
members = st.fixed_dictionaries(
    {
        **{name: st.just(nothing) for name, nothing in silence(Entity.PERSON).items()},
        "deceased": st.booleans(),
        "custody_kind": st.sampled_from([0, 0, 1, 2]),
        "member_separated": st.booleans(),
        "lives_apart": st.just(False),
        **dict.fromkeys(INCOMES, amounts),
        "business_income_year": st.integers(-500_000, 3_000_000),
        **dict.fromkeys(LESS, st.integers(0, 200_000)),
        "declared_pension_month": st.integers(0, 50_000),
    }
)
households = st.lists(members, max_size=4)
standards = st.integers(1, 200_000)
percents = st.integers(0, 100)


def table(standard: int, percent: int, unit: int = 100) -> ParameterTable:
    rows = (
        ("dibao_rural", standard, "person-month"),
        ("employment_cost_percent", percent, "percent"),
        ("gap_rounding_unit", unit, "fen"),
    )
    return BOOK.table(
        [Assertion(item, AREA, value, per, valid_from=date(2014, 1, 1), source="local") for item, value, per in rows]
    )


def judged(people: list[dict[str, Any]], parameters: ParameterTable, compliant: bool | None = True) -> Outcome:
    known = {**silence(Entity.HOUSEHOLD), "property_compliant": compliant}
    return evaluate(BOOK, Case(AREA, known, people), DAY, parameters, TARGETS)


def counted(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        each for each in people if not each["deceased"] and not each["custody_kind"] and not each["member_separated"]
    ]


@given(households, standards, percents, st.sampled_from([1, 10, 100]))
@settings(max_examples=200, deadline=None)
def test_amount_and_lines_equal_the_exact_ones(
    people: list[dict[str, Any]], standard: int, percent: int, unit: int
) -> None:
    who = counted(people)
    income = sum(
        (
            Fraction(each["wage_income_year"] * (100 - percent), 100)
            + sum(each[name] for name in INCOMES[1:])
            - sum(each[name] for name in LESS)
            for each in who
        ),
        Fraction(0),
    )
    income = max(income, Fraction(0))
    line = standard * 12 * len(who)
    eligible = bool(who) and income < line
    amount = ceil((line - income) / (12 * unit)) * unit if eligible else 0
    marginal = bool(who) and not eligible and income < Fraction(3 * line, 2)
    got = judged(people, table(standard, percent, unit)).household
    assert (got["dibao_eligible"], got["dibao_gap_amount"]) == (eligible, amount)
    assert (got["dibao_marginal_eligible"], got["income_near_line_unenrolled"]) == (marginal, eligible or marginal)


@given(st.lists(members, min_size=1, max_size=4), standards, percents, st.data())
@settings(max_examples=100, deadline=None)
def test_more_income_never_raises_the_amount(
    people: list[dict[str, Any]], standard: int, percent: int, data: st.DataObject
) -> None:
    name, more = data.draw(st.sampled_from(INCOMES)), data.draw(st.integers(1, 2_000_000))
    before = judged(people, table(standard, percent)).household["dibao_gap_amount"]
    at = data.draw(st.integers(0, len(people) - 1))
    richer = [{**each, name: each[name] + more} if row == at else each for row, each in enumerate(people)]
    after = judged(richer, table(standard, percent)).household["dibao_gap_amount"]
    assert before is not None
    assert after is not None
    assert after <= before <= standard * len(counted(people)) + 100


@given(households, standards, percents, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_members_does_not_matter(
    people: list[dict[str, Any]], standard: int, percent: int, chance: Any
) -> None:
    shuffled = list(people)
    chance.shuffle(shuffled)
    parameters = table(standard, percent)
    assert judged(people, parameters).household == judged(shuffled, parameters).household


@given(households, standards, percents, st.booleans(), st.data())
@settings(max_examples=150, deadline=None)
def test_learning_a_fact_never_flips_what_was_decided(
    people: list[dict[str, Any]], standard: int, percent: int, compliant: bool, data: st.DataObject
) -> None:
    parameters = table(standard, percent)
    full = judged(people, parameters, compliant).household
    hidden = [
        {name: None if data.draw(st.integers(0, 4)) == 0 else value for name, value in each.items()} for each in people
    ]
    partly = judged(hidden, parameters, data.draw(st.sampled_from([compliant, None]))).household
    for name, value in partly.items():
        assert value is None or value == full[name], name


@given(st.lists(members.map(lambda each: {**each, "member_separated": True}), max_size=3), standards, percents)
@settings(max_examples=30, deadline=None)
def test_a_household_without_counted_members_qualifies_for_nothing(
    people: list[dict[str, Any]], standard: int, percent: int
) -> None:
    for compliant in (True, False, None):
        got = judged(people, table(standard, percent), compliant).household
        assert got == dict.fromkeys(TARGETS, False) | {"dibao_gap_amount": 0}

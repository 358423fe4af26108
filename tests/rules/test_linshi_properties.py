"""临时救助: whatever is needed, the cap is never exceeded, and the township never decides beyond its limit."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, evaluate
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity
from tests.rules.anybody import silent

AREA = "990101000000"
DAY = date(2026, 6, 30)
BOOK: Book = load_book("shouwang.rules")
LIMIT = 200_000
TARGETS = (
    "linshi_emergency_eligible",
    "linshi_expenditure_eligible",
    "linshi_cap",
    "linshi_amount",
    "linshi_township_may_decide",
)
multiples = st.integers(0, 12)
needs = st.integers(0, 3_000_000)
facts = st.fixed_dictionaries(
    {
        "emergency_occurred": st.booleans(),
        "emergency_here": st.booleans(),
        "spending_burden": st.booleans(),
        "special_hardship": st.booleans(),
        "assessed_need": needs,
        "property_compliant": st.booleans(),
    }
)


def table(line: int, per: str, emergency: int, expenditure: int, special: int) -> ParameterTable:
    rows = (
        ("dibao_rural", line, per),
        ("disposable_income_rural", 2_000_000, "person-year"),
        ("employment_cost_percent", 0, "percent"),
        ("linshi_emergency_multiple", emergency, "count"),
        ("linshi_expenditure_multiple", expenditure, "count"),
        ("linshi_special_multiple", special, "count"),
        ("linshi_township_limit", LIMIT, "fen"),
    )
    return BOOK.table(
        [Assertion(item, AREA, value, per, valid_from=date(2022, 1, 1), source="local") for item, value, per in rows]
    )


def judged(household: dict[str, Any], size: int, income: int | None, poor: bool, parameters: ParameterTable) -> Any:
    zero = dict.fromkeys(("wage_income_year", "property_income_year", "transfer_income_year"), 0)
    more = {
        "excluded_income_year": 0,
        "hardship_deduction_year": 0,
        "on_dibao": poor,
        "on_tekun": False,
        "lives_apart": False,
    }
    alive = {"deceased": False, "custody_kind": 0, "member_separated": False, "declared_pension_month": 0}
    member = {**zero, **more, **alive, "business_income_year": income}
    people = [{**silent(BOOK, Entity.PERSON), **member} for _ in range(size)]
    return evaluate(
        BOOK, Case(AREA, {**silent(BOOK, Entity.HOUSEHOLD), **household}, people), DAY, parameters, TARGETS
    ).household


@given(
    facts,
    st.integers(1, 5),
    st.tuples(st.integers(0, 4_000_000), st.booleans()),
    st.tuples(st.integers(1, 200_000), st.sampled_from(["person-month", "person-year"])),
    st.tuples(multiples, multiples, multiples),
)
@settings(max_examples=200, deadline=None)
def test_the_cap_is_never_exceeded(
    household: dict[str, Any], size: int, means: tuple[int, bool], line: tuple[int, str], allowed: tuple[int, int, int]
) -> None:
    (income, poor), (emergency, expenditure, special) = means, allowed
    got = judged(household, size, income, poor, table(*line, emergency, expenditure, special))
    urgent = household["emergency_occurred"] and household["emergency_here"]
    within = poor or (income < 2_000_000 and household["property_compliant"])
    eligible = urgent or (household["spending_burden"] and within)
    multiple = special if household["special_hardship"] else emergency if urgent else expenditure
    month = Fraction(line[0], 1 if line[1] == "person-month" else 12)
    amount = got["linshi_amount"]
    assert 0 <= amount <= household["assessed_need"]
    assert eligible or amount == 0
    assert multiple == 0 or amount <= month * multiple * size
    if eligible:
        short_of_cap = multiple > 0 and amount < household["assessed_need"]
        assert amount == household["assessed_need"] or (short_of_cap and amount + 1 > month * multiple * size)
    assert got["linshi_township_may_decide"] == (0 < amount <= LIMIT)


@given(facts, st.integers(1, 4), multiples, st.sampled_from(["assessed_need", "emergency_here", "property_compliant"]))
@settings(max_examples=100, deadline=None)
def test_what_is_unknown_decides_nothing(household: dict[str, Any], size: int, multiple: int, hidden: str) -> None:
    parameters = table(60_000, "person-month", multiple, multiple, 2 * multiple)
    full = judged(household, size, 1_000_000, False, parameters)
    for name, value in judged({**household, hidden: None}, size, 1_000_000, False, parameters).items():
        assert value is None or value == full[name], name


@given(facts, st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_an_emergency_asks_for_no_income(household: dict[str, Any], size: int) -> None:
    got = judged({**household, "property_compliant": None}, size, None, False, table(60_000, "person-month", 6, 6, 12))
    assert got["linshi_emergency_eligible"] == (household["emergency_occurred"] and household["emergency_here"])

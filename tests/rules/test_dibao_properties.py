"""低保, 渐退期 and 单人户 whatever the household: exact, blind to order, never decided by what is unknown, no hidden cliff."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, Outcome, evaluate
from shouwang.engine.explain import explain
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity
from shouwang.engine.table import notices_of
from shouwang.rules.casefile import read_case_file

AREA = "990101000000"
DAY = date(2026, 10, 31)
BOOK: Book = load_book("shouwang.rules")
HOUSEHOLD_TARGETS = (
    "unit_size",
    "household_income",
    "property_ok",
    "assets_over_limit",
    "dibao_eligible",
    "dibao_base_amount",
    "in_phase_out",
    "supplement_amount",
    "refusal_cut",
    "dibao_amount",
    "dibao_amount_per_person",
    "marginal_household_grant",
    "partly_enrolled",
)
PERSON_TARGETS = ("counted_member", "dibao_member", "marginal_member", "single_unit_eligible", "single_unit_amount")
TARGETS = (*HOUSEHOLD_TARGETS, *PERSON_TARGETS)
LOCAL = {
    "dibao_rural": (60_000, "person-month"),
    "employment_cost_percent": (30, "percent"),
    "category_supplement_per_person": (10_400, "person-month"),
    "exclude_disability_subsidy": (1, "bool"),
    "exclude_orphan_grant": (0, "bool"),
    "labor_income_base": (100_000, "person-month"),
    "support_fee_line_percent": (200, "percent"),
    "support_fee_share_percent": (30, "percent"),
    "vehicle_limit": (0, "count"),
    "house_limit": (1, "count"),
    "machine_limit": (1, "count"),
    "deposit_limit_months": (24, "count"),
    "refusal_share_percent": (100, "percent"),
    "phase_out_other_causes": (1, "bool"),
    "single_unit_amount_mode": (1, "code"),
    "single_unit_grade_three": (1, "bool"),
    "new_job_exclusion_months": (12, "count"),
    "new_job_exclusion_multiple": (3, "count"),
}
INCOMES = (
    "wage_income_year",
    "business_income_year",
    "property_income_year",
    "transfer_income_year",
    "other_income_year",
)
CLIFFS = ("in_phase_out",)
"""Where more income may raise what is paid: a family in 低保 that rises over the line is paid as before for some months."""


def table(**changed: tuple[int, str]) -> ParameterTable:
    return BOOK.table(
        [
            Assertion(item, AREA, value, per, valid_from=date(2014, 1, 1), source="local")
            for item, (value, per) in {**LOCAL, **changed}.items()
        ]
    )


PARAMETERS = table()


def silence(entity: Entity) -> dict[str, int | bool]:
    specs = {name: spec for name, spec in BOOK.inputs.items() if spec.entity is entity and spec.absent == "zero"}
    return {name: False if spec.unit == "bool" else 0 for name, spec in specs.items()}


def facts(entity: Entity, **own: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({**{name: st.just(value) for name, value in silence(entity).items()}, **own})


amounts = st.one_of(st.integers(0, 2_000_000), st.sampled_from([0, 720_000, 719_999, 720_001, 1_080_000]))
rarely = st.sampled_from([False, False, False, True])
members = facts(
    Entity.PERSON,
    age=st.sampled_from([10, 17, 18, 24, 40, 59, 60, 75]),
    deceased=rarely,
    lives_apart=rarely,
    custody_kind=st.sampled_from([0, 0, 0, 1, 2]),
    member_finding=st.sampled_from([0, 0, 0, 1, 2]),
    member_kinship=st.integers(0, 5),
    member_study=st.integers(0, 3),
    cannot_live_independently=st.booleans(),
    long_term_cohabiting=st.booleans(),
    clergy_years=st.sampled_from([0, 0, 0, 2, 3]),
    on_dibao=st.booleans(),
    on_dibao_marginal=rarely,
    wage_income_year=amounts,
    business_income_year=st.integers(-500_000, 2_000_000),
    property_income_year=amounts,
    transfer_income_year=amounts,
    other_income_year=st.sampled_from([0, 0, 100_001]),
    excluded_income_year=st.integers(0, 200_000),
    hardship_deduction_year=st.integers(0, 200_000),
    basic_pension_year=st.integers(0, 171_600),
    disability_subsidy_year=st.sampled_from([0, 0, 120_000]),
    orphan_grant_year=st.sampled_from([0, 0, 1_440_000]),
    declared_pension_month=st.integers(0, 20_000),
    labor_coefficient=st.sampled_from([0, 0, 0, 33, 100]),
    presumption_rebutted=st.booleans(),
    new_job_income_month=st.sampled_from([0, 0, 0, 150_001]),
    supporter_income_per_head=st.sampled_from([0, 0, 2_640_000]),
    supporter_supported=st.integers(1, 3),
    unjustified_refusals=st.sampled_from([0, 0, 2, 3]),
    disability_grade=st.integers(0, 4),
    disability_kind=st.integers(0, 7),
    found_jobless=st.booleans(),
    own_property_compliant=st.booleans(),
    family_support_year=st.sampled_from([0, 240_000]),
    family_support_waived=st.booleans(),
    dibao_class=st.integers(0, 5),
)
homes = facts(
    Entity.HOUSEHOLD,
    property_compliant=st.sampled_from([True, True, False]),
    property_findings=st.sampled_from([0, 1]),
    assets_investigated=st.booleans(),
    vehicles=st.integers(0, 1),
    houses=st.integers(0, 2),
    financial_assets=st.sampled_from([0, 2_880_000, 9_999_999]),
    dibao_base_before=st.sampled_from([0, 31_300, 50_000]),
    phase_out_cause=st.integers(1, 2),
    phase_out_months_used=st.integers(4, 7),
)
households = st.tuples(homes, st.lists(members, max_size=4))
QUIET = settings(max_examples=120, deadline=None)


def judged(home: dict[str, Any], people: list[dict[str, Any]], parameters: ParameterTable = PARAMETERS) -> Outcome:
    return evaluate(BOOK, Case(AREA, home, people), DAY, parameters, TARGETS)


@given(households)
@QUIET
def test_every_result_is_told_when_every_fact_is(household: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    outcome = judged(*household)
    assert None not in outcome.household.values()
    assert all(None not in person.values() for person in outcome.persons)


@given(households, st.randoms(use_true_random=False))
@QUIET
def test_the_order_of_members_does_not_matter(
    household: tuple[dict[str, Any], list[dict[str, Any]]], chance: Any
) -> None:
    home, people = household
    order = list(range(len(people)))
    chance.shuffle(order)
    before, after = judged(home, people), judged(home, [people[place] for place in order])
    assert after.household == before.household
    assert after.persons == [before.persons[place] for place in order]


@given(households, st.data())
@QUIET
def test_learning_a_fact_never_flips_what_was_decided(
    household: tuple[dict[str, Any], list[dict[str, Any]]], data: st.DataObject
) -> None:
    home, people = household
    hide = st.sampled_from([True, False, False, False, False, False])
    partly = judged(*_hidden(home, people, hide, data))
    full = judged(home, people)
    for known, true in ((partly.household, full.household), *zip(partly.persons, full.persons, strict=True)):
        assert {name: true[name] for name, value in known.items() if value is not None} == {
            name: value for name, value in known.items() if value is not None
        }


def _hidden(
    home: dict[str, Any], people: list[dict[str, Any]], hide: st.SearchStrategy[bool], data: st.DataObject
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    def without(known: dict[str, Any]) -> dict[str, Any]:
        hidden = {name for name in known if data.draw(hide)}
        return {name: None if name in hidden else value for name, value in known.items()}

    return without(home), [without(each) for each in people]


@given(households, st.sampled_from(INCOMES), st.integers(1, 2_000_000), st.data())
@QUIET
def test_more_income_never_raises_what_is_paid_except_over_a_declared_cliff(
    household: tuple[dict[str, Any], list[dict[str, Any]]], name: str, more: int, data: st.DataObject
) -> None:
    home, people = household
    assume(people)
    at = data.draw(st.integers(0, len(people) - 1))
    richer = [{**each, name: each[name] + more} if row == at else each for row, each in enumerate(people)]
    before, after = judged(home, people).household, judged(home, richer).household
    for amount in ("household_income", "dibao_base_amount", "dibao_amount"):
        assert before[amount] is not None
        assert after[amount] is not None
    income = after["household_income"], before["household_income"]
    assert income[0] is not None
    assert income[1] is not None
    assert income[0] >= income[1]
    assert (after["dibao_base_amount"] or 0) <= (before["dibao_base_amount"] or 0)
    if not any(after[cliff] for cliff in CLIFFS):
        assert (after["dibao_amount"] or 0) <= (before["dibao_amount"] or 0)


@given(
    st.integers(0, 7_200_000), st.integers(1, 5), st.integers(0, 5), st.integers(0, 100), st.sampled_from([1, 10, 100])
)
@QUIET
def test_the_amount_equals_the_exact_one(income: int, size: int, refusing: int, percent: int, unit: int) -> None:
    nobody = {**silence(Entity.PERSON), **dict.fromkeys(INCOMES, 0), "declared_pension_month": 0, "age": 70}
    refusing = min(refusing, size)
    people = [{**nobody, "unjustified_refusals": 3 if row < refusing else 0} for row in range(size)]
    people[0]["business_income_year"] = income
    home = {**silence(Entity.HOUSEHOLD), "property_compliant": True}
    parameters = table(refusal_share_percent=(percent, "percent"), gap_rounding_unit=(unit, "fen"))
    got = judged(home, people, parameters).household
    line = 720_000 * size
    base = ceil(Fraction(line - income, 12 * unit)) * unit if income < line else 0
    own = base * (1 - Fraction(refusing * percent, 100 * size))
    supplement = ceil(Fraction(10_400 * size, unit)) * unit if income < line else 0
    assert got["dibao_base_amount"] == base
    assert got["dibao_amount"] == ceil(own / unit) * unit + supplement


@given(st.integers(-100_000, 800_000), st.integers(0, 100), st.integers(0, 800_000), st.sampled_from([1, 10, 100]))
@QUIET
def test_the_amount_of_a_single_person_equals_the_exact_one(other: int, percent: int, wage: int, unit: int) -> None:
    person = {
        **silence(Entity.PERSON),
        **dict.fromkeys(INCOMES, 0),
        "declared_pension_month": 0,
        "age": 30,
        "disability_grade": 2,
        "disability_kind": 4,
        "on_dibao_marginal": True,
        "wage_income_year": wage,
        "business_income_year": other,
        "found_jobless": False,
    }
    rich = {**person, "wage_income_year": 9_000_000, "disability_grade": 0, "on_dibao_marginal": False}
    home = {**silence(Entity.HOUSEHOLD), "property_compliant": True}
    parameters = table(employment_cost_percent=(percent, "percent"), gap_rounding_unit=(unit, "fen"))
    outcome = judged(home, [person, rich], parameters)
    assume(not outcome.household["dibao_eligible"])
    income = max(Fraction(wage * (100 - percent), 100) + other, Fraction(0))
    expected = ceil((720_000 - income) / (12 * unit)) * unit if income < 720_000 else 0
    assert outcome.persons[0]["single_unit_amount"] == expected


def test_no_fact_or_parameter_lets_a_part_of_a_family_apply() -> None:
    """整户: what a family is paid rests on who lives in it, never on who is enrolled or named in an application."""
    plan = BOOK.plan(DAY, ()).towards(["dibao_base_amount"])
    named = {leaf.name for leaf in (*plan.household_inputs, *plan.person_inputs)}
    assert not {name for name in named if name.startswith("on_")}
    assert "unit_size" in plan.by_name


@pytest.mark.parametrize(
    "target", ["household_income", "dibao_eligible", "dibao_gap_amount", "dibao_amount", "dibao_marginal_eligible"]
)
def test_every_result_the_lapsed_exemption_touches_says_so(target: str) -> None:
    cases = {case.name: case for case in read_case_file(Path(__file__).parent / "dibao" / "pension.yaml", BOOK)}
    lapsed = next(case for name, case in cases.items() if name.startswith("L04 老两口"))
    told = explain(BOOK, lapsed.case, lapsed.as_of, lapsed.parameters, target)
    assert len(told.notices) == 1
    assert "须确认地方口径" in told.notices[0]
    assert f"　提示：{told.notices[0]}" in told.lines()
    assert told.as_dict()["notices"] == list(told.notices)
    assert notices_of(told, {})[0] == told.notices[0]
    for quiet in ("L04 同一户在2025年12月31日", "当地登记延续", "当地确认计入", "没有人领养老金", "是否领养老金"):
        case = next(case for name, case in cases.items() if name.startswith(quiet))
        assert explain(BOOK, case.case, case.as_of, case.parameters, target).notices == ()


def test_a_presumption_set_aside_and_a_car_over_the_limit_leave_their_trace() -> None:
    def notices(file: str, name: str) -> tuple[str, ...]:
        cases = read_case_file(Path(__file__).parent / "dibao" / file, BOOK)
        case = next(case for case in cases if case.name.startswith(name))
        return explain(BOOK, case.case, case.as_of, case.parameters, "dibao_eligible").notices

    assert notices("income_items.yaml", "同一人，据实判断推定不采用") == (
        "按劳动力系数推定的收入经据实综合判断未采用，认定依据须存档备查。（成员1）",
    )
    assert "不得只凭有车、有房认定不符合" in notices("assets.yaml", "有一辆车超过限额")[0]
    assert notices("assets.yaml", "同一户，已综合认定符合") == ()

"""What holds of exclusion, higher-of and offset whoever the people are: nobody is paid two things that exclude each other."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, Outcome, evaluate
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import Assertion
from shouwang.rules.stacking.pairs import EXCLUDED_PAIRS
from tests.rules.anybody import AREA, crowd, households, local_parameters, plan_for

DAY = date(2026, 10, 31)
BOOK: Book = load_book("shouwang.rules")
PAYABLE_OF_AMOUNT = {
    "tekun_payable": "tekun_amount",
    "single_unit_payable": "single_unit_amount",
    "living_subsidy_payable": "living_subsidy_amount",
    "care_subsidy_payable": "care_subsidy_amount",
    "orphan_payable": "orphan_amount",
    "unsupported_child_payable": "unsupported_child_amount",
}
TARGETS = tuple(
    dict.fromkeys(
        [
            *(name for pair in EXCLUDED_PAIRS for name in (pair.first, pair.second)),
            *PAYABLE_OF_AMOUNT,
            *PAYABLE_OF_AMOUNT.values(),
            "dibao_payable",
            "dibao_amount",
            "minimum_support_drawn",
            "assistance_tier",
            "held_together_excluded",
        ]
    )
)
PLAN = plan_for(BOOK, DAY, TARGETS)
KNOWN = households(BOOK, PLAN)
PARAMETERS = local_parameters(BOOK, PLAN)
Household = tuple[dict[str, Any], list[dict[str, Any]]]
thorough = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def judged(known: Household, rows: list[Assertion]) -> Outcome:
    return evaluate(BOOK, Case(AREA, known[0], known[1]), DAY, BOOK.table(rows), TARGETS)


@given(KNOWN, PARAMETERS)
@thorough
def test_nobody_is_paid_an_excluded_pair(known: Household, rows: list[Assertion]) -> None:
    for person in judged(known, rows).persons:
        for pair in EXCLUDED_PAIRS:
            assert not (person[pair.first] and person[pair.second]), pair


@pytest.mark.parametrize("switched_on", [0, 1])
def test_no_pair_is_paid_among_twenty_thousand_households_and_each_exclusion_bites(switched_on: int) -> None:
    rows = [
        Assertion(spec.item, AREA, _middle(spec, switched_on), spec.per or spec.unit, date(2014, 1, 1), source="local")
        for spec in (BOOK.parameter_specs[leaf.name] for leaf in PLAN.parameters)
        if spec.local
    ]
    got = evaluate_columns(BOOK, crowd(BOOK, PLAN, 20_000, switched_on), DAY, BOOK.table(rows), TARGETS).person
    bites = dict.fromkeys(EXCLUDED_PAIRS, 0)
    for pair in EXCLUDED_PAIRS:
        first = got[pair.first].values.astype(bool) & got[pair.first].known
        second = got[pair.second].values.astype(bool) & got[pair.second].known
        assert not (first & second).any(), pair
        if pair.second in PAYABLE_OF_AMOUNT:
            bites[pair] = int((first & (got[PAYABLE_OF_AMOUNT[pair.second]].values > 0)).sum())
    # What the area must say for itself excludes nothing where it says no.
    subsidies = [
        pair
        for pair in EXCLUDED_PAIRS
        if pair.second.endswith("_subsidy_payable") and (switched_on or "local" not in pair.cites)
    ]
    assert all(bites[pair] > 0 for pair in subsidies), bites
    assert np.count_nonzero(got["dibao_share"].values) > 0


def _middle(spec: ParameterSpec, switched_on: int) -> int:
    if spec.unit == "bool":
        return switched_on
    ordinary = {"fen": 800_000, "percent": 30, "ratio": 400_000}.get(spec.unit, 3)
    return max(spec.least, min(spec.most, ordinary))


@given(KNOWN, PARAMETERS)
@thorough
def test_nothing_paid_is_below_zero_or_above_its_own_amount(known: Household, rows: list[Assertion]) -> None:
    outcome = judged(known, rows)
    amount, payable = outcome.household["dibao_amount"], outcome.household["dibao_payable"]
    assert amount is None or payable is None or 0 <= payable <= amount
    for person in outcome.persons:
        for paid, of in PAYABLE_OF_AMOUNT.items():
            most, given_out = person[of], person[paid]
            assert most is None or given_out is None or 0 <= given_out <= most, paid


@given(KNOWN, PARAMETERS)
@thorough
def test_a_topped_up_child_never_draws_more_than_the_standard(known: Household, rows: list[Assertion]) -> None:
    for person in judged(known, rows).persons:
        standard, topped = person["unsupported_child_amount"], person["unsupported_child_payable"]
        others = (person["minimum_support_drawn"], person["living_subsidy_payable"])
        if standard is not None and topped and None not in others:
            assert topped + sum(each or 0 for each in others) == standard


@given(KNOWN, PARAMETERS, st.randoms(use_true_random=False))
@settings(thorough, max_examples=40)
def test_the_order_of_members_does_not_matter(known: Household, rows: list[Assertion], chance: Any) -> None:
    order = list(range(len(known[1])))
    chance.shuffle(order)
    first = judged(known, rows)
    second = judged((known[0], [known[1][place] for place in order]), rows)
    assert first.household == second.household
    assert [first.persons[place] for place in order] == list(second.persons)


@given(KNOWN, PARAMETERS, st.data())
@thorough
def test_learning_a_fact_or_a_parameter_never_flips_what_was_decided(
    known: Household, rows: list[Assertion], data: st.DataObject
) -> None:
    full = judged(known, rows)

    def hidden(facts: dict[str, Any]) -> dict[str, Any]:
        gone = data.draw(st.sets(st.sampled_from(sorted(facts)), max_size=8)) if facts else set()
        return {name: None if name in gone else value for name, value in facts.items()}

    # A province's or a neighbour's figure stands in for a hidden one, so only the switches are hidden.
    kept = [row for row in rows if row.per != "bool" or data.draw(st.integers(0, 3)) > 0]
    partly = judged((hidden(known[0]), [hidden(each) for each in known[1]]), kept)
    for name, value in partly.household.items():
        assert value is None or value == full.household[name], name
    for before, after in zip(partly.persons, full.persons, strict=True):
        for name, value in before.items():
            assert value is None or value == after[name], name


def test_every_pair_names_results_of_a_person_and_a_cited_document() -> None:
    for pair in EXCLUDED_PAIRS:
        assert {str(BOOK.entity_of(name)) for name in (pair.first, pair.second)} == {"person"}
        assert {cite.partition(":")[0] for cite in pair.cites} <= set(BOOK.sources)

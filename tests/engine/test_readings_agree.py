"""One law, three readings: what one household's call says, columns and SQL say too, row for row."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.duckdb import evaluate_sql
from shouwang.engine.book import Book
from shouwang.engine.call import Case, compute, evaluate
from shouwang.engine.explain import explain
from shouwang.engine.frame import Frame, frame_of
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity
from shouwang.engine.tree import LEAST
from tests.engine.households import cases

DAYS = (date(2030, 6, 1), date(2031, 12, 31), date(2032, 3, 15), date(2033, 1, 1))
QUIET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def called(book: Book, given_cases: list[Case], as_of: date, standards: ParameterTable) -> list[object]:
    """Every result of every household, called one by one."""
    return [
        value
        for case in given_cases
        for outcome in [evaluate(book, case, as_of, standards, list(book.definitions))]
        for values in (outcome.household, *outcome.persons)
        for value in values.items()
    ]


def read_off(book: Book, results: Frame) -> list[object]:
    """The same list read off a frame of results."""
    own = [name for name in book.definitions if book.entity_of(name) is Entity.PERSON]
    shared = [name for name in book.definitions if book.entity_of(name) is Entity.HOUSEHOLD]
    found: list[object] = []
    for household in range(results.households):
        found += [(name, results.household[name].at(household)) for name in shared]
        for row in range(int(results.offsets[household]), int(results.offsets[household + 1])):
            found += [(name, results.person[name].at(row)) for name in own]
    return found


@pytest.fixture(scope="module", params=["columns", "sql"])
def bulk(request: pytest.FixtureRequest):
    return {"columns": evaluate_columns, "sql": evaluate_sql}[request.param]


@given(data=st.data(), as_of=st.sampled_from(DAYS))
@QUIET
def test_columns_and_sql_give_what_calls_give(toyland, standards, bulk, data, as_of):
    chosen = data.draw(st.lists(cases(toyland), min_size=1, max_size=6))
    results = bulk(toyland, frame_of(toyland, chosen), as_of, standards)
    assert read_off(toyland, results) == called(toyland, chosen, as_of, standards)


@given(data=st.data(), as_of=st.sampled_from(DAYS))
@QUIET
def test_an_explanation_recomputes_every_result(toyland, standards, data, as_of):
    case = data.draw(cases(toyland))
    outcome = evaluate(toyland, case, as_of, standards)
    told = {name: explain(toyland, case, as_of, standards, name) for name in outcome.household}
    assert {name: each.value for name, each in told.items()} == outcome.household
    for position, person in enumerate(outcome.persons):
        for name, value in person.items():
            assert explain(toyland, case, as_of, standards, name, position).value == value
    assert all(each.missing for each in told.values() if each.value is None)


@given(data=st.data(), as_of=st.sampled_from(DAYS))
@QUIET
def test_the_nearest_change_does_change_the_outcome(toyland, standards, data, as_of):
    case = data.draw(cases(toyland))
    for name, version in toyland.versions_on(as_of, case.area_code).items():
        if version.unit == "bool" and version.entity is Entity.HOUSEHOLD:
            told = explain(toyland, case, as_of, standards, name)
            change = told.nearest_change
            if change is not None:
                now = compute(toyland, case, as_of, standards, [name], assumed={(change.name, None): change.to})
                assert now.household[name] is (not told.value)


def test_every_unknown_outcome_names_what_it_lacks(toyland, standards):
    outcome = evaluate(toyland, Case("980101001001", {}, [{}]), date(2032, 3, 15), standards)
    unknown = [
        name for values in (outcome.household, *outcome.persons) for name, value in values.items() if value is None
    ]
    assert set(unknown) == set(outcome.missing)
    assert outcome.missing["promoted"] == ("grade", "grade_before", "grade_days", "param:notice_days")
    assert outcome.missing["licence_ending"] == ("licence_days", "param:notice_days")


@pytest.mark.parametrize("reading", [evaluate_columns, evaluate_sql])
def test_a_household_without_members_counts_nobody_and_keeps_its_row(toyland, standards, reading):
    member = {"away": False, "age": 70, "grade": 0, "harvest": 500, "rent": 0, "shells": 0}
    chosen = [Case("970101001001", {"barns": 1}, members) for members in ([], [member], [], [member, member], [])]
    results = reading(toyland, frame_of(toyland, chosen), date(2032, 3, 15), standards)
    assert results.household["eaters"].values.tolist() == [0, 1, 0, 2, 0]
    assert results.household["household_harvest"].values.tolist() == [0, 500, 0, 1000, 0]
    assert results.household["any_child"].values.tolist() == [False] * 5
    assert results.household["any_child"].known.all()


@pytest.mark.parametrize("reading", [evaluate_columns, evaluate_sql])
def test_no_household_at_all_gives_empty_columns(toyland, standards, reading):
    results = reading(toyland, frame_of(toyland, []), date(2032, 3, 15), standards)
    assert len(results.household["eaters"].values) == 0
    assert len(results.person["counted"].values) == 0


def test_a_total_is_exact_even_where_partial_sums_leave_64_bits(toyland, standards):
    member = {"away": False, "age": 30, "grade": 0, "rent": 0, "shells": 0}
    harvests = ([2**62, 2**62, -(2**62)], [2**62, 2**62, 0])
    chosen = [Case("970101001001", {}, [{**member, "harvest": each} for each in group]) for group in harvests]
    for reading in (evaluate_columns, evaluate_sql):
        found = reading(toyland, frame_of(toyland, chosen), date(2032, 3, 15), standards).household["household_harvest"]
        assert [found.at(0), found.at(1)] == [2**62, None]
    outcome = evaluate(toyland, chosen[1], date(2032, 3, 15), standards)
    assert outcome.missing["household_harvest"] == ("overflow:household_harvest",)


def test_facts_outside_64_bits_are_unknown_and_never_cancel(toyland, standards):
    """Two impossible harvests that add up to nothing would make a household eligible."""
    member = {"away": False, "age": 30, "grade": 0, "rent": 0, "shells": 0}
    case = Case(
        "970101001001", {"roof_whole": False}, [{**member, "harvest": each} for each in (2**63, -(2**63) - 1, 1)]
    )
    outcome = evaluate(toyland, case, date(2032, 3, 15), standards)
    assert outcome.household["household_harvest"] is None
    assert outcome.household["bread_eligible"] is None
    assert "overflow:harvest" in outcome.missing["household_harvest"]
    assert toyland.label_of("overflow:harvest") == "“本年收成”计算结果超出范围"
    for reading in (evaluate_columns, evaluate_sql):
        found = reading(toyland, frame_of(toyland, [case]), date(2032, 3, 15), standards)
        assert found.household["household_harvest"].at(0) is None


@pytest.mark.parametrize("reading", [evaluate_columns, evaluate_sql])
def test_a_standard_outside_64_bits_is_one_nobody_set(toyland, standards, reading):
    """A margin derived from two standards may be: their product is bounded by nothing."""
    table = standards.overlaid([Assertion("seed_cost", "970101000000", 2**63, "", date(2030, 1, 1), source="local")])
    case, as_of = Case("970101001001", {}, [{}]), date(2032, 3, 15)
    assert evaluate(toyland, case, as_of, table, ["seed_price"]).persons == [{"seed_price": None}]
    assert reading(toyland, frame_of(toyland, [case]), as_of, table, ["seed_price"]).person["seed_price"].at(0) is None


def test_the_least_number_divided_by_minus_one_is_outside_64_bits_in_every_reading(toyland, standards):
    case = Case("970101001001", {"barns": -1}, [{"harvest": LEAST, "rent": 0, "shells": 0}])
    outcome = evaluate(toyland, case, date(2032, 3, 15), standards)
    assert outcome.persons[0]["net_harvest"] == LEAST
    assert outcome.persons[0]["harvest_per_barn"] is None
    assert outcome.missing["harvest_per_barn"] == ("overflow:harvest_per_barn",)
    for reading in (evaluate_columns, evaluate_sql):
        found = reading(toyland, frame_of(toyland, [case]), date(2032, 3, 15), standards)
        assert found.person["harvest_per_barn"].at(0) is None


def test_an_unknown_target_is_refused(toyland, standards):
    for reading in (evaluate_columns, evaluate_sql):
        with pytest.raises(KeyError, match="no rule is named bred"):
            reading(toyland, frame_of(toyland, []), date(2032, 3, 15), standards, ["bred"])


def test_only_the_targets_come_back(toyland, standards):
    results = evaluate_columns(
        toyland, frame_of(toyland, [Case("970101001001", {}, [{}])]), date(2032, 3, 15), standards, ["eaters", "child"]
    )
    assert (list(results.household), list(results.person)) == (["eaters"], ["child"])
    assert not np.any(results.household["eaters"].known)

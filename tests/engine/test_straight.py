"""One household in a row of calls: the same as trees read with three values, wherever numbers and gaps allow it at all."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouwang.engine.call import Case, assuming, compute, evaluate
from shouwang.engine.explain import explain, judging
from shouwang.engine.rule import Rule
from shouwang.engine.straight import ORDINARY, NotStraight, fits_of, straight
from tests.engine.households import cases

DAY = date(2032, 3, 15)
AREA = "970101001001"
QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def everything(toyland, standards, case):
    """The household's facts, its members' and the parameters as the straight function takes them."""
    plan = toyland.plan(DAY, toyland.regime(case.area_code))
    found = [standards.lookup(leaf.name, case.area_code, DAY) for leaf in plan.parameters]
    return plan, (case.household, case.members, tuple(None if each is None else each.value for each in found))


def filled(toyland, number=3):
    """A household of two of which every fact is known."""
    facts = {"person": {}, "household": {}}
    for name, spec in toyland.inputs.items():
        facts[spec.entity.value][name] = spec.unit != "bool" and number
    return Case(AREA, facts["household"], [facts["person"], dict(facts["person"])])


def step_by_step(toyland, standards, case):
    """Every value, each step by itself: an assumption about a name nobody has keeps to that way."""
    return compute(toyland, case, DAY, standards, assumed={("nobody", None): 0})


@given(data=st.data())
@QUIET
def test_a_row_of_calls_gives_what_step_by_step_gives_and_lacks_the_same(toyland, standards, data):
    case = data.draw(cases(toyland))
    mine, slow = compute(toyland, case, DAY, standards), step_by_step(toyland, standards, case)
    assert (mine.household, mine.persons) == (slow.household, slow.persons)
    assert (mine.missing, mine.persons_missing) == (slow.missing, slow.persons_missing)


def test_a_household_of_known_facts_goes_straight(toyland, standards):
    case = filled(toyland)
    plan, given_ = everything(toyland, standards, case)
    slow = step_by_step(toyland, standards, case)
    household, persons = straight(plan)(*given_)
    assert (household, persons) == (slow.household, slow.persons)
    assert [type(value) for value in household.values()] == [type(value) for value in slow.household.values()]


@pytest.mark.parametrize("value", [None, ORDINARY + 1, -ORDINARY - 1])
def test_what_is_missing_or_out_of_the_ordinary_is_left_to_the_trees(toyland, standards, value):
    case = filled(toyland)
    name = next(name for name, spec in toyland.inputs.items() if spec.unit == "fen" and spec.entity == "person")
    case.members[1][name] = value
    plan, given_ = everything(toyland, standards, case)
    with pytest.raises(NotStraight):
        straight(plan)(*given_)


def test_a_rule_is_called_only_where_no_step_can_leave_64_bits(toyland):
    definitions = [each for versions in toyland.definitions.values() for each in versions if isinstance(each, Rule)]
    asked = [(each, fits) for each in definitions if (fits := fits_of(each)) is not None]
    assert asked
    for each, fits in asked:
        assert fits(*[3] * len(each.arguments))
        assert not fits(*[-(2**63)] * len(each.arguments))


@given(data=st.data(), to=st.integers(-10, 400))
@QUIET
def test_what_if_one_value_were_another_is_what_computing_all_again_gives(toyland, standards, data, to):
    case = data.draw(cases(toyland))
    state = compute(toyland, case, DAY, standards)
    target = data.draw(st.sampled_from(sorted(state.plan.by_name)))
    towards = state.plan.towards([target])
    numbers = [
        name
        for name in sorted({each for step in towards.steps for each in step.definition.arguments})
        if toyland.unit_of(name) != "bool" and name in state.household
    ]
    if numbers:
        name = data.draw(st.sampled_from(numbers))
        again = compute(toyland, case, DAY, standards, [target], assumed={(name, None): to})
        mine = assuming(state, name, None, to, target)
        if toyland.entity_of(target) == "person":
            assert [own[target] for own in mine.persons] == [own[target] for own in again.persons]
        elif target != name:
            assert mine.household[target] == again.household[target]


def test_judged_and_explained_at_once_is_what_each_says(toyland, standards):
    case = filled(toyland)
    outcome, tell = judging(toyland, case, DAY, standards)
    assert outcome == evaluate(toyland, case, DAY, standards)
    for name in outcome.household:
        assert tell(name, None) == explain(toyland, case, DAY, standards, name)

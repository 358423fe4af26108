"""One household in a row of calls: the same as trees read with three values, wherever numbers and gaps allow it at all."""

from __future__ import annotations

import pickle
from collections import Counter
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouwang.engine.call import Case, State, assuming, compute, evaluate
from shouwang.engine.explain import explain, judging
from shouwang.engine.gaps import with_gaps, written
from shouwang.engine.meaning import Reading, Value
from shouwang.engine.rule import Aggregate, Entity, Rule
from shouwang.engine.straight import ORDINARY, NotStraight, fits_of, straight
from shouwang.engine.tree import Arithmetic, Name
from tests.engine.households import EDGES, cases, numbers
from tests.engine.trees import NUMBERS, TRUTHS, trees

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
    assert lacked(mine) == lacked(slow)


def lacked(state: State) -> dict[tuple[str, int | None], frozenset[str]]:
    """What every unknown value lacks, asked for one by one."""
    everybody = [(None, state.household), *enumerate(state.persons)]
    unknown = [(name, person) for person, own in everybody for name, value in own.items() if value is None]
    return {each: state.lacking(*each) for each in unknown}


def lacked_at_once(state: State, case: Case) -> dict[tuple[str, int | None], frozenset[str]]:
    """What every unknown value lacks, gathered step by step as the values come, nothing left for later."""
    found: dict[tuple[str, int | None], frozenset[str]] = {}

    def value(name: str, person: int | None) -> Value:
        own = {} if person is None else state.persons[person]
        return own[name] if name in own else state.household[name]

    def lacking(name: str, person: int | None) -> frozenset[str]:
        return found[name, person] if (name, person) in found else found.get((name, None), frozenset())

    for leaf in state.plan.parameters:
        if state.household[leaf.name] is None:
            found[leaf.name, None] = frozenset([f"param:{leaf.name}"])
    given_values = [(None, case.household, state.plan.household_inputs)]
    given_values += [(position, own, state.plan.person_inputs) for position, own in enumerate(case.members)]
    for person, facts, leaves in given_values:
        for leaf in leaves:
            if value(leaf.name, person) is None:
                said = leaf.name if facts.get(leaf.name) is None else f"overflow:{leaf.name}"
                found[leaf.name, person] = frozenset([said])
    for step in state.plan.steps:
        version = step.definition
        everybody = range(len(state.persons))
        if isinstance(version, Aggregate):
            if state.household[version.name] is None:
                untold = [position for position in everybody if share(state, version, position) is None]
                parts = [lacking(name, position) for position in untold for name in version.arguments]
                found[version.name, None] = frozenset().union(*parts) or frozenset([f"overflow:{version.name}"])
            continue
        for person in everybody if version.entity is Entity.PERSON else (None,):
            if value(version.name, person) is None:
                values = {name: value(name, person) for name in version.arguments}
                reading = Reading(version.name, values, lambda name, person=person: lacking(name, person))
                found[version.name, person] = reading.missing(version.body)
    return found


def share(state: State, aggregate: Aggregate, position: int) -> Value:
    """What one member adds, None if it cannot be told."""
    person = state.persons[position]
    chosen = True if aggregate.where is None else person[aggregate.where]
    if aggregate.kind == "any_of":
        return chosen
    amount = 1 if aggregate.of is None else person[aggregate.of]
    if chosen is None:
        return 0 if amount == 0 else None
    return amount if chosen else 0


@given(data=st.data())
@QUIET
def test_what_is_lacking_is_the_same_asked_for_later_or_gathered_at_once(toyland, standards, data):
    case = data.draw(cases(toyland))
    at_once = lacked_at_once(compute(toyland, case, DAY, standards), case)
    asked = list(at_once)
    state = compute(toyland, case, DAY, standards)
    for name, person in data.draw(st.permutations(asked)):
        assert state.lacking(name, person) == at_once[name, person]
    assert lacked(state) == at_once


rows = st.fixed_dictionaries(
    {
        **{name: st.one_of(st.sampled_from(EDGES), numbers(), st.none()) for name in NUMBERS},
        **{name: st.one_of(st.booleans(), st.none()) for name in TRUTHS},
    }
)


@given(trees(), st.lists(rows, min_size=1, max_size=6))
@settings(QUIET, max_examples=200)
def test_a_tree_written_out_gives_what_it_means(tree, given_rows):
    body, _ = tree
    read = written((*NUMBERS, *TRUTHS), body)
    for row in given_rows:
        meant, told = Reading("outcome", row).value(body), read(*[row[name] for name in (*NUMBERS, *TRUTHS)])
        assert (told, type(told)) == (meant, type(meant))


def test_a_sum_of_very_many_terms_is_written_out_too():
    body = Name("a")
    for _ in range(150):
        body = Arithmetic("+", body, Name("b"))
    assert [written(("a", "b"), body)(*row) for row in ((1, 2), (1, None))] == [301, None]


@given(data=st.data())
@QUIET
def test_a_household_with_gaps_goes_through_its_plan_at_once(toyland, standards, data):
    case = data.draw(cases(toyland))
    plan, given_ = everything(toyland, standards, case)
    slow = step_by_step(toyland, standards, case)
    try:
        household, persons = with_gaps(plan)(*given_)
    except NotStraight:
        held = [each for values in (slow.household, *slow.persons) for each in values.values() if each is not None]
        given_facts = [
            each for values in (case.household, *case.members) for each in values.values() if each is not None
        ]
        assert any(abs(each) > ORDINARY for each in (*held, *given_facts))
    else:
        assert (household, persons) == (slow.household, slow.persons)
        for mine, theirs in zip((household, *persons), (slow.household, *slow.persons), strict=True):
            assert {name: type(value) for name, value in mine.items()} == {name: type(theirs[name]) for name in theirs}


def test_a_household_of_known_facts_goes_straight(toyland, standards):
    case = filled(toyland)
    plan, given_ = everything(toyland, standards, case)
    slow = step_by_step(toyland, standards, case)
    household, persons = straight(plan)(*given_)
    assert (household, persons) == (slow.household, slow.persons)
    assert [type(value) for value in household.values()] == [type(value) for value in slow.household.values()]


def test_a_fact_left_out_of_a_mapping_that_makes_up_what_it_lacks_is_unknown(toyland, standards):
    outcome = evaluate(toyland, Case(AREA, Counter()), DAY, standards, ["licence_ending"])
    assert outcome.household["licence_ending"] is None
    assert outcome.missing["licence_ending"] == ("licence_days",)


@pytest.mark.parametrize("gap", [False, True])
def test_facts_from_numpy_are_judged_as_the_plain_ones_they_stand_for(toyland, standards, gap):
    case = filled(toyland, number=0)
    case.household["debt"] = None if gap else 0

    def numpys(facts):
        return {name: value if value is None else np.array(value)[()] for name, value in facts.items()}

    same = Case(AREA, numpys(case.household), [numpys(member) for member in case.members])
    meant, told = (evaluate(toyland, each, DAY, standards) for each in (case, same))
    assert (repr(told), told.missing) == (repr(meant), meant.missing)
    assert told.missing["harvest_per_barn"] == ("division:harvest_per_barn",)


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
    alone = evaluate(toyland, case, DAY, standards)
    assert outcome == alone
    assert (outcome.missing, outcome.persons_missing) == (alone.missing, alone.persons_missing)
    for name in outcome.household:
        assert tell(name, None) == explain(toyland, case, DAY, standards, name)


def test_a_fact_filled_in_after_judging_leaves_the_reasons_as_they_were(toyland, standards):
    case = Case(AREA, {"roof_whole": None, "debt": 0}, filled(toyland).members)
    outcome, tell = judging(toyland, case, DAY, standards)
    case.household["roof_whole"], case.area_code, case.members = True, "980101001001", []
    told = tell("bread_eligible", None)
    assert outcome.missing["bread_eligible"] == ("roof_whole",)
    assert (told.condition, told.missing) == ("屋顶完好[未知]", ("屋顶完好",))


def test_an_outcome_sent_elsewhere_still_says_what_it_lacks_and_carries_no_rules(toyland, standards):
    outcome = evaluate(toyland, Case(AREA, {}, [{}]), DAY, standards)
    sent = pickle.dumps(outcome)
    there = pickle.loads(sent)
    assert (there, there.missing, there.persons_missing) == (outcome, outcome.missing, outcome.persons_missing)
    assert there.missing
    assert b"shouwang.engine.rule" not in sent

"""The nearest change: what a short search finds is what looking everywhere finds."""

from __future__ import annotations

from datetime import date
from math import inf

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouwang.engine.call import compute, result_of
from shouwang.engine.nearest import FARTHEST, _deciding, _first, _nearest, _turning, nearest_change
from shouwang.engine.rule import Entity, Rule
from shouwang.engine.sayings import Sayings
from shouwang.engine.words import Words
from tests.engine.households import cases

DAY = date(2032, 3, 15)
QUIET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@given(data=st.data())
@QUIET
def test_the_first_of_the_candidates_in_order_that_turns_it_is_the_nearest_of_all_that_do(toyland, standards, data):
    case = data.draw(cases(toyland))
    state = compute(toyland, case, DAY, standards)
    sayings = Sayings(toyland, state.plan, Words(toyland, state.plan.by_name))
    for name, rule in state.plan.by_name.items():
        if not isinstance(rule, Rule) or rule.entity is not Entity.HOUSEHOLD or state.household[name] is None:
            continue
        outcome, found = state.household[name], []
        for deciding in _deciding(sayings, state, rule, None, set()) if isinstance(outcome, bool) else ():
            for number, now, to in _turning(sayings, state, deciding, None):
                again = compute(toyland, case, DAY, standards, [name], assumed={(number, None): to})
                if again.household[name] is (not outcome):
                    counted = toyland.unit_of(number) == "count"
                    found.append((counted, abs(to - now) / max(abs(now), 1), number, now, to))
        told = nearest_change(state, rule, person=None, sayings=sayings)
        assert (told and (told.name, told.now, told.to)) == (min(found)[2:] if found else None)


@given(data=st.data(), lowest=st.sampled_from([0, -FARTHEST]))
@QUIET
def test_a_search_downwards_that_stops_where_upwards_was_nearer_finds_the_same(toyland, data, lowest):
    rules = [
        rule
        for versions in toyland.definitions.values()
        for rule in versions
        if isinstance(rule, Rule) and rule.unit == "bool" and rule.arguments
    ]
    rule = data.draw(st.sampled_from(rules))
    values = tuple(
        data.draw(st.booleans() if toyland.unit_of(name) == "bool" else st.integers(-200, 2_000))
        for name in rule.arguments
    )
    for place, now in enumerate(values):
        if isinstance(now, bool):
            continue
        outcome = result_of(rule, values)

        def turned(to: int, place: int = place, outcome: object = outcome) -> bool:
            found = result_of(rule, [*values[:place], to, *values[place + 1 :]])
            return isinstance(found, bool) and found is not outcome

        both = [to for limit in (FARTHEST, lowest) if (to := _first(turned, now, limit, inf)) is not None]
        nearest = min(both, key=lambda to, now=now: abs(to - now)) if both else None
        assert _nearest(rule, values, place, lowest) == nearest

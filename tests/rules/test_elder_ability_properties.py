"""What must hold of the ability assessment whatever the 26 scores: bounds, bands, and one way only."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, evaluate
from shouwang.engine.parameters import Assertion, ParameterTable

AREA = "990101000000"
DAY = date(2026, 10, 31)
BOOK: Book = load_book("shouwang.rules")
MAXIMA = {
    name: int(found[1])
    for name, spec in BOOK.inputs.items()
    if name.startswith("ability_") and (found := re.search(r"（0至(\d)分）", spec.label))
}
BANDS = ((90, 0), (66, 1), (46, 2), (30, 3), (0, 4))
TARGETS = ("ability_items_valid", "ability_score", "ability_first_level", "ability_level")
scores = st.fixed_dictionaries({name: st.integers(0, most) for name, most in MAXIMA.items()})
others = st.fixed_dictionaries(
    {"dementia_or_mental": st.booleans(), "ability_coma": st.booleans(), "risk_events_30_days": st.integers(0, 3)}
)
coma_levels = st.sampled_from([3, 4])


def table(coma: int) -> ParameterTable:
    return BOOK.table([Assertion("ability_coma_level", AREA, coma, "code", date(2022, 12, 30), source="local")])


def assessed(elder: dict[str, Any], coma: int = 4) -> dict[str, Any]:
    return evaluate(BOOK, Case(AREA, {}, [elder]), DAY, table(coma), TARGETS).persons[0]


def test_the_form_has_26_items_and_90_points() -> None:
    assert (len(MAXIMA), sum(MAXIMA.values())) == (26, 90)


@given(scores, others, coma_levels)
@settings(max_examples=200, deadline=None)
def test_score_and_level_are_the_sum_and_its_band(own: dict[str, int], more: dict[str, Any], coma: int) -> None:
    total = sum(own.values())
    first = next(level for least, level in BANDS if total >= least)
    worse = more["dementia_or_mental"] or more["risk_events_30_days"] >= 2
    level = min(first + worse, 4)
    level = max(level, coma) if more["ability_coma"] else level
    assert assessed({**own, **more}, coma) == dict(zip(TARGETS, (True, total, first, level), strict=True))


@given(scores, others, coma_levels, st.data())
@settings(max_examples=150, deadline=None)
def test_a_better_score_never_makes_the_level_worse(
    own: dict[str, int], more: dict[str, Any], coma: int, data: st.DataObject
) -> None:
    better = {name: data.draw(st.integers(value, MAXIMA[name])) for name, value in own.items()}
    before, after = assessed({**own, **more}, coma), assessed({**better, **more}, coma)
    assert after["ability_score"] >= before["ability_score"]
    assert after["ability_level"] <= before["ability_level"]


@given(scores, others, st.sampled_from(sorted(MAXIMA)), st.integers(1, 10), st.booleans())
@settings(max_examples=150, deadline=None)
def test_one_score_out_of_range_makes_the_total_unknown(
    own: dict[str, int], more: dict[str, Any], name: str, by: int, below: bool
) -> None:
    slipped = {**own, name: -by if below else MAXIMA[name] + by}
    got = assessed({**slipped, **more, "ability_coma": False})
    assert got == {"ability_items_valid": False} | dict.fromkeys(TARGETS[1:])


@given(scores, others, st.data())
@settings(max_examples=150, deadline=None)
def test_learning_a_fact_never_flips_what_was_decided(
    own: dict[str, int], more: dict[str, Any], data: st.DataObject
) -> None:
    full = {**own, **more}
    hidden = {name: None if data.draw(st.integers(0, 9)) == 0 else value for name, value in full.items()}
    told = assessed(full)
    for name, value in assessed(hidden).items():
        assert value is None or value == told[name], name

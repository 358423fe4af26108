"""探访: the days in the parameters agree with the clocks of the same articles, and the shortest interval holds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, evaluate
from shouwang.engine.parameters import Assertion
from shouwang.rules.clocks import clock, deadline

AREA = "990101000000"
DAY = date(2026, 6, 30)
BOOK: Book = load_book("shouwang.rules")
FACTS = (
    "elder_lives_alone",
    "elder_empty_nest",
    "elder_incapacitated",
    "elder_special_family",
    "children_away",
    "elder_no_carer",
    "father_away",
    "mother_away",
    "father_cannot_guard",
    "mother_cannot_guard",
    "returned_from_wandering",
    "husband_away",
    "risk_event",
)
ENROLLED = ("on_dibao", "on_tekun", "on_dibao_marginal", "on_rigid_expenditure", "on_anti_poverty")
members = st.fixed_dictionaries(
    {
        "age": st.integers(0, 95),
        "deceased": st.booleans(),
        "custody_kind": st.sampled_from([0, 0, 1]),
        "lives_apart": st.sampled_from([False, False, True]),
        "disability_grade": st.integers(0, 4),
        "children_away_days": st.integers(0, 400),
        "husband_away_days": st.integers(0, 400),
        **{name: st.booleans() for name in (*FACTS, *ENROLLED)},
    }
)
LIMITS = st.fixed_dictionaries(
    {
        "left_behind_elder_days": st.integers(1, 365),
        "visit_days_child": st.integers(1, 100),
        "visit_days_woman": st.integers(1, 100),
        "visit_days_red": st.integers(0, 100),
        "visit_days_yellow": st.integers(0, 100),
    }
)
SAID = ("special_difficulty_elder", "left_behind_child", "left_behind_woman", "returned_minor", "visit_tier")
TARGETS = (*SAID, "visit_interval_days", "visit_required")


def national(item: str) -> int:
    found = BOOK.parameters.lookup(item, AREA, DAY)
    assert found is not None
    return found.value


def test_the_days_written_for_rules_are_those_of_the_clocks() -> None:
    assert national("parent_contact_days") == clock("children.parent_contact", AREA, DAY).length
    quarter = clock("children.return_visit", AREA, DAY)
    starts = [date(2025, 1, 1) + timedelta(days=n) for n in range(366)]
    longest = max((deadline(quarter, each) - each).days for each in starts)
    shortest = min((deadline(quarter, each) - each).days for each in starts)
    assert shortest <= national("visit_days_returned") <= longest


@given(st.lists(members, min_size=1, max_size=3), LIMITS)
@settings(max_examples=150, deadline=None)
def test_whoever_is_in_a_class_is_visited_by_the_shortest_interval(
    people: list[dict[str, Any]], limits: dict[str, int]
) -> None:
    rows = [
        Assertion(item, AREA, value, "days", valid_from=date(2024, 1, 1), source="local")
        for item, value in limits.items()
    ]
    outcome = evaluate(BOOK, Case(AREA, {}, people), DAY, BOOK.table(rows), TARGETS)
    by_class = {
        "special_difficulty_elder": 30,
        "left_behind_child": limits["visit_days_child"],
        "left_behind_woman": limits["visit_days_woman"],
        "returned_minor": 90,
    }
    for person, got in zip(people, outcome.persons, strict=True):
        intervals = [days for name, days in by_class.items() if got[name]]
        tier = {1: limits["visit_days_red"], 2: limits["visit_days_yellow"]}.get(got["visit_tier"], 0)
        expected = min([*intervals, *([tier] if tier else [])], default=0)
        assert got["visit_interval_days"] == expected
        assert got["visit_required"] == (expected > 0)
        assert (got["visit_tier"] == 0) == (not any(got[name] for name in by_class))
        assert not person["deceased"] or expected == 0

"""事实无人抚养儿童 against the handbook's table written a second time, over random parents and both texts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouwang.engine.book import Book, load_book
from shouwang.engine.call import Case, evaluate

AREA = "990101000000"
BOOK: Book = load_book("shouwang.rules")
ADDED = date(2020, 12, 24)
rarely = st.integers(0, 4).map(lambda draw: draw == 0)
months = st.one_of(st.just(0), st.integers(0, 12))

parents = st.fixed_dictionaries(
    {
        "dead": rarely,
        "declared_missing": rarely,
        "disability_grade": st.sampled_from([0, 0, 0, 1, 2, 3, 4]),
        "disability_kind": st.integers(1, 7),
        "serious_illness": rarely,
        "custody_kind": st.sampled_from([0, 0, 0, 1, 2, 3]),
        "custody_months": months,
        "lost_contact_months": months,
        "duty_unfulfilled": st.booleans(),
        "guardianship_revoked": rarely,
        "deported": rarely,
        "looked_into_days": st.integers(0, 400),
    }
)


def gone(parent: dict[str, Any]) -> bool:
    return bool(parent["dead"] or parent["declared_missing"])


def in_the_list(parent: dict[str, Any], day: date) -> bool:
    severe = parent["disability_grade"] in {1, 2} or (
        parent["disability_grade"] in {3, 4} and parent["disability_kind"] in {5, 6}
    )
    held = parent["custody_kind"] != 0 and parent["custody_months"] >= 6
    lost = parent["lost_contact_months"] >= 6 and parent["duty_unfulfilled"]
    added = parent["guardianship_revoked"] or (parent["deported"] and parent["duty_unfulfilled"])
    return bool(severe or parent["serious_illness"] or held or lost or (day >= ADDED and added))


def facts_of(father: dict[str, Any], mother: dict[str, Any]) -> dict[str, Any]:
    return {
        **{f"father_{name}": value for name, value in father.items()},
        **{f"mother_{name}": value for name, value in mother.items()},
    }


def child(age: int, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "age": age,
        "deceased": False,
        "on_orphan": False,
        "on_unsupported_child": False,
        "parents_not_found": False,
        **facts,
    }


def judged(person: dict[str, Any], day: date) -> tuple[Any, Any]:
    result = evaluate(BOOK, Case(AREA, {}, [person]), day, BOOK.table(), ("orphan", "unsupported_child")).persons[0]
    return result["orphan"], result["unsupported_child"]


@given(parents, parents, st.integers(0, 19), st.sampled_from([date(2020, 6, 1), date(2020, 12, 24), date(2026, 6, 30)]))
@settings(max_examples=200, deadline=None)
def test_the_table_is_the_handbooks(father: dict[str, Any], mother: dict[str, Any], age: int, day: date) -> None:
    f_gone, m_gone = gone(father), gone(mother)
    f_list, m_list = in_the_list(father, day), in_the_list(mother, day)
    orphan = age < 18 and f_gone and m_gone
    both = (f_list and m_list) or (f_gone and m_list) or (m_gone and f_list)
    assert judged(child(age, facts_of(father, mother)), day) == (orphan, age < 18 and both and not (f_gone and m_gone))


@given(parents, parents, st.integers(0, 19), st.data())
@settings(max_examples=200, deadline=None)
def test_learning_of_a_parent_never_flips_what_was_decided(
    father: dict[str, Any], mother: dict[str, Any], age: int, data: st.DataObject
) -> None:
    day = date(2026, 6, 30)
    facts = facts_of(father, mother)
    hidden = data.draw(st.sets(st.sampled_from(sorted(facts)), max_size=6))
    full = judged(child(age, facts), day)
    partly = judged(child(age, {name: None if name in hidden else value for name, value in facts.items()}), day)
    for before, after in zip(partly, full, strict=True):
        assert before is None or before == after


@pytest.mark.parametrize("one", ["father", "mother"])
def test_silence_about_the_other_parent_is_no_refusal(one: str) -> None:
    nothing = {
        "dead": False,
        "declared_missing": False,
        "disability_grade": 0,
        "disability_kind": 0,
        "serious_illness": False,
        "custody_kind": 0,
        "custody_months": None,
        "lost_contact_months": 0,
        "duty_unfulfilled": None,
        "guardianship_revoked": False,
        "deported": False,
        "looked_into_days": None,
    }
    ill = {**nothing, "serious_illness": True}
    facts = facts_of(ill, nothing) if one == "father" else facts_of(nothing, ill)
    assert judged(child(9, facts), date(2026, 6, 30)) == (False, None)
    assert judged(child(9, facts_of(nothing, nothing)), date(2026, 6, 30)) == (False, False)

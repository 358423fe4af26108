"""Every policy is asked something, every question names rules that exist, and each is answered in a readable paragraph."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shouwang.engine.book import Book
from shouwang.engine.explain import explain
from shouwang.engine.plain import APPEAL, MOST, plain
from shouwang.engine.rule import Entity
from shouwang.engine.sources import BookError
from shouwang.rules import questions
from shouwang.rules.coverage import benefits
from shouwang.rules.questions import is_of_person, questions_of
from tests.rules.decided import all_decisions, households

RULES = Path(questions.__file__).parent
ASKED_NOTHING = {"clocks", "area_figures", "warnings"}
"""Day counts and figures others measure by answer no question; a warning is a reason to look, told by monitoring."""
SIGNS = re.compile(r"[\[\]<>≤≥≠×÷=_]|[a-z]{2,}|成员\d")


def test_every_policy_is_asked(book: Book) -> None:
    folders = {path.name for path in RULES.iterdir() if (path / "__init__.py").exists()}
    assert {question.policy for question in questions_of(book)} == folders - ASKED_NOTHING


def test_a_question_asks_rules_of_its_own_policy_once(book: Book) -> None:
    asked = [rule for question in questions_of(book) for rule in question.rules]
    assert len(asked) == len(set(asked))
    for question in questions_of(book):
        for rule in question.rules:
            assert f"/rules/{question.policy}/" in book.definitions[rule][0].file, rule
        assert is_of_person(book, question) == (book.entity_of(question.rules[-1]) is Entity.PERSON)
    labels = [question.label for question in questions_of(book)]
    assert len(labels) == len(set(labels))


def test_what_coverage_looks_for_is_asked_too(book: Book) -> None:
    asked = {rule for question in questions_of(book) for rule in question.rules}
    assert {benefit.scheme.eligible for benefit in benefits().values()} <= asked


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {policy: dibao, label: 低保, eligible: no_such_rule}", "no_such_rule is no rule"),
        ("- {policy: dibao, label: 低保}", "nothing is no rule"),
        ("- {policy: dibao, eligible: dibao_eligible}", "needs policy, label"),
        ("- {policy: dibao, label: 低保, eligible: dibao_eligible, amounts: x}", "needs policy, label"),
        ("- {policy: dibao, label: 低保, eligible: dibao_eligible, amount: countable_income}", "different subjects"),
        ("- {policy: dibao, label: 低保, eligible: dibao_gap_amount}", "no truth value"),
    ],
)
def test_a_slip_in_the_list_is_refused(book: Book, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BookError, match=said):
        questions_of(book, path)


def test_every_answer_is_said_in_a_short_paragraph_without_signs(book: Book) -> None:
    answers = 0
    for decision in all_decisions():
        told = decision.kept.explanation
        for decided in (False, True):
            said = plain(book, told, decision.day, who="某某", decided=decided)
            assert len(said) <= MOST, said
            assert not SIGNS.search(said), said
            assert said.endswith(APPEAL) == decided
            answers += 1
        if told.value is None:
            assert "现在还不能判断" in said
    assert answers > 100


def test_the_law_in_force_is_asked(book: Book) -> None:
    """A question can be put to a case: the rule is explained without fault for the household or its first member."""
    name, worked, parameters = households()[0]
    in_force = book.versions_on(worked.as_of, worked.case.area_code)
    for question in questions_of(book):
        for rule in question.rules:
            if rule in in_force:
                person = 0 if is_of_person(book, question) else None
                assert explain(book, worked.case, worked.as_of, parameters, rule, person).label, (name, rule)

"""A stored decision is told again to the same bytes under any later rule set, and no past decision changes unnoticed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from shouwang.engine.book import Book
from shouwang.engine.explain import explain
from shouwang.engine.keeping import told_again
from shouwang.engine.parameters import Assertion
from shouwang.engine.rule import LOCAL, Aggregate, Cite, Rule
from shouwang.engine.tree import Const
from tests.rules.decided import FILE, FIRST, HEAD, STANDARDS_RAISED, Decision, all_decisions, days, households

LATER = date(2028, 1, 1)
LOCAL_LATER = date(2027, 12, 1)


@pytest.fixture(scope="module")
def made() -> tuple[Decision, ...]:
    return all_decisions()


def later_law(book: Book) -> Book:
    """From 2028 every rule says no or nothing, under another label and article; every national number is another."""
    versions = []
    for chain in book.definitions.values():
        for each in chain:
            if each.until is not None or each.since >= LATER:
                continue
            new = replace(each, since=LATER, label=f"新{each.label}", cites=(Cite(LOCAL, ""),))
            if isinstance(new, Rule):
                nothing = new.unit != "bool" and 0
                new = replace(new, body=Const(nothing), function=lambda *_, nothing=nothing: nothing)
            elif isinstance(new, Aggregate):
                new = replace(new, line=each.line + 1)
            versions.append(new)
    values = [
        Assertion(row.item, row.area_code, row.value + 1, row.per, LATER, source=LOCAL)
        for row in book.parameters.assertions()
        if row.valid_to is None
    ]
    return book.followed(*versions, values=values)


def reworded(book: Book) -> Book:
    """Every input, parameter and document is called something else, and every text is taken as read in full."""
    return Book(
        definitions=[each for chain in book.definitions.values() for each in chain],
        items=book.items,
        inputs={name: replace(spec, label=f"新{spec.label}") for name, spec in book.inputs.items()},
        parameter_specs={
            name: replace(spec, label=f"新{spec.label}", unconfirmed=not spec.unconfirmed)
            for name, spec in book.parameter_specs.items()
        },
        parameters=book.parameters,
        sources={
            key: replace(source, title=f"新{source.title}", confidence="A") for key, source in book.sources.items()
        },
        fingerprint=book.fingerprint,
    )


def again(decision: Decision, under: Book) -> bytes:
    """The decision after a stay in a database, told under another book."""
    kept = decision.kept
    case, parameters, words = json.loads(json.dumps([kept.case, kept.parameters, kept.words], ensure_ascii=False))
    return told_again(under, kept.target, kept.person, kept.as_of, case, parameters, words).as_bytes()


def test_every_day_on_which_the_law_changes_is_walked(book: Book, made: tuple[Decision, ...]) -> None:
    walked = days(book)
    assert walked[0] == FIRST
    assert {day for day in book.change_dates() if FIRST <= day < LATER} <= set(walked)
    assert len({decision.day for decision in made}) >= 8
    assert STANDARDS_RAISED in {decision.day for decision in made}
    assert len(households()) >= 10
    assert {decision.kept.explanation.value is None for decision in made} == {True, False}


def test_between_two_decisions_nothing_changes(book: Book, made: tuple[Decision, ...]) -> None:
    """Days on which nothing a rule rests on changes are passed over; one household shows that nothing is lost by it."""
    name, worked, parameters = households()[0]
    known = {
        (each.kept.target, each.kept.person, each.day): each.kept.explanation for each in made if each.case == name
    }
    last = {}
    for day in days(book):
        last |= {(rule, person): told for (rule, person, since), told in known.items() if since == day}
        for (rule, person), told in last.items():
            if rule in book.versions_on(day, worked.case.area_code):
                assert explain(book, worked.case, day, parameters, rule, person).as_bytes() == told.as_bytes()


@pytest.mark.parametrize("change", [later_law, reworded])
def test_a_stored_decision_is_told_again_to_the_same_bytes(book: Book, made: tuple[Decision, ...], change) -> None:
    later = change(book)
    differing = [each.line for each in made if again(each, later) != each.kept.explanation.as_bytes()]
    assert differing == []


def test_the_later_law_is_another_law(book: Book, made: tuple[Decision, ...]) -> None:
    """Else the test above would prove nothing."""
    last = made[-1].kept
    later = later_law(book)
    told = told_again(later, last.target, last.person, LATER, last.case, last.parameters, last.words)
    assert told.label.startswith("新")
    assert reworded(book).label_of("age") != book.label_of("age")


def test_an_edited_past_rule_shows(book: Book, made: tuple[Decision, ...]) -> None:
    decision = next(each for each in made if each.kept.target == "dibao_eligible" and each.kept.explanation.value)
    chain = [
        replace(each, body=Const(False), function=lambda *_: False) if each.name == "dibao_eligible" else each
        for versions in book.definitions.values()
        for each in versions
    ]
    edited = Book(
        definitions=chain,
        items=book.items,
        inputs=book.inputs,
        parameter_specs=book.parameter_specs,
        parameters=book.parameters,
        sources=book.sources,
        fingerprint="",
    )
    assert again(decision, edited) != decision.kept.explanation.as_bytes()


def test_later_local_standards_change_no_earlier_explanation(book: Book, made: tuple[Decision, ...]) -> None:
    """Computed anew from the whole table, not from what was kept."""
    tables = {name: (worked, parameters) for name, worked, parameters in households()}
    later_tables = {}
    for name, (_, parameters) in tables.items():
        rows = [row for row in parameters.assertions() if row.source == LOCAL and row.valid_to is None]
        newest = {(row.item, row.area_code): row for row in rows}
        later_tables[name] = parameters.overlaid(
            replace(row, valid_from=LOCAL_LATER, value=row.value + 1) for row in newest.values()
        )
    for decision in made:
        if decision.day < LOCAL_LATER:
            kept, worked = decision.kept, tables[decision.case][0]
            told = explain(book, worked.case, decision.day, later_tables[decision.case], kept.target, kept.person)
            assert told.as_bytes() == kept.explanation.as_bytes(), decision.line


def test_no_past_decision_has_changed(made: tuple[Decision, ...]) -> None:
    """If this fails, a rule, number or wording that was in force in the past was edited. See docs/how-to/past-decisions.md."""
    stored = FILE.read_text(encoding="utf-8").removeprefix(HEAD).splitlines()
    now = [decision.line for decision in made]
    gone, new = sorted(set(stored) - set(now)), sorted(set(now) - set(stored))
    assert stored == now, "\n".join(
        [
            "a decision of the past comes out otherwise (case | rule | member | from | value | digest):",
            *(f"- {line}" for line in gone[:20]),
            *(f"+ {line}" for line in new[:20]),
            "a past rule is never edited: add a version with its own first day.",
            "If the past itself was wrong, or a case, question or word changed on purpose:",
            "  PYTHONPATH=src python -m tests.rules.decided",
        ]
    )

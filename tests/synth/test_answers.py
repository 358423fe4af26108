"""The answer book of the demo county against the rules themselves: two readings of the same facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.book import Book, load_book
from shouwang.engine.compare.state import fold_facts
from shouwang.engine.frame import OPEN, FactColumns, Frame, People
from shouwang.engine.parameter_csv import read_assertions
from shouwang.lib.dates import add_months, day_number
from shouwang.synth.circumstances import CLASSES, NONE
from shouwang.synth.county.expected import HOUSEHOLD_RULES
from shouwang.synth.county.residents import BLANK, Residents
from shouwang.synth.county.rows import (
    Asset,
    Benefit,
    Custody,
    Death,
    Disability,
    Disaster,
    Employment,
    Medical,
    Pension,
    School,
)
from shouwang.synth.county.standards import write_standards
from shouwang.synth.county.write import County, stage_county

AS_OF = date(2026, 10, 31)
SMALL = (5, 24_000, 3_000)
DEMO = (20261031, 120_000, 9_000)
ASSETS = {"vehicle": "vehicle.registered", "realestate": "realestate.registered", "market": "market.entity"}
Fact = tuple[str, int, int, date, date | None]


@pytest.fixture(scope="module", params=[SMALL, DEMO], ids=["small", "demo"])
def county(request: pytest.FixtureRequest) -> County:
    seed, residents, low_income = request.param
    return stage_county(seed, AS_OF, residents, low_income)


def _facts(feed: str, row: object, month: date) -> Iterator[Fact]:
    """What a delivered record says, in the register's vocabulary."""
    match row:
        case Medical(person, day, visit, total, paid, illness):
            item, value = ("inpatient_self_paid", paid) if visit == "住院" else ("outpatient_cost", total)
            yield f"medical.{item}", person, value, day, day + timedelta(days=1)
            if illness:
                yield "medical.serious_illness", person, 1, day, None
        case Disability(person, _, grade, issued, cancelled):
            yield "disability.grade", person, grade, issued, month if cancelled else None
        case Death(person, day, _):
            yield "death.registered", person, 1, day, None
        case Pension(person, first, _, amount):
            yield "pension.monthly", person, amount, first, add_months(first, 1)
        case School(person, _, stage, status, day, paid):
            yield "school.stage", person, stage, day, None
            yield "school.status", person, status, day, None
            if paid is not None:
                yield "school.self_paid", person, paid, date(2026, 9, 1), date(2026, 9, 2)
        case Asset(person, _, kind, day, ended, _):
            if kind != "残疾人代步车":
                yield ASSETS[feed], person, 1, day, ended
        case Employment(person, status, day, _, wage):
            yield "employment.status", person, status, day, None
            yield "employment.wage", person, wage or 0, day, None
        case Custody(person, kind, day, last):
            yield "custody.held", person, kind, day, last and last + timedelta(days=1)
        case Benefit(person, _, first, amount, returned, place):
            if returned:
                yield "benefit.returned", person, 1, first, first + timedelta(days=1)
            else:
                yield "benefit.paid", person, amount, first, add_months(first, 1)
                yield "benefit.place", person, int(place[:6]), first, add_months(first, 1)
        case Disaster(person, _, day, _, loss):
            yield "disaster.loss", person, loss, day, day + timedelta(days=1)


def _columns(facts: list[Fact]) -> FactColumns:
    items = sorted({fact[0] for fact in facts})
    code = {item: place for place, item in enumerate(items)}
    return FactColumns(
        items,
        np.array([fact[1] for fact in facts], dtype=np.int64),
        np.array([code[fact[0]] for fact in facts], dtype=np.int64),
        np.array([fact[2] for fact in facts], dtype=np.int64),
        np.array([day_number(fact[3]) for fact in facts], dtype=np.int32),
        np.array([OPEN if fact[4] is None else day_number(fact[4]) for fact in facts], dtype=np.int32),
    )


def _from_register(residents: Residents) -> tuple[list[Fact], list[Fact]]:
    start = date(2026, 1, 1)
    persons: list[Fact] = [
        (f"category.{CLASSES[category]}", person, 1, start, None)
        for person, category in enumerate(residents.category.tolist())
        if category != NONE
    ]
    for item, column in (
        ("income.wage_year", residents.wage),
        ("income.business_net_year", residents.business),
        ("income.property_net_year", residents.rent),
        ("income.transfer_net_year", residents.transfer),
        ("pension.declared_monthly", residents.declared_pension),
    ):
        persons += [(item, p, amount, start, None) for p, amount in enumerate(column.tolist()) if amount != BLANK]
    households: list[Fact] = []
    for item, column, blank in (
        ("property.compliant", residents.property_ok, BLANK),
        ("authorisation.expires", residents.authorisation, 0),
        ("recheck.due", residents.recheck, 0),
    ):
        households += [(item, h, value, start, None) for h, value in enumerate(column.tolist()) if value != blank]
    return persons, households


def _evaluated(county: County, folder: Path) -> tuple[Book, Frame]:
    residents = county.stage.residents
    persons, households = _from_register(residents)
    latest: dict[tuple[object, ...], Fact] = {}
    medical: list[Fact] = []
    for (feed, month), rows in sorted(county.stage.feeds.files.items(), key=lambda item: (item[0][1], item[0][0])):
        for row in rows:
            if row.person >= residents.count:
                continue
            for fact in _facts(feed, row, month):
                if feed in {"medical", "pension", "benefit"}:
                    medical.append(fact)
                else:
                    key = row.number if isinstance(row, Asset) else ""
                    latest[fact[0], fact[1], key, fact[3]] = fact
    for fact in latest.values():
        if fact[0] == "disaster.loss":
            household = int(residents.people.household[fact[1]])
            households.append((fact[0], household, *fact[2:]))
        else:
            persons.append(fact)
    people = People(
        np.array(residents.village, dtype="<U12"),
        residents.people.household,
        residents.people.birth_day.astype(np.int32),
        np.where(residents.people.male, 1, 2),
        residents.people.relation,
    )
    book = load_book("shouwang.rules")
    feeds = {item.feed for item in book.items.values()}
    frame = fold_facts(book, people, _columns(persons + medical), _columns(households), AS_OF, covered_feeds=feeds)
    write_standards(folder / "standards.csv")
    national = book.parameters
    parameters = national.overlaid(read_assertions(folder / "standards.csv"))
    targets = [rule.name for rule in book.warnings(AS_OF)]
    return book, evaluate_columns(book, frame, AS_OF, parameters, targets)


def test_the_rules_find_exactly_the_answers(county: County, tmp_path: Path) -> None:
    _, result = _evaluated(county, tmp_path)
    heads = county.stage.residents.heads()
    found: dict[str, set[int]] = defaultdict(set)
    for name, column in result.person.items():
        found[name] = set(np.flatnonzero(column.values & column.known).tolist())
    for name, column in result.household.items():
        found[name] = set(heads[np.flatnonzero(column.values & column.known)].tolist())
    assert set(result.household) == set(HOUSEHOLD_RULES)
    differences = {
        rule: (sorted(found[rule] - due), sorted(due - found[rule]))
        for rule, due in county.answers.items()
        if found[rule] != due
    }
    assert differences == {}
    assert set(found) == set(county.answers)

"""From what a department delivers to the warning: each rule once on dated facts, and once on facts that just miss it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shouwang.engine.book import Book
from shouwang.engine.call import evaluate
from shouwang.engine.compare.household import FactRow, Member, case_from_facts
from shouwang.engine.parameters import Assertion
from shouwang.engine.rule import Entity

AREA = "990101100201"
COUNTY = "990101000000"
DAY = date(2026, 10, 31)
FEEDS = [
    "register",
    "medical",
    "disability",
    "death",
    "pension",
    "school",
    "vehicle",
    "realestate",
    "market",
    "employment",
    "custody",
    "disaster",
    "benefit",
]
LOCAL = (
    ("dibao_rural", 60000, "person-month"),
    ("employment_cost_percent", 30, "percent"),
    ("recent_days", 62, "days"),
    ("asset_recent_days", 92, "days"),
    ("authorisation_notice_days", 30, "days"),
    ("pension_tolerance", 0, "fen"),
)
DIBAO = ("category.dibao", 1, "2024-01-01")
INCOMES = ("wage_year", "business_net_year", "property_net_year", "transfer_net_year")
POOR = tuple((f"income.{name}", 10000, "2026-01-01") for name in INCOMES)
AT_THE_LINE = tuple((f"income.{name}", 0 if name == "wage_year" else 360000, "2026-01-01") for name in INCOMES)
COMPLIANT = ("property.compliant", 1, "2026-01-01")
BORN = date(1970, 5, 1)

# rule: (birth, facts that warn, facts that just miss it); a fact is item, value, true from[, true to]
WARNED: dict[str, tuple[date, tuple[Any, ...], tuple[Any, ...]]] = {
    "medical_spending_registered": (
        BORN,
        (
            DIBAO,
            ("medical.inpatient_self_paid", 300000, "2026-02-03"),
            ("medical.inpatient_self_paid", 200000, "2026-10-30"),
        ),
        (
            DIBAO,
            ("medical.inpatient_self_paid", 300000, "2025-12-31"),
            ("medical.inpatient_self_paid", 499999, "2026-10-30"),
        ),
    ),
    "medical_spending_general": (
        BORN,
        (("medical.inpatient_self_paid", 2000000, "2026-10-31"),),
        (("category.rigid_expenditure", 1, "2026-01-01"), ("medical.inpatient_self_paid", 2000000, "2026-10-31")),
    ),
    "outpatient_recurring": (
        BORN,
        (("medical.outpatient_cost", 20000, "2026-10-05"), ("medical.outpatient_cost", 30000, "2026-10-20")),
        (("medical.outpatient_cost", 20000, "2026-09-30"), ("medical.outpatient_cost", 30000, "2026-10-20")),
    ),
    "serious_illness_new": (
        BORN,
        (("medical.serious_illness", 1, "2026-08-30"),),
        (("medical.serious_illness", 1, "2026-08-29"),),
    ),
    "disability_new": (
        BORN,
        (("disability.grade", 3, "2026-10-01"),),
        (("disability.grade", 3, "2020-10-01", "2026-10-01"), ("disability.grade", 3, "2026-10-01")),
    ),
    "disability_upgraded": (
        BORN,
        (("disability.grade", 3, "2020-10-01", "2026-10-01"), ("disability.grade", 2, "2026-10-01")),
        (("disability.grade", 2, "2020-10-01", "2026-10-01"), ("disability.grade", 3, "2026-10-01")),
    ),
    "education_cost": (
        date(2010, 1, 1),
        (("school.stage", 3, "2025-09-01"), ("school.self_paid", 1000001, "2026-09-05")),
        (
            ("school.stage", 3, "2025-09-01"),
            ("school.self_paid", 1000000, "2026-09-05"),
            ("school.self_paid", 9, "2026-08-31"),
        ),
    ),
    "school_leaving": (
        date(2011, 11, 1),
        (("school.status", 1, "2024-09-01", "2026-10-08"), ("school.status", 3, "2026-10-08")),
        (("school.status", 1, "2024-09-01", "2026-06-08"), ("school.status", 3, "2026-06-08")),
    ),
    "unemployment_new": (
        date(1966, 11, 1),
        (("employment.status", 1, "2024-09-01", "2026-10-08"), ("employment.status", 2, "2026-10-08")),
        (("employment.status", 2, "2026-09-01", "2026-10-08"), ("employment.status", 1, "2026-10-08")),
    ),
    "paid_after_death": (
        BORN,
        (("death.registered", 1, "2026-08-15"), ("benefit.paid", 60000, "2026-09-01", "2026-10-01")),
        (("death.registered", 1, "2026-08-15"), ("benefit.paid", 60000, "2026-08-01", "2026-09-01")),
    ),
    "custody_while_paid": (
        BORN,
        (("custody.held", 1, "2026-08-15", "2028-08-15"), ("benefit.paid", 60000, "2026-10-01", "2026-11-01")),
        (("custody.held", 1, "2026-08-15", "2026-10-15"), ("benefit.paid", 60000, "2026-10-01", "2026-11-01")),
    ),
    "duplicate_enrolment": (
        BORN,
        (("benefit.place", 990101, "2026-10-01", "2026-11-01"), ("benefit.place", 990102, "2026-10-01", "2026-11-01")),
        (("benefit.place", 990101, "2026-10-01", "2026-11-01"), ("benefit.place", 990102, "2026-09-01", "2026-10-01")),
    ),
    "pension_above_declared": (
        BORN,
        (
            DIBAO,
            ("pension.declared_monthly", 18000, "2026-01-01"),
            ("pension.monthly", 18001, "2026-10-01", "2026-11-01"),
        ),
        (
            DIBAO,
            ("pension.declared_monthly", 18000, "2026-01-01"),
            ("pension.monthly", 18000, "2026-10-01", "2026-11-01"),
        ),
    ),
    "age_threshold": (date(1966, 8, 30), (DIBAO,), (("category.dibao", 1, "2024-01-01", "2026-10-01"),)),
    "payment_returned_twice": (
        BORN,
        (("benefit.returned", 1, "2026-09-01"), ("benefit.returned", 1, "2026-10-01")),
        (("benefit.returned", 1, "2026-08-01"), ("benefit.returned", 1, "2026-10-01")),
    ),
    "earner_death": (
        BORN,
        (("death.registered", 1, "2026-09-20"), ("income.wage_year", 100, "2026-01-01")),
        (("death.registered", 1, "2026-09-20"), ("income.wage_year", 0, "2026-01-01")),
    ),
    "disaster_loss": (
        BORN,
        (("disaster.loss", 0, "2026-09-01"), ("disaster.loss", 5, "2026-10-01")),
        (("disaster.loss", 5, "2026-08-01"),),
    ),
    "new_business_on_benefit": (
        BORN,
        (DIBAO, ("market.entity", 1, "2015-01-01"), ("market.entity", 1, "2026-07-31")),
        (DIBAO, ("market.entity", 1, "2015-01-01"), ("market.entity", 1, "2026-07-31", "2026-10-01")),
    ),
    "new_vehicle_on_benefit": (
        BORN,
        (("category.tekun", 1, "2024-01-01"), ("vehicle.registered", 1, "2026-07-31")),
        (DIBAO, ("vehicle.mobility_aid", 1, "2026-10-01"), ("vehicle.registered", 1, "2026-07-30")),
    ),
    "new_property_on_benefit": (
        BORN,
        (DIBAO, ("realestate.registered", 1, "2026-10-31")),
        (("category.dibao_marginal", 1, "2024-01-01"), ("realestate.registered", 1, "2026-10-31")),
    ),
    "authorisation_expiring": (
        BORN,
        (DIBAO, ("authorisation.expires", date(2026, 11, 30), "2024-11-30")),
        (DIBAO, ("authorisation.expires", date(2026, 12, 1), "2024-12-01")),
    ),
    "recheck_overdue": (
        BORN,
        (DIBAO, ("recheck.due", date(2026, 10, 30), "2025-10-30")),
        (DIBAO, ("recheck.due", date(2026, 10, 31), "2025-10-31")),
    ),
    "income_near_line_unenrolled": (BORN, (*POOR, COMPLIANT), (*AT_THE_LINE, COMPLIANT)),
    "elder_alone_severe_disability": (
        date(1966, 10, 31),
        (("disability.grade", 2, "2020-01-01"),),
        (("disability.grade", 2, "2020-01-01", "2026-10-31"),),
    ),
}


def row(book: Book, item: str, value: int | date, start: str, end: str | None = None) -> FactRow:
    number = (value - date(1970, 1, 1)).days if isinstance(value, date) else value
    whose = 0 if book.items[item].subject is Entity.PERSON else None
    return FactRow(item, number, date.fromisoformat(start), date.fromisoformat(end) if end else None, whose)


def value_of(book: Book, name: str, birth: date, facts: tuple[Any, ...], feeds: list[str]) -> int | bool | None:
    rows = [row(book, *fact) for fact in facts]
    case = case_from_facts(book, AREA, [Member(birth)], rows, DAY, covered_feeds=feeds)
    table = book.table(
        [Assertion(item, COUNTY, value, per, valid_from=date(2024, 1, 1), source="local") for item, value, per in LOCAL]
    )
    outcome = evaluate(book, case, DAY, table, [name])
    return outcome.household[name] if name in outcome.household else outcome.persons[0][name]


def test_every_warning_is_tried(book: Book) -> None:
    assert set(WARNED) == {rule.name for rule in book.warnings(DAY)}


@pytest.mark.parametrize("name", WARNED)
def test_facts_that_warn_and_facts_that_just_miss(book: Book, name: str) -> None:
    birth, warn, miss = WARNED[name]
    assert value_of(book, name, birth, warn, FEEDS) is True
    assert value_of(book, name, birth, miss, FEEDS) is False


@pytest.mark.parametrize("name", WARNED)
def test_before_any_delivery_nothing_is_decided_against_anyone(book: Book, name: str) -> None:
    assert value_of(book, name, BORN, (), []) is not True
    quiet = value_of(book, name, BORN, (), FEEDS)
    assert quiet is (None if name == "income_near_line_unenrolled" else False)


def test_two_disasters_of_one_day_are_one_loss_not_a_contradiction(book: Book) -> None:
    struck = (
        ("disaster.loss", 800, "2026-10-20"),
        ("disaster.loss", 0, "2026-10-20"),
        ("disaster.loss", 5, "2026-10-20"),
    )
    assert value_of(book, "disaster_loss", BORN, struck, FEEDS) is True
    assert value_of(book, "disaster_loss", BORN, struck[1:2], FEEDS) is False


def test_a_later_disaster_without_loss_does_not_clear_an_earlier_one(book: Book) -> None:
    struck = (("disaster.loss", 800, "2026-10-20"), ("disaster.loss", 0, "2026-10-25"))
    assert value_of(book, "disaster_loss", BORN, struck, FEEDS) is True

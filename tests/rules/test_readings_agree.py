"""Every rule of the law, three readings, random households with nulls and extremes: no difference (at full size: bench/readings_agree.py)."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from shouwang.engine.book import Book
from shouwang.engine.frame import Column
from tests.engine import agreement

HOUSEHOLDS = 300
DAYS = (date(2016, 6, 30), date(2023, 6, 30), date(2026, 10, 31))


@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_every_reading_of_every_rule_agrees(book: Book, as_of: date) -> None:
    frame = agreement.random_frame(book, HOUSEHOLDS, as_of, seed=as_of.year)
    compared, apart = agreement.differences(book, frame, as_of, agreement.random_parameters(book, seed=as_of.year))
    assert not apart, str(apart[0])
    assert compared > HOUSEHOLDS * len(book.definitions)


def test_random_households_reach_most_rules_both_ways(book: Book) -> None:
    """A comparison of nothing but unknowns would prove nothing."""
    as_of = DAYS[-1]
    parameters = agreement.random_parameters(book, seed=3)
    results = agreement.evaluate_columns(book, agreement.random_frame(book, 2000, as_of, seed=3), as_of, parameters)
    columns = {**results.household, **results.person}
    in_force = book.versions_on(as_of, "990101001001")
    told = [name for name in in_force if columns[name].known.any() and not columns[name].known.all()]
    turned = [name for name in in_force if len(np.unique(columns[name].values[columns[name].known])) > 1]
    assert len(told) > 0.9 * len(in_force)
    assert len(turned) > 0.9 * len(in_force)


def test_a_difference_is_found_and_named(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    as_of = DAYS[-1]
    honest = agreement.evaluate_sql

    def careless(*given):
        results = honest(*given)
        column = results.household["unit_size"]
        results.household["unit_size"] = Column(column.values + 1, column.known)
        return results

    monkeypatch.setattr(agreement, "evaluate_sql", careless)
    frame = agreement.random_frame(book, 30, as_of, seed=1)
    _, apart = agreement.differences(book, frame, as_of, agreement.random_parameters(book, seed=1))
    assert {each.rule for each in apart} == {"unit_size"}
    assert "unit_size: called" in str(apart[0])

"""Random people and random local parameters for any results of the book, whatever they rest on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import numpy as np
from hypothesis import strategies as st

from shouwang.engine.book import Book
from shouwang.engine.frame import Column, Frame
from shouwang.engine.graph import Leaf, Plan
from shouwang.engine.parameters import Assertion
from shouwang.engine.rule import Entity
from shouwang.lib.ratio import PARTS

AREA = "990101000000"
MOST = {"count": 30, "days": 400, "code": 7, "percent": 100, "permille": 1000, "ratio": 2 * PARTS, "date": 21_000}
YEARLY, MONTHLY = 2_000_000, 200_000


def silent(book: Book, entity: Entity) -> dict[str, Any]:
    """What a delivered register that mentions nothing says of a household, or of a person."""
    return {
        name: False if spec.unit == "bool" else 0
        for name, spec in book.inputs.items()
        if spec.entity is entity and spec.item is not None and spec.absent == "zero"
    }


def plan_for(book: Book, day: date, targets: Collection[str]) -> Plan:
    return book.plan(day, ()).towards(targets)


def _value(book: Book, leaf: Leaf) -> st.SearchStrategy[Any]:
    if leaf.truth:
        return st.booleans()
    if leaf.name == "age":
        return st.one_of(st.integers(0, 95), st.sampled_from([15, 16, 17, 18, 59, 60, 61]))
    unit = book.unit_of(leaf.name)
    if unit == "fen":
        return st.one_of(st.just(0), st.integers(0, YEARLY if leaf.name.endswith("_year") else MONTHLY))
    return st.one_of(st.just(0), st.integers(0, MOST[unit]))


def households(book: Book, plan: Plan, most: int = 3) -> st.SearchStrategy[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """What is known of a household, and of each of up to ``most`` members: every fact is there."""
    whole = st.fixed_dictionaries({leaf.name: _value(book, leaf) for leaf in plan.household_inputs})
    member = st.fixed_dictionaries({leaf.name: _value(book, leaf) for leaf in plan.person_inputs})
    return st.tuples(whole, st.lists(member, min_size=1, max_size=most))


def crowd(book: Book, plan: Plan, households: int, seed: int) -> Frame:
    """Many random households at once, every fact known."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, households)
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    frame = Frame(np.full(households, AREA), offsets)
    for leaves, columns, rows in (
        (plan.household_inputs, frame.household, households),
        (plan.person_inputs, frame.person, int(sizes.sum())),
    ):
        for leaf in leaves:
            columns[leaf.name] = Column(_drawn(book, leaf, rng, rows), np.ones(rows, dtype=bool))
    return frame


def _drawn(book: Book, leaf: Leaf, rng: np.random.Generator, rows: int) -> Any:
    if leaf.truth:
        return rng.random(rows) < 0.25
    if leaf.name == "age":
        return rng.integers(0, 96, rows)
    unit = book.unit_of(leaf.name)
    most = (YEARLY if leaf.name.endswith("_year") else MONTHLY) if unit == "fen" else MOST[unit]
    return np.where(rng.random(rows) < 0.5, 0, rng.integers(0, most + 1, rows))


def local_parameters(book: Book, plan: Plan) -> st.SearchStrategy[list[Assertion]]:
    """A value for each parameter the area must set, and for each one a published figure may stand in for."""
    rows = []
    for leaf in plan.parameters:
        spec = book.parameter_specs[leaf.name]
        if not spec.local:
            continue
        least = spec.least
        most = min(spec.most, 1 if spec.unit == "bool" else {"fen": YEARLY}.get(spec.unit, MOST.get(spec.unit, 1)))
        per = spec.per if spec.unit == "fen" else spec.unit
        rows.append(
            st.integers(least, max(least, most)).map(
                lambda value, item=spec.item, per=per: Assertion(
                    item, AREA, value, per, date(2014, 1, 1), source="local"
                )
            )
        )
    return st.tuples(*rows).map(list)

"""Households under different rules are evaluated apart and put back in their places."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.frame import Array, Column, Frame
from shouwang.engine.graph import Plan
from shouwang.engine.rule import Entity

Evaluate = Callable[[Plan, Frame], Frame]


def by_regime(book: Book, frame: Frame, as_of: date, targets: Collection[str] | None, evaluate: Evaluate) -> Frame:
    """Let ``evaluate`` compute the targets its plan has, one regime at a time; targets not in force stay unknown.

    Raises KeyError for a target that is no rule of the book.
    """
    wanted = list(book.definitions) if targets is None else list(targets)
    strangers = [name for name in wanted if name not in book.definitions]
    if strangers:
        raise KeyError(f"no rule is named {', '.join(strangers)}")
    distinct, where = np.unique(frame.area_codes, return_inverse=True)
    regimes = [book.regime(str(code)) for code in distinct] or [()]
    plans = {regime: book.plan(as_of, regime).towards(wanted) for regime in regimes}
    if len(plans) == 1 and all(name in plans[regimes[0]].by_name for name in wanted):
        return evaluate(plans[regimes[0]], frame)
    results = _blank(book, frame, wanted)
    for regime, plan in plans.items():
        rows = np.flatnonzero(np.array([each == regime for each in regimes])[where])
        part = evaluate(plan, frame.take(rows))
        _put(results.household, part.household, rows)
        _put(results.person, part.person, frame.members_of(rows))
    return results


def _blank(book: Book, frame: Frame, wanted: Collection[str]) -> Frame:
    results = Frame(frame.area_codes, frame.offsets)
    for name in wanted:
        own = book.entity_of(name) is Entity.PERSON
        length = frame.persons if own else frame.households
        kind = bool if book.unit_of(name) == "bool" else np.int64
        columns = results.person if own else results.household
        columns[name] = Column(np.zeros(length, dtype=kind), np.zeros(length, dtype=bool))
    return results


def _put(whole: dict[str, Column], part: dict[str, Column], rows: Array) -> None:
    for name in whole.keys() & part.keys():
        whole[name].values[rows] = part[name].values
        whole[name].known[rows] = part[name].known

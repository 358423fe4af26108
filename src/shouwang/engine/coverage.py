"""Who meets a rule and is not in it, and who is in it and does not meet it: one verdict per subject, on columns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np

from shouwang.engine.backends.evaluate import evaluate_many
from shouwang.engine.book import Book
from shouwang.engine.frame import Array, Column, Frame
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity

WHOLE = 1000


class Verdict(IntEnum):
    """How a subject stands to a scheme."""

    SETTLED = 0
    MISSED = 1
    NEARLY = 2
    MIGHT = 3
    LEAVING = 4
    UNSURE = 5

    @property
    def label(self) -> str:
        """For a screen."""
        return LABELS[self]


LABELS = {
    Verdict.SETTLED: "一致",
    Verdict.MISSED: "符合条件未纳入",
    Verdict.NEARLY: "接近条件未纳入",
    Verdict.MIGHT: "可能符合，缺事实",
    Verdict.LEAVING: "在享但不符合条件",
    Verdict.UNSURE: "在享但无法判断",
}
INWARD = (Verdict.MISSED, Verdict.NEARLY, Verdict.MIGHT)


@dataclass(frozen=True, slots=True)
class Scheme:
    """One benefit as coverage asks for it: the rule that says who is entitled, how much, and the fact of being in it.

    ``enrolled`` is an input of a person; for a benefit of a household one enrolled member is enough. Whoever is in one
    of ``instead`` (a benefit that comes first) is not missed.
    """

    name: str
    label: str
    eligible: str
    amount: str
    enrolled: str
    instead: tuple[str, ...] = ()


def verdicts(book: Book, frame: Frame, results: Frame, easier: Frame | None, scheme: Scheme) -> Array:
    """A Verdict per subject of the scheme (households, or persons), int8.

    ``results`` holds ``scheme.eligible`` as things are, ``easier`` (None: nobody is 'nearly') as they would be with a
    little less income. A fact that is not known makes MIGHT or UNSURE, never MISSED or LEAVING.
    """
    own = book.entity_of(scheme.eligible) is Entity.PERSON
    eligible = (results.person if own else results.household)[scheme.eligible]
    enrolled = _enrolled(frame, (scheme.enrolled,), own)
    placed = _enrolled(frame, (scheme.enrolled, *scheme.instead), own)
    met, untold = eligible.values & eligible.known, ~eligible.known
    within, without = enrolled.values & enrolled.known, ~placed.values & placed.known
    found = np.zeros(len(met), dtype=np.int8)
    found[without & met] = Verdict.MISSED
    found[without & untold] = Verdict.MIGHT
    found[within & untold] = Verdict.UNSURE
    found[within & ~met & ~untold] = Verdict.LEAVING
    if easier is not None:
        near = (easier.person if own else easier.household)[scheme.eligible]
        found[without & ~met & ~untold & near.values & near.known] = Verdict.NEARLY
    return found


def eased(frame: Frame, inputs: Collection[str], permille: int) -> Frame:
    """The same people with each of these money inputs lower by so many thousandths of its size (rounded to less income)."""

    def lower(columns: dict[str, Column]) -> dict[str, Column]:
        return {
            name: Column(column.values - -(-np.abs(column.values) * permille // WHOLE), column.known)
            if name in inputs
            else column
            for name, column in columns.items()
        }

    return Frame(frame.area_codes, frame.offsets, lower(frame.household), lower(frame.person))


def judge_coverage(
    book: Book,
    frame: Frame,
    as_of: date,
    parameters: ParameterTable,
    schemes: Collection[Scheme],
    *,
    eased_inputs: Collection[str] = (),
    permille: int = 0,
) -> tuple[dict[str, Array], Frame]:
    """Every scheme's verdicts by its name, and the results as things are (eligibility and amounts)."""
    targets = [name for scheme in schemes for name in (scheme.eligible, scheme.amount) if name]
    results = evaluate_many(book, frame, as_of, parameters, targets)
    easier = None
    if permille:
        asked = [scheme.eligible for scheme in schemes]
        easier = evaluate_many(book, eased(frame, eased_inputs, permille), as_of, parameters, asked)
    return {scheme.name: verdicts(book, frame, results, easier, scheme) for scheme in schemes}, results


def _enrolled(frame: Frame, names: tuple[str, ...], own: bool) -> Column:
    """Whether one of these facts holds for a person, or for a member of the household."""
    columns = [frame.person[name] for name in names]
    yes = np.logical_or.reduce([column.values & column.known for column in columns])
    unsure = np.logical_or.reduce([~column.known for column in columns])
    if not own:
        yes = np.bincount(frame.household_of[yes], minlength=frame.households) > 0
        unsure = np.bincount(frame.household_of[unsure], minlength=frame.households) > 0
    return Column(yes, yes | ~unsure)

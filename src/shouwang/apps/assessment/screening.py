"""A register screened for 应保尽保 and 应退未退: pure computing over arrays, the same every time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from shouwang.apps.assessment.frames import Snapshot
from shouwang.engine.book import Book
from shouwang.engine.call import evaluate
from shouwang.engine.coverage import Verdict, judge_coverage
from shouwang.engine.frame import Array, Frame
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Entity
from shouwang.rules.coverage import Benefit

NEAR = "near_permille"
INCOME = "income."
TIER = 10**12
MOST_MISSING = 3
MOST_UNKNOWN = 4
NEARLY_ALL = 0.95
ORDER = (Verdict.MISSED, Verdict.LEAVING, Verdict.NEARLY, Verdict.UNSURE, Verdict.MIGHT)
"""Certain differences first, then what is nearly so, then what waits for a fact."""


@dataclass(frozen=True, slots=True)
class Found:
    """One difference between who meets a benefit and who is in it. ``missing`` names the facts that are lacking."""

    scheme: str
    verdict: Verdict
    rank: int
    household_id: int
    person_id: int | None
    area_code: str
    amount: int | None
    missing: tuple[str, ...]


def inputs_needed(book: Book, as_of: date, area_code: str, benefits: Collection[Benefit]) -> set[str]:
    """The inputs that must be folded to judge these benefits in a division."""
    schemes = [benefit.scheme for benefit in benefits]
    targets = [name for scheme in schemes for name in (scheme.eligible, scheme.amount) if name]
    return book.inputs_for(targets, as_of, [area_code]) | {
        name for scheme in schemes for name in (scheme.enrolled, *scheme.instead)
    }


def screen(
    book: Book,
    part: Snapshot,
    as_of: date,
    *,
    area_code: str,
    parameters: ParameterTable,
    covered_feeds: Collection[str],
    benefits: Collection[Benefit],
) -> Iterator[Found]:
    """Yield what was found in one county, scheme by scheme.

    A benefit of which the register knows nobody who is in it is left out, unless the roster would say so: silence about
    the two subsidies is no sign that nobody draws them. Somebody of whom it cannot be told is listed only where the facts that are missing are few enough to ask for
    (``MOST_MISSING``): a family of whom nothing was ever declared is no lead.
    """
    in_force = book.versions_on(as_of, area_code)
    asked = [benefit for benefit in benefits if benefit.scheme.eligible in in_force]
    if not asked or not len(part.household_ids):
        return
    frame = part.frame(book, as_of, covered_feeds, names=inputs_needed(book, as_of, area_code, asked))
    asked = [benefit for benefit in asked if benefit.rostered or frame.person[benefit.scheme.enrolled].values.any()]
    near = parameters.lookup(NEAR, area_code, as_of)
    schemes = [benefit.scheme for benefit in asked]
    found, results = judge_coverage(
        book,
        frame,
        as_of,
        parameters,
        schemes,
        eased_inputs=[name for name, spec in book.inputs.items() if (spec.item or "").startswith(INCOME)],
        permille=0 if near is None else near.value,
    )
    for scheme in schemes:
        own = book.entity_of(scheme.eligible) is Entity.PERSON
        verdicts = found[scheme.name]
        amounts = (results.person if own else results.household).get(scheme.amount)
        dim = _unknown_inputs(book, frame, as_of, area_code, scheme.eligible) > MOST_UNKNOWN
        verdicts[(verdicts == Verdict.MIGHT) & (dim[frame.household_of] if own else dim)] = Verdict.SETTLED
        for row in np.flatnonzero(verdicts).tolist():
            verdict = Verdict(int(verdicts[row]))
            household = int(frame.household_of[row]) if own else row
            missing: tuple[str, ...] = ()
            if verdict in (Verdict.MIGHT, Verdict.UNSURE):
                member = row - int(frame.offsets[household]) if own else None
                missing = _missing(book, frame, as_of, parameters, scheme.eligible, household, member)
                if verdict is Verdict.MIGHT and len(missing) > MOST_MISSING:
                    continue
            amount = None if amounts is None or verdict is not Verdict.MISSED else amounts.at(row)
            yield Found(
                scheme=scheme.name,
                verdict=verdict,
                rank=_rank(verdict, amount, len(missing)),
                household_id=int(part.household_ids[household]),
                person_id=int(part.person_ids[row]) if own else None,
                area_code=str(frame.area_codes[household]),
                amount=None if amount is None else int(amount),
                missing=missing,
            )


def _unknown_inputs(book: Book, frame: Frame, as_of: date, area_code: str, rule: str) -> Array:
    """Per household, how many of the inputs a rule rests on are unknown of it or of one of its members.

    What is unknown of nearly everybody tells nobody apart and is not counted: it is asked for by ``_missing``.
    """
    plan = book.plan(as_of, book.regime(area_code)).towards([rule])
    count = np.zeros(frame.households, dtype=np.int64)
    unknown = [~frame.household[leaf.name].known for leaf in plan.household_inputs]
    for leaf in plan.person_inputs:
        rows = frame.household_of[~frame.person[leaf.name].known]
        unknown.append(np.bincount(rows, minlength=frame.households) > 0)
    for each in unknown:
        if each.mean() < NEARLY_ALL:
            count += each
    return count


def _rank(verdict: Verdict, amount: int | bool | None, missing: int) -> int:
    """Higher stands first: the kind, then the larger amount, then the fewer facts to ask for."""
    within = int(amount or 0) if verdict is Verdict.MISSED else MOST_MISSING * 10 - min(missing, MOST_MISSING * 10)
    return (len(ORDER) - ORDER.index(verdict)) * TIER + min(within, TIER - 1)


def _missing(  # noqa: PLR0917
    book: Book,
    frame: Frame,
    as_of: date,
    parameters: ParameterTable,
    rule: str,
    household: int,
    member: int | None,
) -> tuple[str, ...]:
    outcome = evaluate(book, frame.case(household), as_of, parameters, [rule])
    lacking = outcome.missing if member is None else outcome.persons_missing[member]
    return tuple(lacking.get(rule, ()))

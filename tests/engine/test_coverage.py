"""Verdicts of coverage: certain, nearly, might; and the reverse. What is not known is never called certain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouwang.engine.call import Case
from shouwang.engine.coverage import Scheme, Verdict, eased, verdicts
from shouwang.engine.frame import Column, Frame, column_of, frame_of

AREA = "970101001001"
HOME = Scheme("bread", "月饼", "bread_eligible", "", "away")


def home(
    toyland, met: bool | None, *enrolled: bool | None, near: bool | None = False, instead: bool = False
) -> Verdict:
    frame = frame_of(toyland, [Case(AREA, {}, [{"away": each, "harvest": 1} for each in enrolled])])
    frame.person["is_elder_fact"] = column_of([instead] * len(enrolled), truth=True)
    results = Frame(frame.area_codes, frame.offsets, {"bread_eligible": column_of([met], truth=True)})
    easier = Frame(frame.area_codes, frame.offsets, {"bread_eligible": column_of([near], truth=True)})
    scheme = Scheme("bread", "月饼", "bread_eligible", "", "away", ("is_elder_fact",))
    return Verdict(int(verdicts(toyland, frame, results, easier, scheme)[0]))


@pytest.mark.parametrize(
    ("met", "enrolled", "near", "verdict"),
    [
        (True, [False, False], False, Verdict.MISSED),
        (True, [False, True], False, Verdict.SETTLED),
        (False, [False], False, Verdict.SETTLED),
        (False, [False], True, Verdict.NEARLY),
        (None, [False], True, Verdict.MIGHT),
        (False, [True, False], True, Verdict.LEAVING),
        (None, [True], False, Verdict.UNSURE),
        (True, [None, False], False, Verdict.SETTLED),
        (False, [None], False, Verdict.SETTLED),
        (True, [None, True], False, Verdict.SETTLED),
    ],
)
def test_how_a_household_stands(toyland, met, enrolled, near, verdict) -> None:
    assert home(toyland, met, *enrolled, near=near) is verdict


def test_whoever_is_in_an_earlier_benefit_is_not_missed(toyland) -> None:
    assert home(toyland, True, False, instead=True) is Verdict.SETTLED


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20), st.integers(1, 500))
def test_eased_incomes_are_never_higher(amounts: list[int], permille: int) -> None:
    column = Column(np.array(amounts, dtype=np.int64), np.ones(len(amounts), dtype=bool))
    frame = Frame(np.array([AREA]), np.array([0, len(amounts)]), {}, {"harvest": column, "rent": column})
    lower = eased(frame, ["harvest"], permille)
    assert (lower.person["harvest"].values <= column.values).all()
    assert (lower.person["rent"].values == column.values).all()

"""Two runs compared: new, still, cleared, and those of which nothing can be told."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.call import Case
from shouwang.engine.compare.diff import Signals, difference, signals_in
from shouwang.engine.frame import frame_of

pairs = st.sets(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 9)))


def at(signals, rows):
    return {(signals.rules[signals.rule[row]], int(signals.subject[row])) for row in rows}


@given(pairs, pairs, pairs)
def test_every_pair_falls_in_one_place(old, new, unknown):
    unknown -= new
    earlier, later, untold = (Signals.of(sorted(each)) for each in (old, new, unknown))
    found = difference(earlier, later, untold)
    assert at(later, found.new) == new - old
    assert at(later, found.still) == new & old
    assert at(earlier, found.untold) == (old - new) & unknown
    assert at(earlier, found.cleared) == old - new - unknown


def test_signals_carry_lasting_numbers(toyland, standards):
    cases = [
        Case("970101001001", {"licence_days": days}, [{"grade": 1, "grade_before": before, "grade_days": 3}])
        for days, before in ((5, 2), (None, 1), (40, None))
    ]
    warned = [each for each in toyland.warnings(date(2032, 3, 15)) if each.name != "overbaked"]
    results = evaluate_columns(
        toyland, frame_of(toyland, cases), date(2032, 3, 15), standards, [each.name for each in warned]
    )
    raised, untold = signals_in(results, warned, np.array([11, 12, 13]), np.array([901, 902, 903]))
    assert at(raised, range(len(raised))) == {("promoted", 11), ("licence_ending", 901)}
    assert at(untold, range(len(untold))) == {("promoted", 13), ("licence_ending", 902)}


def test_a_number_below_zero_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        difference(Signals.of([("a", -1)]), Signals.of([]))

"""Random books of many stages mean the same as columns, as compiled rules, and told value by value."""

from __future__ import annotations

import numpy as np
import pytest

from shouwang.engine.backends.columns import evaluate_columns
from shouwang.engine.backends.compiled import evaluate_compiled
from tests.engine.random_book import DAY, LARGE, Maker, told
from tests.engine.test_compiled_rules import equal


@pytest.mark.parametrize("large", [LARGE, (1023,), (1024, 1025, 2500)])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_book_is_read_alike_whatever_the_size_of_its_households(tmp_path, seed, large):
    maker = Maker(seed)
    book, table, frame = maker.book(), maker.table(), maker.frame(200, large)
    columns = evaluate_columns(book, frame, DAY, table)
    assert equal(evaluate_compiled(book, frame, DAY, table, folder=tmp_path), columns)
    for household in np.random.default_rng(seed).integers(0, 200, 12).tolist():
        shared, own = told(book, frame, household, table)
        case = columns.case(household)
        assert case.household == {name: shared[name] for name in columns.household}
        assert case.members == [{name: each[name] for name in columns.person} for each in own]

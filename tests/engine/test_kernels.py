"""Random trees: what single values mean, columns and SQL text mean; and a known value is what Python itself computes."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouwang.engine.backends.duckdb import _run
from shouwang.engine.backends.kernels import Kernels
from shouwang.engine.frame import Frame, column_of
from shouwang.engine.graph import Leaf, Plan, plan_of
from shouwang.engine.meaning import Reading, arithmetic
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import HOUSEHOLD, Cite, Rule
from shouwang.engine.tree import Arithmetic, Expr, Name
from tests.engine.households import EDGES, numbers
from tests.engine.trees import NUMBERS, TRUTHS, trees

LEAVES = {name: Leaf(name, HOUSEHOLD, name in TRUTHS) for name in (*NUMBERS, *TRUTHS)}
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
rows = st.fixed_dictionaries(
    {
        **{name: st.one_of(st.sampled_from(EDGES), numbers(), st.none()) for name in NUMBERS},
        **{name: st.one_of(st.booleans(), st.none()) for name in TRUTHS},
    }
)


def frame(given_rows) -> Frame:
    columns = {name: column_of([row[name] for row in given_rows], name in TRUTHS) for name in LEAVES}
    return Frame(np.array(["970101001001"] * len(given_rows)), np.zeros(len(given_rows) + 1, dtype=np.int64), columns)


def plan(body: Expr, truth: bool) -> Plan:
    made = Rule(
        name="outcome",
        entity=HOUSEHOLD,
        label="结果",
        cites=(Cite("local", ""),),
        since=date(2030, 1, 1),
        until=None,
        area=None,
        unit="bool" if truth else "count",
        arguments=(*NUMBERS, *TRUTHS),
        file=__file__,
        line=1,
        function=lambda **_: None,
        body=body,
        warns=None,
        summary="",
    )
    return plan_of({"outcome": made}, LEAVES, date(2030, 1, 1))


@given(trees(), st.lists(rows, min_size=1, max_size=8))
@QUIET
def test_columns_mean_what_single_values_mean(tree, given_rows):
    body, _ = tree
    expected = [Reading("outcome", row).value(body) for row in given_rows]
    columns = frame(given_rows).household
    with np.errstate(all="ignore"):
        values, known = Kernels({name: (column.values, column.known) for name, column in columns.items()}).pair(body)
    size = len(given_rows)
    values = np.broadcast_to(values, (size,))
    known = np.ones(size, dtype=bool) if known is None else np.broadcast_to(known, (size,))
    assert [value if sure else None for value, sure in zip(values.tolist(), known.tolist(), strict=True)] == expected
    assert not values[~known].any()


@given(trees(), st.lists(rows, min_size=1, max_size=8))
@settings(QUIET, max_examples=60)
def test_sql_means_what_single_values_mean(tree, given_rows):
    body, truth = tree
    expected = [Reading("outcome", row).value(body) for row in given_rows]
    found = _run(plan(body, truth), frame(given_rows), date(2030, 1, 1), ParameterTable()).household["outcome"]
    assert [found.at(row) for row in range(len(given_rows))] == expected


@pytest.mark.parametrize("op", ["+", "-", "*", "//"])
def test_arithmetic_at_every_edge(op):
    """All pairs of the numbers at which machines differ: signs, zero, the ends of 64 bits."""
    given_rows = [{"a": a, "b": b, "p": True, "q": True} for a in EDGES for b in EDGES]
    body = Arithmetic(op, Name("a"), Name("b"))
    expected = [arithmetic(op, row["a"], row["b"]) for row in given_rows]
    columns = frame(given_rows).household
    with np.errstate(all="ignore"):
        values, known = Kernels({name: (column.values, None) for name, column in columns.items()}).pair(body)
    assert [value if sure else None for value, sure in zip(values.tolist(), known.tolist(), strict=True)] == expected
    found = _run(plan(body, truth=False), frame(given_rows), date(2030, 1, 1), ParameterTable()).household["outcome"]
    assert [found.at(row) for row in range(len(given_rows))] == expected
    assert None in expected


@given(trees(), rows)
@QUIET
def test_an_unknown_value_lacks_something(tree, row):
    body, _ = tree
    reading = Reading("outcome", row, lambda name: {name})
    if reading.value(body) is None:
        lacking = reading.missing(body)
        unknown = {name for name, value in row.items() if value is None}
        assert lacking
        assert lacking <= unknown | {"overflow:outcome", "division:outcome"}


@given(trees(), rows, st.booleans(), numbers())
@QUIET
def test_a_known_outcome_does_not_depend_on_what_was_unknown(tree, row, truth, number):
    """Kleene's promise: whatever the missing facts turn out to be, what was decided stands."""
    body, _ = tree
    decided = Reading("outcome", row).value(body)
    filled = {name: (truth if name in TRUTHS else number) if value is None else value for name, value in row.items()}
    if decided is not None:
        assert Reading("outcome", filled).value(body) == decided


def test_duckdb_is_the_version_the_sql_was_written_for():
    assert duckdb.__version__.startswith("1.5.")

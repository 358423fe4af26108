"""Random expression trees of the rule language, over two numbers and two truth values."""

from __future__ import annotations

from hypothesis import strategies as st

from shouwang.engine.tree import (
    And,
    Arithmetic,
    Choose,
    Compare,
    Const,
    Expr,
    Extreme,
    Local,
    Member,
    Name,
    Not,
    Or,
)
from tests.engine.households import EDGES

NUMBERS = ("a", "b")
TRUTHS = ("p", "q")


def trees() -> st.SearchStrategy[tuple[Expr, bool]]:
    """(tree, whether it is a truth value)."""
    number = st.deferred(lambda: _number(number, truth))
    truth = st.deferred(lambda: _truth(number, truth))
    return st.one_of(st.tuples(number, st.just(False)), st.tuples(truth, st.just(True)))


def _number(number, truth):
    return st.one_of(
        st.sampled_from([Name(name) for name in NUMBERS]),
        st.builds(Const, st.sampled_from(EDGES)),
        st.builds(Arithmetic, st.sampled_from(["+", "-", "*", "//"]), number, number),
        st.builds(Extreme, st.sampled_from(["min", "max"]), st.tuples(number, number)),
        st.builds(Choose, truth, number, number),
        st.builds(Local, st.just("x"), number),
    )


def _truth(number, truth):
    return st.one_of(
        st.sampled_from([Name(name) for name in TRUTHS]),
        st.builds(Const, st.booleans()),
        st.builds(Compare, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), number, number),
        st.builds(Compare, st.sampled_from(["==", "!="]), truth, truth),
        st.builds(And, st.tuples(truth, truth)),
        st.builds(Or, st.tuples(truth, truth)),
        st.builds(Not, truth),
        st.builds(Choose, truth, truth, truth),
        st.builds(Member, number, st.just((Const(0), Const(2**62), Const(-7)))),
    )

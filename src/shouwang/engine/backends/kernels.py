"""One expression tree over columns. A column is a pair of values and what is known; ``None`` for the latter: everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from shouwang.engine.frame import Array
from shouwang.engine.tree import (
    GREATEST,
    LEAST,
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

Pair = tuple[Any, Array | None]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def all_known(known: Array) -> Array | None:
    """None if everything is known, so that no time is spent on masks."""
    return None if known.all() else known


def floor_to_64_bits(exact: Array) -> tuple[Array, Array | None]:
    """Python integers as int64, with 0 and "not known" for those that do not fit."""
    fits = np.array([LEAST <= int(value) <= GREATEST for value in exact.ravel()], dtype=bool).reshape(exact.shape)
    return np.where(fits, exact, 0).astype(np.int64), all_known(fits)


class Kernels:
    """The tree of a rule over its arguments' columns. Unknown rows hold 0 or False in ``values``, always."""

    def __init__(self, arguments: Mapping[str, Pair]) -> None:
        self._arguments = arguments
        self._done: dict[int, Pair] = {}

    def pair(self, node: Expr) -> Pair:
        """The column of a node; constants and shared parameters stay scalars."""
        key = id(node)
        if key not in self._done:
            self._done[key] = self._compute(node)
        return self._done[key]

    def _compute(self, node: Expr) -> Pair:
        match node:
            case Const(value=value):
                return (np.bool_(value) if isinstance(value, bool) else np.int64(value)), None
            case Name(name=name):
                return self._arguments[name]
            case Local(body=body):
                return self.pair(body)
            case Not(term=term):
                values, known = self.pair(term)
                return _masked(~values, known)
            case And(terms=terms):
                return _and([self.pair(term) for term in terms])
            case Or(terms=terms):
                return _or([self.pair(term) for term in terms])
            case Compare(op=op, left=left, right=right):
                (one, sure), (two, certain) = self.pair(left), self.pair(right)
                return _masked(_COMPARE[op](one, two), _both(sure, certain))
            case Arithmetic(op=op, left=left, right=right):
                (one, sure), (two, certain) = self.pair(left), self.pair(right)
                values, told = _ARITHMETIC[op](one, two)
                return _masked(values, _both(_both(sure, certain), told))
            case Extreme(op=op, terms=terms):
                pairs = [self.pair(term) for term in terms]
                pick = np.minimum if op == "min" else np.maximum
                return _masked(reduce(pick, [values for values, _ in pairs]), reduce(_both, [k for _, k in pairs]))
            case Choose(test=test, then=then, other=other):
                return _choose(self.pair(test), self.pair(then), self.pair(other))
            case Member(item=item, choices=choices):
                values, known = self.pair(item)
                return _masked(reduce(np.logical_or, [values == choice.value for choice in choices]), known)


def _both(one: Array | None, two: Array | None) -> Array | None:
    if one is None or two is None:
        return two if one is None else one
    return one & two


def _masked(values: Any, known: Array | None) -> Pair:
    """Clear what is not known."""
    if known is None:
        return values, None
    return (values & known if values.dtype == bool else np.where(known, values, 0)), known


def _and(pairs: list[Pair]) -> Pair:
    """True where all are true (unknown rows hold False); false where one is known to be false."""
    holds = reduce(np.logical_and, [values for values, _ in pairs])
    if all(known is None for _, known in pairs):
        return holds, None
    fails = reduce(np.logical_or, [~values if known is None else known & ~values for values, known in pairs])
    return holds, holds | fails


def _or(pairs: list[Pair]) -> Pair:
    """True where one is true; false where all are known to be false."""
    holds = reduce(np.logical_or, [values for values, _ in pairs])
    if all(known is None for _, known in pairs):
        return holds, None
    fails = reduce(np.logical_and, [~values if known is None else known & ~values for values, known in pairs])
    return holds, holds | fails


def _choose(test: Pair, then: Pair, other: Pair) -> Pair:
    """The branch chosen; where the condition is unknown, the value both branches agree on."""
    decided, sure = test
    values = np.where(decided, then[0], other[0])
    known = None
    if then[1] is not None or other[1] is not None:
        known = np.where(decided, _mask(then[1]), _mask(other[1]))
    if sure is None:
        return values, known
    agree = (then[0] == other[0]) & _mask(then[1]) & _mask(other[1])
    return _masked(values, np.where(sure, _mask(known), agree))


def _mask(known: Array | None) -> Any:
    return np.True_ if known is None else known


def _largest(values: Any) -> int:
    """The largest magnitude in a column; a NumPy absolute would overflow at the least integer."""
    if values.size == 0:
        return 0
    return max(-int(values.min()), int(values.max()))


def _add(one: Any, two: Any) -> Pair:
    total = one + two
    if _largest(one) + _largest(two) <= GREATEST:
        return total, None
    return total, ~(((one ^ total) & (two ^ total)) < 0)


def _subtract(one: Any, two: Any) -> Pair:
    left = one - two
    if _largest(one) + _largest(two) <= GREATEST:
        return left, None
    return left, ~(((one ^ two) & (one ^ left)) < 0)


def _multiply(one: Any, two: Any) -> Pair:
    product = one * two
    if _largest(one) * _largest(two) <= GREATEST:
        return product, None
    one, two, product = np.broadcast_arrays(one, two, product)
    near = np.abs(one.astype(np.float64) * two.astype(np.float64)) >= 2.0**62
    fits = np.ones(product.shape, dtype=bool)
    if near.any():
        exact, sure = floor_to_64_bits(one[near].astype(object) * two[near].astype(object))
        fits[near] = _mask(sure)
        product = product.copy()
        product[near] = exact
    return product, fits


def _divide(one: Any, two: Any) -> Pair:
    """Floors; by zero is unknown, and so is the one quotient that does not fit."""
    bad = (two == 0) | ((one == LEAST) & (two == -1))
    return np.floor_divide(one, np.where(bad, 1, two)), all_known(np.asarray(~bad))


_ARITHMETIC: dict[str, Callable[[Any, Any], Pair]] = {"+": _add, "-": _subtract, "*": _multiply, "//": _divide}

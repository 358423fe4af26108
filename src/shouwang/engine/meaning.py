"""The one meaning of every operation on single values; None is "cannot tell". Columns and SQL must agree with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

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
    parts,
)

Value = int | bool | None

COMPARE: dict[str, Callable[[int, int], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}


def within(value: int) -> int | None:
    """``value``, or unknown outside 64 bits."""
    return value if LEAST <= value <= GREATEST else None


def arithmetic(op: str, left: Value, right: Value) -> int | None:
    """``+ - * //`` on two values; ``//`` floors; by zero, or outside 64 bits, unknown."""
    if left is None or right is None:
        return None
    match op:
        case "+":
            return within(left + right)
        case "-":
            return within(left - right)
        case "*":
            return within(left * right)
    return within(left // right) if right else None


def disjunction(terms: Iterable[Value]) -> bool | None:
    """True if one term is true, else unknown if one is unknown, else false."""
    found: bool | None = False
    for term in terms:
        if term is True:
            return True
        if term is None:
            found = None
    return found


Values = dict[Any, Value]
Function = Callable[[Values], Value]
"""A node's value from the arguments' values by name; what is met more than once is kept under the node's id."""


@cache
def function_of(node: Expr) -> Function:
    """How a node is computed, worked out once: a tree is read far more often than it is written."""
    match node:
        case Const(value=constant):
            return lambda _: constant
        case Name(name=name):
            return _argument(name)
        case Local(body=body):
            return _kept(node, function_of(body))
        case Not(term=term):
            return _negation(function_of(term))
        case And(terms=terms):
            return _settled(_functions(terms), settling=False)
        case Or(terms=terms):
            return _settled(_functions(terms), settling=True)
        case Compare(op=op, left=left, right=right):
            return _comparison(COMPARE[op], function_of(left), function_of(right))
        case Arithmetic(op=op, left=left, right=right):
            return _arithmetic(op, function_of(left), function_of(right))
        case Extreme(op=op, terms=terms):
            return _extreme(min if op == "min" else max, _functions(terms))
        case Choose(test=test, then=then, other=other):
            return _kept(node, _choice(function_of(test), function_of(then), function_of(other)))
        case Member(item=item, choices=choices):
            return _membership(function_of(item), frozenset(choice.value for choice in choices))


def _functions(terms: Iterable[Expr]) -> tuple[Function, ...]:
    return tuple(function_of(term) for term in terms)


def _argument(name: str) -> Function:
    def value(values: Values) -> Value:
        found = values[name]
        return found if found is None or LEAST <= found <= GREATEST else None

    return value


def _kept(node: Expr, function: Function) -> Function:
    """A local value, or the rest of a rule after an ``if``, may stand in several places and is computed once."""
    key = id(node)

    def value(values: Values) -> Value:
        if key not in values:
            values[key] = function(values)
        return values[key]

    return value


def _negation(term: Function) -> Function:
    def value(values: Values) -> Value:
        found = term(values)
        return None if found is None else not found

    return value


def _settled(terms: tuple[Function, ...], *, settling: bool) -> Function:
    """``or`` where one true term settles it, ``and`` where one false term does."""

    def value(values: Values) -> Value:
        found: Value = not settling
        for term in terms:
            each = term(values)
            if each is settling:
                return settling
            if each is None:
                found = None
        return found

    return value


def _comparison(compare: Callable[[int, int], bool], left: Function, right: Function) -> Function:
    def value(values: Values) -> Value:
        one, two = left(values), right(values)
        return None if one is None or two is None else compare(one, two)

    return value


def _arithmetic(op: str, left: Function, right: Function) -> Function:
    return lambda values: arithmetic(op, left(values), right(values))


def _extreme(pick: Callable[[list[int]], int], terms: tuple[Function, ...]) -> Function:
    def value(values: Values) -> Value:
        found = [term(values) for term in terms]
        known = [each for each in found if each is not None]
        return pick(known) if len(known) == len(found) else None

    return value


def _choice(test: Function, then: Function, other: Function) -> Function:
    def value(values: Values) -> Value:
        decided = test(values)
        if decided is not None:
            return then(values) if decided else other(values)
        one, two = then(values), other(values)
        return one if one == two else None

    return value


def _membership(item: Function, choices: frozenset[int]) -> Function:
    def value(values: Values) -> Value:
        found = item(values)
        return None if found is None else found in choices

    return value


class Reading:
    """A rule's tree read with values in hand. ``values`` by argument name; what several places share is computed once.

    ``missing`` gives, for an argument that is unknown, the facts it lacks; ``owner`` is the rule's name.
    """

    def __init__(
        self, owner: str, values: Mapping[str, Value], missing: Callable[[str], Collection[str]] = frozenset
    ) -> None:
        self._owner = owner
        self.values: Values = dict(values)
        self._missing = missing
        self._met: set[int] = set()

    def value(self, node: Expr) -> Value:
        """The value of a node, None if it cannot be told."""
        return function_of(node)(self.values)

    def missing(self, node: Expr) -> frozenset[str]:
        """What an unknown node lacks: facts, ``param:…``, or ``overflow:…``, ``division:…`` of the rule."""
        self._met.clear()
        found: set[str] = set()
        _collector(node)(self, found)
        return frozenset(found)

    def lack(self, name: str) -> Collection[str]:
        """What an unknown argument lacks."""
        return self._missing(name) or (f"overflow:{name}",)

    def failed(self, node: Expr) -> str:
        """Why a node of known parts has no value."""
        by_zero = isinstance(node, Arithmetic) and node.op == "//" and self.value(node.right) == 0
        return f"division:{self._owner}" if by_zero else f"overflow:{self._owner}"

    def is_first(self, node: Expr) -> bool:
        """Whether a node that may stand in several places is met for the first time."""
        met = id(node) in self._met
        self._met.add(id(node))
        return not met


Collect = Callable[[Reading, set[str]], None]


@cache
def _collector(node: Expr) -> Collect:
    """How to gather what an unknown node lacks: from the parts that are unknown, of a choice only from the branch taken."""
    match node:
        case Name(name=name):
            return lambda reading, found: found.update(reading.lack(name))
        case Local(body=body):
            return _collector(body)
        case Choose(test=test, then=then, other=other):
            return _from_choice(node, test, then, other)
    return _from_parts(node)


def _from_parts(node: Expr) -> Collect:
    terms = [(function_of(part), _collector(part)) for part in parts(node) if not isinstance(part, Const)]

    def collect(reading: Reading, found: set[str]) -> None:
        values, failed = reading.values, True
        for function, gather in terms:
            if function(values) is None:
                gather(reading, found)
                failed = False
        if failed:
            found.add(reading.failed(node))

    return collect


def _from_choice(node: Expr, test: Expr, then: Expr, other: Expr) -> Collect:
    undecided = _from_parts(node)

    def collect(reading: Reading, found: set[str]) -> None:
        if reading.is_first(node):
            decided = reading.value(test)
            if decided is None:
                undecided(reading, found)
            else:
                _collector(then if decided else other)(reading, found)

    return collect

"""The one meaning of every operation on single values; None is "cannot tell". Columns and SQL must agree with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from operator import eq, ge, gt, le, lt, ne

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


def conjunction(terms: Iterable[Value]) -> bool | None:
    """False if one term is false, else unknown if one is unknown, else true."""
    found: bool | None = True
    for term in terms:
        if term is False:
            return False
        if term is None:
            found = None
    return found


def disjunction(terms: Iterable[Value]) -> bool | None:
    """True if one term is true, else unknown if one is unknown, else false."""
    found: bool | None = False
    for term in terms:
        if term is True:
            return True
        if term is None:
            found = None
    return found


class Reading:
    """A rule's tree read with values in hand. ``values`` by argument name; each node is computed once.

    ``missing`` gives, for an argument that is unknown, the facts it lacks; ``owner`` is the rule's name.
    """

    def __init__(
        self, owner: str, values: Mapping[str, Value], missing: Callable[[str], Collection[str]] = frozenset
    ) -> None:
        self._owner = owner
        self._values = values
        self._missing = missing
        self._known: dict[int, Value] = {}

    def value(self, node: Expr) -> Value:
        """The value of a node, None if it cannot be told."""
        key = id(node)
        if key not in self._known:
            self._known[key] = self._compute(node)
        return self._known[key]

    def _compute(self, node: Expr) -> Value:
        match node:
            case Const(value=value):
                return value
            case Name(name=name):
                found = self._values[name]
                return found if found is None or isinstance(found, bool) else within(found)
            case Local(body=body):
                return self.value(body)
            case Not(term=term):
                found = self.value(term)
                return None if found is None else not found
            case And(terms=terms):
                return conjunction(self.value(term) for term in terms)
            case Or(terms=terms):
                return disjunction(self.value(term) for term in terms)
            case Compare(op=op, left=left, right=right):
                one, two = self.value(left), self.value(right)
                return None if one is None or two is None else COMPARE[op](one, two)
            case Arithmetic(op=op, left=left, right=right):
                return arithmetic(op, self.value(left), self.value(right))
            case Extreme(op=op, terms=terms):
                values = [self.value(term) for term in terms]
                known = [value for value in values if value is not None]
                if len(known) < len(values):
                    return None
                return min(known) if op == "min" else max(known)
            case Choose(test=test, then=then, other=other):
                decided = self.value(test)
                if decided is not None:
                    return self.value(then if decided else other)
                one, two = self.value(then), self.value(other)
                return one if one == two else None
            case Member(item=item, choices=choices):
                found = self.value(item)
                return None if found is None else any(found == choice.value for choice in choices)

    def missing(self, node: Expr) -> frozenset[str]:
        """What an unknown node lacks: facts, ``param:…``, or ``overflow:…``, ``division:…`` of the rule."""
        waiting: tuple[Expr, ...]
        match node:
            case Name(name=name):
                return frozenset(self._missing(name)) or frozenset([f"overflow:{name}"])
            case Choose(test=test, then=then, other=other):
                decided = self.value(test)
                waiting = parts(node) if decided is None else (then if decided else other,)
            case _:
                waiting = parts(node)
        lacking = frozenset(name for part in waiting if self.value(part) is None for name in self.missing(part))
        if lacking:
            return lacking
        by_zero = isinstance(node, Arithmetic) and node.op == "//" and self.value(node.right) == 0
        return frozenset([f"division:{self._owner}" if by_zero else f"overflow:{self._owner}"])

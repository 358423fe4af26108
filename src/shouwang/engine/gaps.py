"""Rules and plans as Python functions of values that may be unknown: ``meaning.py``'s three values, written out from the trees.

For a household of which something is missing, which is most of them. A rule whose arguments are all known is still called as it
stands. ``tests/engine`` holds what is written here to ``meaning.py`` on random trees, and every explanation does so again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from shouwang.engine.graph import Leaf, Plan
from shouwang.engine.meaning import Value, disjunction, within
from shouwang.engine.rule import Aggregate, Rule
from shouwang.engine.straight import MOST_MEMBERS, ORDINARY, PLANS, Run, Writer, constant_of, not_plain
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
    walk,
)

_DEEPEST = 50
"""How many brackets an expression may hold before it gets a line of its own: Python reads no more than 200 within each other."""


@lru_cache(maxsize=PLANS)
def with_gaps(plan: Plan) -> Run:
    """Return the plan as a function like ``straight.straight``'s, of facts and parameters that may be missing (None, or left out).

    It raises NotStraight for a number that is not plain or beyond what is ordinary, and for a household of more than
    ``MOST_MEMBERS``.
    """
    return _Writer(plan).function()


@cache
def three_valued(rule: Rule) -> Callable[..., Value]:
    """Return a rule as a function of its arguments in order, each of 64 bits or unknown: what ``meaning.function_of`` gives."""
    return written(rule.arguments, rule.body)


def written(arguments: Sequence[str], body: Expr) -> Callable[..., Value]:
    """Return a tree as a function of its arguments in this order, any of which may be None."""
    writing = _Tree()
    result = writing.of(body)
    head = f"def read({', '.join(f'a_{name}' for name in arguments)}):"
    called: dict[str, Any] = {}
    text = "\n".join([head, *writing.lines, f"    return {result}"])
    exec(compile(text, "<rule>", "exec"), called)  # noqa: S102 - written here from checked trees
    function: Callable[..., Value] = called["read"]
    return function


def total_of(chosen: Sequence[Value], amounts: Sequence[Value]) -> int | None:
    """The sum of "``amount`` if ``chosen`` else 0", None where one share cannot be told or the sum leaves 64 bits."""
    shares = [share_of(one, amount) for one, amount in zip(chosen, amounts, strict=True)]
    return None if None in shares else within(sum(share for share in shares if share is not None))


def share_of(chosen: Value, amount: Value) -> int | None:
    """What one member adds: ``amount if chosen else 0``."""
    if chosen is None:
        return 0 if amount == 0 else None
    return amount if chosen else 0


class _Writer(Writer):
    """Writes a plan's function for values that may be unknown."""

    def take(self, leaves: Sequence[Leaf], source: str, prefix: str, indent: str, *, whole: bool = False) -> None:
        """Names for the leaves' values, missing or not; no number other than plain or beyond what is ordinary."""
        if not leaves:
            return
        targets = [f"{prefix}_{leaf.name}" for leaf in leaves]
        if whole:
            self.lines.append(f"{indent}{', '.join(targets)}, = {source}")
        else:
            self.lines.append(f"{indent}get = {source}.get")
            self.lines += [f"{indent}{prefix}_{leaf.name} = get({leaf.name!r})" for leaf in leaves]
        for leaf in leaves:
            name = f"{prefix}_{leaf.name}"
            self.largest[leaf.name] = 1 if leaf.truth else ORDINARY
            if leaf.truth:
                self.lines.append(f"{indent}if {name} is not None: {name} = not not {name}")
        numbers = [f"{prefix}_{leaf.name}" for leaf in leaves if not leaf.truth]
        if numbers:
            self.lines.append(f"{indent}numbers = [each for each in ({', '.join(numbers)},) if each is not None]")
            self.lines.append(f"{indent}if {not_plain('numbers')}: raise NotStraight")
            self.lines.append(f"{indent}if numbers and (max(numbers) > {ORDINARY} or min(numbers) < -{ORDINARY}):")
            self.lines.append(f"{indent}    raise NotStraight")

    def call(self, rule: Rule, target: str, values: Sequence[str], indent: str) -> None:
        """Call a rule where all it names is known and no step of it can leave 64 bits or divide by zero; else read its tree."""
        sizes = self.sizes(rule, values)
        given = ", ".join(values)
        tree = f"{self.kept(three_valued(rule))}({given})"
        if any(
            isinstance(node, Arithmetic) and node.op == "//" and not _divides(node.right) for node in walk(rule.body)
        ):
            self.lines.append(f"{indent}{target} = {tree}")
            return
        met = [f"{value} is not None" for value in values] + [f"{size} <= {GREATEST}" for size in sizes]
        call = f"{self.kept(rule.function)}({given})"
        said = f"{call} if {' and '.join(met)} else {tree}" if met else call
        self.lines.append(f"{indent}{target} = {said}")

    def aggregate(self, aggregate: Aggregate) -> None:
        """The line (or two) that adds up over the members."""
        name, where, of = aggregate.name, aggregate.where, aggregate.of
        chosen = "[True] * len(persons)" if where is None else f"[person[{where!r}] for person in persons]"
        if aggregate.kind == "any_of":
            self.largest[name] = 1
            self.lines.append(f"    h_{name} = {self.kept(disjunction)}({chosen})")
        elif of is None:
            self.largest[name] = MOST_MEMBERS
            self.lines.append(f"    chosen = {chosen}")
            self.lines.append(f"    h_{name} = None if None in chosen else chosen.count(True)")
        else:
            self.largest[name] = min(MOST_MEMBERS * self.largest[of], -LEAST)
            amounts = f"[person[{of!r}] for person in persons]"
            self.lines.append(f"    h_{name} = {self.kept(total_of)}({chosen}, {amounts})")


def _divides(node: Expr) -> bool:
    """Whether a divisor is a constant that is not 0."""
    return bool(constant_of(node))


class _Tree:
    """Writes one tree: each node as an expression, what several places share and every choice as a line before it.

    Nothing has an effect and nothing can fail, so what is written before it is needed changes nothing.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._done: dict[int, str] = {}
        self._names = 0

    def of(self, node: Expr) -> str:
        """The expression that gives a node's value."""
        match node:
            case Const(value=value):
                return repr(value)
            case Name(name=name):
                return f"a_{name}"
            case Local(body=body):
                return self._line(node, lambda: self.of(body))
            case Choose(test=test, then=then, other=other):
                return self._line(node, lambda: self._choice(test, then, other))
            case Not(term=term):
                first, again = self._met(term)
                return f"(None if {first} is None else not {again})"
            case And(terms=terms):
                return self._settled(terms, settling=False)
            case Or(terms=terms):
                return self._settled(terms, settling=True)
            case Compare(op=op, left=left, right=right):
                unknown, (one, two) = self._unknown((left, right))
                return self._unless(unknown, f"{one} {op} {two}")
            case Arithmetic(op=op, left=left, right=right):
                return self._arithmetic(op, left, right)
            case Extreme(op=op, terms=terms):
                unknown, values = self._unknown(terms)
                return self._unless(unknown, f"{op}(({', '.join(values)},))")
            case Member(item=item, choices=choices):
                unknown, (one,) = self._unknown((item,))
                among = ", ".join(repr(choice.value) for choice in choices)
                return self._unless(unknown, f"{one} in ({among},)" if among else "False")

    def _line(self, node: Expr, write: Callable[[], str]) -> str:
        """The name of a value that has a line of its own, written once."""
        if id(node) not in self._done:
            said = write()
            name = self._done[id(node)] = self._new()
            self.lines.append(f"    {name} = {said}")
        return self._done[id(node)]

    def _new(self) -> str:
        self._names += 1
        return f"t{self._names}"

    def _met(self, node: Expr) -> tuple[str, str]:
        """How a value is written where it is first met, and again after that."""
        said = self.of(node)
        if said.isidentifier() or isinstance(node, Const):
            return said, said
        name = self._new()
        if said.count("(") > _DEEPEST:
            self.lines.append(f"    {name} = {said}")
            return name, name
        return f"({name} := {said})", name

    def _unknown(self, nodes: Sequence[Expr]) -> tuple[str, list[str]]:
        """The test whether one of some values is unknown ("": none can be), and how each is written after it."""
        met = [self._met(node) for node in nodes]
        asked = [f"{first} is None" for node, (first, _) in zip(nodes, met, strict=True) if not isinstance(node, Const)]
        return " or ".join(asked), [again for _, again in met]

    @staticmethod
    def _unless(unknown: str, said: str) -> str:
        return f"(None if {unknown} else {said})" if unknown else f"({said})"

    def _settled(self, terms: Sequence[Expr], *, settling: bool) -> str:
        met = [self._met(term) for term in terms]
        settled = " or ".join(f"{first} is {settling}" for first, _ in met)
        unknown = " or ".join(f"{again} is None" for _, again in met)
        return f"({settling} if {settled} else None if {unknown} else {not settling})"

    def _arithmetic(self, op: str, left: Expr, right: Expr) -> str:
        unknown, (one, two) = self._unknown((left, right))
        if op == "//" and not _divides(right):
            unknown = " or ".join(each for each in (unknown, f"{two} == 0") if each)
        name = self._new()
        return self._unless(unknown, f"{name} if {LEAST} <= ({name} := {one} {op} {two}) <= {GREATEST} else None")

    def _choice(self, test: Expr, then: Expr, other: Expr) -> str:
        """Both branches are at hand, for an unknown test asks whether they agree."""
        decided = self._named(test)
        one, two = self._named(then), self._named(other)
        return f"({one} if {one} == {two} else None) if {decided} is None else {one} if {decided} else {two}"

    def _named(self, node: Expr) -> str:
        said = self.of(node)
        if said.isidentifier() or isinstance(node, Const):
            return said
        name = self._new()
        self.lines.append(f"    {name} = {said}")
        return name

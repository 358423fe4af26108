"""A plan as one Python function, for a household of which everything is known: the rules' own functions called in a row.

The function is written out once for a plan, as a person would write it: a loop over the members, a sum, the household's
rules, the next loop. It checks what it is given and raises where three values must be reckoned with instead (``gaps.py``): a fact
is missing or no plain number, a divisor is zero, or a number is so large that a step of some rule might leave 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from shouwang.engine.graph import Leaf, Plan, Step
from shouwang.engine.meaning import Value
from shouwang.engine.rule import Aggregate, Entity, Rule
from shouwang.engine.tree import (
    GREATEST,
    LEAST,
    Arithmetic,
    Choose,
    Const,
    Expr,
    Local,
    Name,
    parts,
    walk,
)

ORDINARY = 10**10
"""Inputs and parameters beyond this (一亿元) are left to the reading step by step."""
MOST_MEMBERS = 1000
PLANS = 1024
"""Of how many plans the function is kept: every book that follows another (a what-if, a reload) has plans of its own."""

Values = dict[str, Value]
Run = Callable[[Mapping[str, Value], Sequence[Mapping[str, Value]], Sequence[Value]], tuple[Values, list[Values]]]


class NotStraight(Exception):
    """The household needs another reading."""


@lru_cache(maxsize=PLANS)
def straight(plan: Plan) -> Run:
    """Return the plan as a function of (the household's facts, its members', the parameters in the plan's order).

    It returns every value of the household and of each member, parameters and facts included. It raises NotStraight (see
    above), KeyError where a fact is left out and ZeroDivisionError where a divisor is zero.
    """
    return Writer(plan).function()


def not_plain(numbers: str) -> str:
    """The test, as text, whether some of these are no plain numbers: then their sum is none either.

    NumPy's wrap round at 64 bits, and what it calls true is not the True that the trees know.
    """
    return f"type(sum({numbers})) is not int"


class Writer:
    """Writes a plan's function as text and keeps what the text calls; ``gaps.py`` writes it for values that may be unknown."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.called: dict[str, Any] = {"NotStraight": NotStraight}
        self.lines: list[str] = []
        self.largest: dict[str, int] = {}
        self.own = {leaf.name for leaf in plan.person_inputs}

    def function(self) -> Run:
        """The function of (facts, members' facts, parameters): every value of the household, and of each member."""
        plan = self.plan
        self.lines.append("def run(given, members, found):")
        if any(isinstance(step.definition, Aggregate) for step in plan.steps):
            self.lines.append(f"    if len(members) > {MOST_MEMBERS}: raise NotStraight")
        self.take(plan.parameters, "found", "h", "    ", whole=True)
        self.take(plan.household_inputs, "given", "h", "    ")
        self.lines.append("    persons = [{} for _ in members]")
        first = True
        for persons, steps in _turns(plan.steps):
            if persons or first:
                self._loop(steps if persons else (), first=first)
                first = False
            if not persons:
                for step in steps:
                    self._household(step)
        if first:
            self._loop((), first=True)
        named = [leaf.name for leaf in (*plan.parameters, *plan.household_inputs)]
        named += [step.definition.name for step in plan.steps if step.definition.name not in self.own]
        shown = ", ".join(f"{name!r}: h_{name}" for name in named)
        self.lines.append(f"    return {{{shown}}}, persons")
        exec(compile("\n".join(self.lines), "<plan>", "exec"), self.called)  # noqa: S102 - written here from checked rules
        run: Run = self.called["run"]
        return run

    def take(self, leaves: Sequence[Leaf], source: str, prefix: str, indent: str, *, whole: bool = False) -> None:
        """Names for the leaves' values: none may be missing, no number other than plain or beyond what is ordinary."""
        if not leaves:
            return
        names = [leaf.name for leaf in leaves]
        targets = ", ".join(f"{prefix}_{name}" for name in names)
        if not whole:
            # A mapping that makes up what it lacks (a Counter) would say nought of a fact nobody knows.
            self.lines.append(f"{indent}if type({source}) is not dict: raise NotStraight")
            getter = f"take_{prefix}"
            self.called[getter] = itemgetter(*names)
            source = f"{getter}({source})"
        self.lines.append(f"{indent}values = {source}{'' if whole or len(names) > 1 else ','}")
        self.lines.append(f"{indent}if None in values: raise NotStraight")
        self.lines.append(f"{indent}if {not_plain('values')}: raise NotStraight")
        self.lines.append(f"{indent}{targets}{',' if len(names) == 1 else ''} = values")
        numbers = [f"{prefix}_{leaf.name}" for leaf in leaves if not leaf.truth]
        if numbers:
            self.lines.append(f"{indent}if max(values) > {ORDINARY} or min(values) < -{ORDINARY}: raise NotStraight")
        for leaf in leaves:
            self.largest[leaf.name] = 1 if leaf.truth else ORDINARY
            if leaf.truth:
                self.lines.append(f"{indent}{prefix}_{leaf.name} = not not {prefix}_{leaf.name}")

    def _loop(self, steps: Sequence[Step], *, first: bool) -> None:
        """One pass over the members: their facts the first time, then rules in a row."""
        if first:
            self.lines.append("    for person, member in zip(persons, members):")
            self.take(self.plan.person_inputs, "member", "p", "        ")
            kept = [leaf.name for leaf in self.plan.person_inputs]
            here = set(kept)
        else:
            self.lines.append("    for person in persons:")
            here, kept = set(), []
        if first and not steps and not kept:
            self.lines.append("        pass")
        for step in steps:
            rule = step.definition
            assert isinstance(rule, Rule)
            for name, own in zip(rule.arguments, step.own, strict=True):
                if own and name not in here:
                    self.lines.append(f"        p_{name} = person[{name!r}]")
                    here.add(name)
            values = [f"{'p' if own else 'h'}_{name}" for name, own in zip(rule.arguments, step.own, strict=True)]
            self.call(rule, f"p_{rule.name}", values, "        ")
            here.add(rule.name)
            kept.append(rule.name)
            self.own.add(rule.name)
        if kept:
            shown = ", ".join(f"{name!r}: p_{name}" for name in kept)
            self.lines.append(f"        person.update({{{shown}}})")

    def _household(self, step: Step) -> None:
        definition = step.definition
        if isinstance(definition, Aggregate):
            self.aggregate(definition)
        elif isinstance(definition, Rule):
            values = [f"h_{name}" for name in definition.arguments]
            self.call(definition, f"h_{definition.name}", values, "    ")

    def aggregate(self, aggregate: Aggregate) -> None:
        """The line (or two) that adds up over the members."""
        name, where, of = aggregate.name, aggregate.where, aggregate.of
        chosen = "" if where is None else f" if person[{where!r}]"
        if aggregate.kind == "any_of":
            self.lines.append(f"    h_{name} = any([person[{where!r}] for person in persons])")
            self.largest[name] = 1
            return
        amount = "1" if of is None else f"person[{of!r}]"
        self.lines.append(f"    h_{name} = sum([{amount} for person in persons{chosen}])")
        largest = MOST_MEMBERS * (1 if of is None else self.largest[of])
        if largest > GREATEST:
            self.lines.append(f"    if not -{GREATEST} <= h_{name} <= {GREATEST}: raise NotStraight")
        self.largest[name] = min(largest, GREATEST)

    def call(self, rule: Rule, target: str, values: Sequence[str], indent: str) -> None:
        """Call a rule; where a step of it is not known to stay within 64 bits, reckon first how large it could get."""
        for size in self.sizes(rule, values):
            self.lines.append(f"{indent}if {size} > {GREATEST}: raise NotStraight")
        self.lines.append(f"{indent}{target} = {self.kept(rule.function)}({', '.join(values)})")

    def sizes(self, rule: Rule, values: Sequence[str]) -> list[str]:
        """The sizes, as text, of which it is not known beforehand that they stay within 64 bits; notes how large the result gets."""
        said = dict(zip(rule.arguments, values, strict=True))
        sizes = _Sizes({name: self.largest[name] for name in said}, said)
        self.largest[rule.name] = 1 if rule.unit == "bool" else min(sizes.bound(rule.body), -LEAST)
        return sizes.doubtful(rule.body)

    def kept(self, thing: Any) -> str:
        """The name under which the text finds something."""
        name = f"k{len(self.called)}"
        self.called[name] = thing
        return name


def _turns(steps: Iterable[Step]) -> Iterable[tuple[bool, list[Step]]]:
    """The members' steps and the household's by turns, each after what it needs: as few passes over the members as that allows."""
    waiting, persons = list(steps), False
    while waiting:
        persons = not persons
        late = {step.definition.name for step in waiting}
        now, later = [], []
        for step in waiting:
            if _of_persons(step) is persons and late.isdisjoint(step.definition.arguments):
                now.append(step)
                late.remove(step.definition.name)
            else:
                later.append(step)
        waiting = later
        if now:
            yield persons, now


def _of_persons(step: Step) -> bool:
    return isinstance(step.definition, Rule) and step.definition.entity is Entity.PERSON


def fits_of(rule: Rule) -> Callable[..., bool] | None:
    """Return a test of a rule's arguments (none unknown, each within 64 bits): may its function be called, or could a step of
    it leave 64 bits? None: it always may.
    """
    said = {name: name for name in rule.arguments}
    sizes = _Sizes(dict.fromkeys(said, -LEAST), said).doubtful(rule.body)
    if not sizes:
        return None
    text = f"lambda {', '.join(said)}: {' and '.join(f'{size} <= {GREATEST}' for size in sizes)}"
    fits: Callable[..., bool] = eval(compile(text, "<fits>", "eval"), {})  # noqa: S307 - written here from a checked rule
    return fits


def constant_of(node: Expr) -> int | None:
    """The number a node is whatever the arguments are, None if it is not a constant."""
    while isinstance(node, Local):
        node = node.body
    return node.value if isinstance(node, Const) else None


class _Sizes:
    """How large the numbers in a rule's tree can get: ``limits`` and ``said`` of each argument, its bound and its text."""

    def __init__(self, limits: Mapping[str, int], said: Mapping[str, str]) -> None:
        self._limits = limits
        self._said = said
        self._bounds: dict[int, int] = {}

    def doubtful(self, body: Expr) -> list[str]:
        """The sizes, as Python text, that must be no more than 64 bits hold for the rule to be called."""
        found: list[str] = []
        covered: set[int] = set()
        for node in walk(body):
            if not isinstance(node, Arithmetic) or self.bound(node) <= GREATEST:
                continue
            if node.op == "//" and constant_of(node.right) not in {None, -1}:
                continue  # only the least number divided by -1 leaves 64 bits
            if node.op != "*":
                covered.add(id(node.left))
            if node.op in {"+", "-"}:
                covered.add(id(node.right))
            found.append("" if id(node) in covered else self._text(node))
        return [text for text in dict.fromkeys(found) if text]

    def bound(self, node: Expr) -> int:
        """What the magnitude of a node's value cannot exceed."""
        if id(node) not in self._bounds:
            self._bounds[id(node)] = self._bound(node)
        return self._bounds[id(node)]

    def _bound(self, node: Expr) -> int:
        match node:
            case Const(value=value):
                return abs(value)
            case Name(name=name):
                return self._limits[name]
            case Arithmetic(op="*", left=left, right=right):
                return self.bound(left) * self.bound(right)
            case Arithmetic(op="//", left=left):
                return max(self.bound(left), 1)
            case Arithmetic(left=left, right=right):
                return self.bound(left) + self.bound(right)
            case Choose(then=then, other=other):
                return max(self.bound(then), self.bound(other))
        return max((self.bound(part) for part in parts(node)), default=0)

    def _text(self, node: Expr) -> str:
        match node:
            case Const(value=value):
                return str(abs(value))
            case Name(name=name):
                return f"abs({self._said[name]})"
            case Local(body=body):
                return self._text(body)
            case Arithmetic(op="*", left=left, right=right):
                return f"({self._text(left)} * {self._text(right)})"
            case Arithmetic(op="//", left=left):
                return f"max({self._text(left)}, 1)"
            case Arithmetic(left=left, right=right):
                return f"({self._text(left)} + {self._text(right)})"
            case Choose(then=then, other=other):
                return f"max({self._text(then)}, {self._text(other)})"
        return f"max({', '.join(self._text(part) for part in parts(node))}, 0)"

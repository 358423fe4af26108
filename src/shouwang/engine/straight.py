"""A plan as one Python function, for a household of which everything is known: the rules' own functions called in a row.

The function is written out once for a plan, as a person would write it: a loop over the members, a sum, the household's
rules, the next loop. It checks what it is given and raises ``NotStraight`` where ``call.py`` must read the trees with three
values instead: a fact is missing, a divisor is zero, or a number is so large that a step of some rule might leave 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from shouwang.engine.graph import Leaf, Plan, Step
from shouwang.engine.meaning import Value
from shouwang.engine.rule import Aggregate, Entity, Rule
from shouwang.engine.tree import (
    GREATEST,
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
"""Inputs and parameters beyond this (一亿元) are left to the reading with three values."""
MOST_MEMBERS = 1000

Values = dict[str, Value]
Take = Callable[[Mapping[str, Value]], Any]
Run = Callable[[Mapping[str, Value], Sequence[Mapping[str, Value]], Sequence[Value]], tuple[Values, list[Values]]]


Unknown = Callable[[Rule, Sequence[Value], int | None], Value]
Rough = Callable[[Values, Sequence[Values], Unknown, Callable[[Aggregate], Value]], None]


class NotStraight(Exception):
    """The household needs the reading with three values."""


@cache
def straight(plan: Plan) -> Run:
    """Return the plan as a function of (the household's facts, its members', the parameters in the plan's order).

    It returns every value of the household and of each member, parameters and facts included. It raises NotStraight (see
    above), also where a fact is left out.
    """
    return _Writer(plan).function()


@cache
def with_gaps(plan: Plan) -> Rough:
    """Return the plan as a function for a household of which something is not known.

    It takes the values of the household and of each member, leaves filled in (None: unknown), and fills in the rest. A rule
    is called where all it names is known; else, and where its function may not be called, ``unknown`` (rule, arguments, the
    member's position or None) says what it gives. Aggregates are always asked of the second function.
    """
    return _RoughWriter(plan).function()


class _RoughWriter:
    """Writes the function's text and keeps what the text calls."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.called: dict[str, Any] = {}
        self.lines = ["def run(household, persons, unknown, aggregate):"]
        self.here = {leaf.name for leaf in (*plan.parameters, *plan.household_inputs)}

    def function(self) -> Rough:
        for name in sorted(self.here):
            self.lines.append(f"    h_{name} = household[{name!r}]")
        for own, steps in groupby(self.plan.steps, key=_of_persons):
            if own:
                self._loop(list(steps))
                continue
            for step in steps:
                definition, target = step.definition, f"h_{step.definition.name}"
                asked = isinstance(definition, Aggregate)
                said = f"aggregate({self._kept(definition)})" if asked else self._result(step, "None")
                self.lines.append(f"    household[{definition.name!r}] = {target} = {said}")
        if len(self.lines) == 1:
            self.lines.append("    pass")
        exec(compile("\n".join(self.lines), "<plan>", "exec"), self.called)  # noqa: S102 - written here from checked rules
        run: Rough = self.called["run"]
        return run

    def _loop(self, steps: Sequence[Step]) -> None:
        self.lines.append("    for position, person in enumerate(persons):")
        here: set[str] = set()
        for step in steps:
            for name, own in zip(step.definition.arguments, step.own, strict=True):
                if own and name not in here:
                    self.lines.append(f"        p_{name} = person[{name!r}]")
                    here.add(name)
            name = step.definition.name
            self.lines.append(f"        person[{name!r}] = p_{name} = {self._result(step, 'position')}")
            here.add(name)

    def _result(self, step: Step, whose: str) -> str:
        rule = step.definition
        assert isinstance(rule, Rule)
        said = {name: f"{'p' if own else 'h'}_{name}" for name, own in zip(rule.arguments, step.own, strict=True)}
        values = ", ".join(said.values())
        asked = f"unknown({self._kept(rule)}, ({values}{',' if said else ''}), {whose})"
        if any(
            isinstance(node, Arithmetic) and node.op == "//" and not _divides(node.right) for node in walk(rule.body)
        ):
            return asked
        sizes = _Sizes(dict.fromkeys(said, GREATEST + 1), said).doubtful(rule.body)
        met = [f"{value} is not None" for value in said.values()] + [f"{size} <= {GREATEST}" for size in sizes]
        call = f"{self._kept(rule.function)}({values})"
        return f"{call} if {' and '.join(met)} else {asked}" if met else call

    def _kept(self, thing: Any) -> str:
        name = f"k{len(self.called)}"
        self.called[name] = thing
        return name


def _of_persons(step: Step) -> bool:
    return isinstance(step.definition, Rule) and step.definition.entity is Entity.PERSON


def _divides(node: Expr) -> bool:
    """Whether a divisor is a constant that is not 0."""
    while isinstance(node, Local):
        node = node.body
    return isinstance(node, Const) and node.value != 0


class _Writer:
    """Writes the function's text and keeps what the text calls."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.called: dict[str, Any] = {"NotStraight": NotStraight}
        self.lines: list[str] = []
        self.largest: dict[str, int] = {}
        self.in_loop: set[str] = set()
        self.own = {leaf.name for leaf in plan.person_inputs}
        self.looped = False

    def function(self) -> Run:
        plan = self.plan
        self.lines.append("def run(given, members, found):")
        if any(isinstance(step.definition, Aggregate) for step in plan.steps):
            self.lines.append(f"    if len(members) > {MOST_MEMBERS}: raise NotStraight")
        self._take(plan.parameters, "found", "h", "    ", whole=True)
        self._take(plan.household_inputs, "given", "h", "    ")
        self.lines.append("    persons = [{} for _ in members]")
        waiting: list[Step] = []
        first = True
        for step in plan.steps:
            if isinstance(step.definition, Rule) and step.definition.entity is Entity.PERSON:
                waiting.append(step)
                continue
            if waiting or first:
                self._loop(waiting, first=first)
                waiting, first = [], False
            self._household(step)
        if waiting or first:
            self._loop(waiting, first=first)
        named = [leaf.name for leaf in (*plan.parameters, *plan.household_inputs)]
        named += [step.definition.name for step in plan.steps if step.definition.name not in self.own]
        shown = ", ".join(f"{name!r}: h_{name}" for name in named)
        self.lines.append(f"    return {{{shown}}}, persons")
        exec(compile("\n".join(self.lines), "<plan>", "exec"), self.called)  # noqa: S102 - written here from checked rules
        run: Run = self.called["run"]
        return run

    def _take(self, leaves: Sequence[Leaf], source: str, prefix: str, indent: str, *, whole: bool = False) -> None:
        """Names for the leaves' values: none may be missing, no number beyond what is ordinary."""
        if not leaves:
            return
        names = [leaf.name for leaf in leaves]
        targets = ", ".join(f"{prefix}_{name}" for name in names)
        if not whole:
            getter = f"take_{prefix}"
            self.called[getter] = itemgetter(*names)
            source = f"{getter}({source})"
        self.lines.append(f"{indent}values = {source}{'' if whole or len(names) > 1 else ','}")
        self.lines.append(f"{indent}if None in values: raise NotStraight")
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
            self._take(self.plan.person_inputs, "member", "p", "        ")
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
            self._call(rule, f"p_{rule.name}", values, "        ")
            here.add(rule.name)
            kept.append(rule.name)
            self.own.add(rule.name)
        if kept:
            shown = ", ".join(f"{name!r}: p_{name}" for name in kept)
            self.lines.append(f"        person.update({{{shown}}})")

    def _household(self, step: Step) -> None:
        definition = step.definition
        if isinstance(definition, Aggregate):
            self._aggregate(definition)
        elif isinstance(definition, Rule):
            values = [f"h_{name}" for name in definition.arguments]
            self._call(definition, f"h_{definition.name}", values, "    ")

    def _aggregate(self, aggregate: Aggregate) -> None:
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

    def _call(self, rule: Rule, target: str, values: Sequence[str], indent: str) -> None:
        """Call a rule; where a step of it is not known to stay within 64 bits, reckon first how large it could get."""
        said = dict(zip(rule.arguments, values, strict=True))
        sizes = _Sizes({name: self.largest[name] for name in said}, said)
        for size in sizes.doubtful(rule.body):
            self.lines.append(f"{indent}if {size} > {GREATEST}: raise NotStraight")
        self.largest[rule.name] = 1 if rule.unit == "bool" else min(sizes.bound(rule.body), GREATEST)
        function = f"f{len(self.called)}"
        self.called[function] = rule.function
        self.lines.append(f"{indent}{target} = {function}({', '.join(values)})")


def fits_of(rule: Rule) -> Callable[..., bool] | None:
    """Return a test of a rule's arguments (none unknown, each within 64 bits): may its function be called, or could a step of
    it leave 64 bits? None: it always may.
    """
    said = {name: name for name in rule.arguments}
    sizes = _Sizes(dict.fromkeys(said, GREATEST + 1), said).doubtful(rule.body)
    if not sizes:
        return None
    text = f"lambda {', '.join(said)}: {' and '.join(f'{size} <= {GREATEST}' for size in sizes)}"
    fits: Callable[..., bool] = eval(compile(text, "<fits>", "eval"), {})  # noqa: S307 - written here from a checked rule
    return fits


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
            if not isinstance(node, Arithmetic) or node.op == "//" or self.bound(node) <= GREATEST:
                continue
            if node.op in {"+", "-"}:
                covered.update(map(id, (node.left, node.right)))
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

"""One household: the plain functions are called; where a fact is missing the tree is read with three values instead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from operator import index
from typing import Any

from shouwang.engine.book import Book
from shouwang.engine.gaps import share_of, three_valued, total_of, with_gaps
from shouwang.engine.graph import Leaf, Plan, Step
from shouwang.engine.meaning import Reading, Value, disjunction, within
from shouwang.engine.parameters import ParameterTable
from shouwang.engine.rule import Aggregate, Entity, Rule
from shouwang.engine.straight import NotStraight, fits_of, straight
from shouwang.engine.tree import Arithmetic, walk

Values = dict[str, Value]
Whose = tuple[str, int | None]
"""A name, and the position of the member it belongs to (None: it belongs to the household)."""


@dataclass(slots=True)
class Case:
    """One household's inputs. A name left out, or None, is unknown."""

    area_code: str
    household: Mapping[str, Value] = field(default_factory=dict)
    members: Sequence[Mapping[str, Value]] = ()


@dataclass(slots=True)
class State:
    """Everything computed for a case: results, inputs and parameters by name. What an unknown one lacks is told when asked.

    The case itself is not kept: its facts may change before somebody asks. ``outside`` are those that were beyond 64 bits.
    """

    area_code: str
    plan: Plan
    household: Values
    persons: list[Values]
    outside: frozenset[Whose] = frozenset()
    _told: dict[Whose, frozenset[str]] = field(default_factory=dict)

    def lacking(self, name: str, person: int | None = None) -> frozenset[str]:
        """What an unknown value of a member (None: of the household) lacks: facts, ``param:…``, ``overflow:…``, ``division:…``."""
        asked = self._whose(name, person)
        told = self._told
        waiting: list[tuple[Whose, list[Whose] | None]] = [(asked, None)]
        while waiting:
            here, below = waiting.pop()
            if here in told:
                continue
            if below is None:
                below = self._below(here)
                waiting.append((here, below))
                waiting += [(each, None) for each in below if each not in told]
            else:
                told[here] = self._gathered(here, below)
        return told[asked]

    def value(self, name: str, person: int | None) -> Value:
        """A member's value, or the household's where the name is not a member's (or ``person`` is None)."""
        own: Values = {} if person is None else self.persons[person]
        return own[name] if name in own else self.household[name]

    def _whose(self, name: str, person: int | None) -> Whose:
        return name, person if person is not None and name in self.persons[person] else None

    def _below(self, asked: Whose) -> list[Whose]:
        """The unknown values that an unknown one is made of."""
        name, person = asked
        version = self.plan.by_name.get(name)
        if version is None:
            return []
        if isinstance(version, Aggregate):
            persons = [(position, self.persons[position]) for position in self._untold(version)]
            return [(each, position) for position, own in persons for each in version.arguments if own[each] is None]
        household = self.household
        if person is None:
            return [(each, None) for each in version.arguments if household[each] is None]
        own = self.persons[person]
        whose = [(each, person) if each in own else (each, None) for each in version.arguments]
        return [each for each in whose if (household if each[1] is None else own)[each[0]] is None]

    def _gathered(self, asked: Whose, below: Sequence[Whose]) -> frozenset[str]:
        """What an unknown value lacks, from what the unknown ones it is made of lack."""
        name, person = asked
        version = self.plan.by_name.get(name)
        if version is None:
            return frozenset([self._unset(name, person)])
        if isinstance(version, Aggregate):
            return frozenset().union(*map(self._told.__getitem__, below)) or frozenset([f"overflow:{name}"])
        assert isinstance(version, Rule)
        if len(below) == 1 and not _reckons(version):
            return self._told[below[0]]
        values = {each: self.value(each, person) for each in version.arguments}
        lacking = {each: self._told[each, whose] for each, whose in below}
        return Reading(name, values, lacking.__getitem__).missing(version.body)

    def _untold(self, aggregate: Aggregate) -> list[int]:
        """The members whose share of a sum cannot be told."""
        shares = enumerate(_shares(aggregate, self.persons))
        return [position for position, share in shares if share is None]

    def _unset(self, name: str, person: int | None) -> str:
        """Why a fact or a parameter has no value: nobody gave it, or it was outside 64 bits."""
        if self.plan.is_parameter(name):
            return f"param:{name}"
        return f"overflow:{name}" if (name, person) in self.outside else name


@dataclass
class Outcome:
    """The results of a case: of the household, and of each member."""

    household: Values
    persons: list[Values]
    _state: State = field(repr=False, compare=False)

    @cached_property
    def missing(self) -> dict[str, tuple[str, ...]]:
        """What each unknown result lacks (over all members for a person's), gathered when it is asked for."""
        found = {name: self._lacking(name, None) for name, value in self.household.items() if value is None}
        for own in self.persons_missing:
            for name, lacking in own.items():
                found[name] = tuple(sorted({*found.get(name, ()), *lacking}))
        return found

    @cached_property
    def persons_missing(self) -> list[dict[str, tuple[str, ...]]]:
        """What each unknown result of each member lacks."""
        return [
            {name: self._lacking(name, position) for name, value in own.items() if value is None}
            for position, own in enumerate(self.persons)
        ]

    def __getstate__(self) -> dict[str, Any]:
        """What is copied or sent to another process: the results and what they lack, without the rules they came from."""
        return {
            "household": self.household,
            "persons": self.persons,
            "missing": self.missing,
            "persons_missing": self.persons_missing,
        }

    def _lacking(self, name: str, person: int | None) -> tuple[str, ...]:
        in_force = name in self._state.plan.by_name
        return tuple(sorted(self._state.lacking(name, person))) if in_force else (f"rule:{name}",)


def evaluate(
    book: Book, case: Case, as_of: date, parameters: ParameterTable, targets: Collection[str] | None = None
) -> Outcome:
    """Evaluate ``targets`` (None: every rule in force where the household lives) for one household on a day.

    ``parameters`` is the whole table (``book.table(local)``). Raises KeyError for a target that is no rule of the book.
    A target not in force there is unknown and lacks ``rule:<name>``.
    """
    return outcome_of(book, compute(book, case, as_of, parameters, targets), targets)


def outcome_of(book: Book, state: State, targets: Collection[str] | None = None) -> Outcome:
    """The results of what was computed: of ``targets``, or of every rule of its plan."""
    if targets is None:
        names, own = state.plan.results
    else:
        names = tuple(name for name in targets if book.entity_of(name) is Entity.HOUSEHOLD)
        own = tuple(name for name in targets if book.entity_of(name) is Entity.PERSON)
    household = state.household
    return Outcome(
        {name: household.get(name) for name in names},
        [{name: person.get(name) for name in own} for person in state.persons],
        state,
    )


def compute(
    book: Book,
    case: Case,
    as_of: date,
    parameters: ParameterTable,
    targets: Collection[str] | None = None,
    *,
    assumed: Mapping[tuple[str, int | None], int] | None = None,
) -> State:
    """As ``evaluate``, but keeping every value met on the way.

    ``assumed`` gives values to use instead of the case's or the rules', by (name, member's position or None).
    """
    plan = book.plan(as_of, book.regime(case.area_code))
    if targets is not None:
        strangers = [name for name in targets if name not in book.definitions]
        if strangers:
            raise KeyError(f"no rule is named {', '.join(strangers)}")
        plan = plan.towards(targets)
    found = parameters.values_of(plan, case.area_code, as_of)
    if not assumed:
        with suppress(NotStraight, KeyError, ZeroDivisionError):
            return State(case.area_code, plan, *straight(plan)(case.household, case.members, found))
        with suppress(NotStraight):
            return State(case.area_code, plan, *with_gaps(plan)(case.household, case.members, found))
    state = _start(plan, case, found)
    for step in plan.steps:
        _assume(state, assumed or {})
        _take_step(step, state)
    return state


def _take_step(step: Step, state: State) -> None:
    definition = step.definition
    if isinstance(definition, Aggregate):
        state.household[definition.name] = _aggregate(definition, state.persons)
    elif isinstance(definition, Rule):
        if definition.entity is Entity.HOUSEHOLD:
            values = [state.household[name] for name in definition.arguments]
            state.household[definition.name] = result_of(definition, values)
        else:
            _call_for_each(step, definition, state)


def assuming(state: State, name: str, person: int | None, value: int, target: str) -> State:
    """What ``target`` would be if ``name`` (of a member, or None: of the household) were ``value``, all else equal.

    Only what rests on ``name`` is computed again: the values are those ``compute`` gives under that assumption.
    """
    plan = state.plan.towards([target])
    again = State(state.area_code, plan, dict(state.household), [dict(own) for own in state.persons], state.outside)
    (again.household if person is None else again.persons[person])[name] = value
    for step in plan.resting_on(name):
        _take_step(step, again)
    return again


def _assume(state: State, assumed: Mapping[tuple[str, int | None], int]) -> None:
    for (name, person), value in assumed.items():
        values = state.household if person is None else state.persons[person]
        if name in values:
            values[name] = value


def _start(plan: Plan, case: Case, found: Sequence[Value]) -> State:
    household: Values = {leaf.name: value for leaf, value in zip(plan.parameters, found, strict=True)}
    household.update((leaf.name, _take(case.household.get(leaf.name), leaf)) for leaf in plan.household_inputs)
    persons: list[Values] = [
        {leaf.name: _take(given.get(leaf.name), leaf) for leaf in plan.person_inputs} for given in case.members
    ]
    everybody = [(None, case.household, household), *zip(range(len(persons)), case.members, persons, strict=True)]
    outside = frozenset(
        (name, person)
        for person, given, taken in everybody
        for name, value in taken.items()
        if value is None and given.get(name) is not None
    )
    return State(case.area_code, plan, household, persons, outside)


def _take(value: Value, leaf: Leaf) -> Value:
    """An input as a plain value; one outside 64 bits is unknown from the start, or two of them could cancel in a total.

    Raises TypeError for what is no whole number.
    """
    if value is None:
        return None
    if leaf.truth:
        return bool(value)
    return within(value if isinstance(value, bool) else int(index(value)))


def _call_for_each(step: Step, rule: Rule, state: State) -> None:
    household = state.household
    arguments = tuple(zip(rule.arguments, step.own, strict=True))
    for person in state.persons:
        person[rule.name] = result_of(rule, [person[name] if own else household[name] for name, own in arguments])


def result_of(rule: Rule, values: Sequence[Value]) -> Value:
    """A rule's value from its arguments' in order: the function is called where it may be, else its tree is read."""
    function, fits, tree = _prepared(rule)
    if None not in values and (fits is None or fits(*values)):
        try:
            result: Value = function(*values)
            return result
        except ZeroDivisionError:
            pass
    return tree(*values)


def _aggregate(aggregate: Aggregate, persons: Sequence[Values]) -> Value:
    """The sum of "``of`` if ``where`` else 0" (any_of: the disjunction of ``where``) over the members."""
    chosen, amounts = _chosen(aggregate, persons), _amounts(aggregate, persons)
    return disjunction(chosen) if aggregate.kind == "any_of" else total_of(chosen, amounts)


def _shares(aggregate: Aggregate, persons: Sequence[Values]) -> Sequence[Value]:
    """What each member adds."""
    chosen = _chosen(aggregate, persons)
    if aggregate.kind == "any_of":
        return chosen
    return [share_of(one, amount) for one, amount in zip(chosen, _amounts(aggregate, persons), strict=True)]


def _chosen(aggregate: Aggregate, persons: Sequence[Values]) -> list[Value]:
    return [True if aggregate.where is None else person[aggregate.where] for person in persons]


def _amounts(aggregate: Aggregate, persons: Sequence[Values]) -> list[Value]:
    return [1 if aggregate.of is None else person[aggregate.of] for person in persons]


@cache
def _reckons(rule: Rule) -> bool:
    """Whether a step of a rule could fail with every number known: if not, it lacks nothing but what its arguments lack."""
    return any(isinstance(node, Arithmetic) for node in walk(rule.body))


@cache
def _prepared(rule: Rule) -> tuple[Callable[..., Value], Callable[..., bool] | None, Callable[..., Value]]:
    """A rule's own function, the test of arguments it may be called with, and its tree as a function."""
    return rule.function, fits_of(rule), three_valued(rule)

"""One household: the plain functions are called; where a fact is missing the tree is read with three values instead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from shouwang.engine.book import Book
from shouwang.engine.graph import Leaf, Plan, Step
from shouwang.engine.meaning import Function, Reading, Value, disjunction, function_of, within
from shouwang.engine.parameters import Found, ParameterTable
from shouwang.engine.rule import Aggregate, Entity, Rule
from shouwang.engine.straight import NotStraight, fits_of, straight, with_gaps

Values = dict[str, Value]
Missing = dict[str, frozenset[str]]


@dataclass(slots=True)
class Case:
    """One household's inputs. A name left out, or None, is unknown."""

    area_code: str
    household: Mapping[str, Value] = field(default_factory=dict)
    members: Sequence[Mapping[str, Value]] = ()


@dataclass(slots=True)
class State:
    """Everything computed for a case: results, inputs and parameters by name, and what each unknown one lacks."""

    case: Case
    plan: Plan
    household: Values
    persons: list[Values]
    missing: Missing
    persons_missing: list[Missing]


@dataclass(slots=True)
class Outcome:
    """The results of a case. ``missing`` names what each unknown result lacks (over all members for a person's)."""

    household: Values
    persons: list[Values]
    missing: dict[str, tuple[str, ...]]
    persons_missing: list[dict[str, tuple[str, ...]]]


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
    wanted = (
        [step.definition for step in state.plan.steps] if targets is None else [book.definitions[n][0] for n in targets]
    )
    names = [each.name for each in wanted if each.entity is Entity.HOUSEHOLD]
    own = [each.name for each in wanted if each.entity is Entity.PERSON]
    outcome = Outcome(
        household={name: state.household.get(name) for name in names},
        persons=[{name: person.get(name) for name in own} for person in state.persons],
        missing={},
        persons_missing=[{} for _ in state.persons],
    )
    for name in names:
        if outcome.household[name] is None:
            outcome.missing[name] = tuple(sorted(state.missing.get(name, (f"rule:{name}",))))
    for position, person in enumerate(outcome.persons):
        for name, value in person.items():
            if value is None:
                lacking = tuple(sorted(state.persons_missing[position].get(name, (f"rule:{name}",))))
                outcome.persons_missing[position][name] = lacking
                outcome.missing[name] = tuple(sorted({*outcome.missing.get(name, ()), *lacking}))
    return outcome


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
    if not assumed:
        found = tuple(_value_of(leaf, parameters.lookup(leaf.name, case.area_code, as_of)) for leaf in plan.parameters)
        try:
            household, persons = straight(plan)(case.household, case.members, found)
        except (NotStraight, KeyError, ZeroDivisionError):
            pass
        else:
            return State(case, plan, household, persons, {}, [{} for _ in persons])
    state = _start(plan, case, as_of, parameters)
    if not assumed:
        with_gaps(plan)(
            state.household,
            state.persons,
            lambda rule, values, person: _call(rule, values, state, person),
            lambda aggregate: _aggregate(aggregate, state),
        )
        return state
    for step in plan.steps:
        _assume(state, assumed)
        _take_step(step, state)
    return state


def _take_step(step: Step, state: State) -> None:
    definition = step.definition
    if isinstance(definition, Aggregate):
        state.household[definition.name] = _aggregate(definition, state)
    elif isinstance(definition, Rule):
        if definition.entity is Entity.HOUSEHOLD:
            values = [state.household[name] for name in definition.arguments]
            state.household[definition.name] = _call(definition, values, state, None)
        else:
            _call_for_each(step, definition, state)


def assuming(state: State, name: str, person: int | None, value: int, target: str) -> State:
    """What ``target`` would be if ``name`` (of a member, or None: of the household) were ``value``, all else equal.

    Only what rests on ``name`` is computed again: the values are those ``compute`` gives under that assumption. What an
    unknown value lacks is not told.
    """
    plan = state.plan.towards([target])
    lacking: list[Missing] = [{} for _ in state.persons]
    again = State(state.case, plan, dict(state.household), [dict(own) for own in state.persons], {}, lacking)
    (again.household if person is None else again.persons[person])[name] = value
    for step in plan.resting_on(name):
        _take_step(step, again)
    return again


def _assume(state: State, assumed: Mapping[tuple[str, int | None], int]) -> None:
    for (name, person), value in assumed.items():
        values = state.household if person is None else state.persons[person]
        if name in values:
            values[name] = value


def _start(plan: Plan, case: Case, as_of: date, parameters: ParameterTable) -> State:
    household: Values = {}
    missing: Missing = {}
    persons: list[Values] = [{} for _ in case.members]
    persons_missing: list[Missing] = [{} for _ in case.members]
    for leaf in plan.parameters:
        household[leaf.name] = _value_of(leaf, parameters.lookup(leaf.name, case.area_code, as_of))
        if household[leaf.name] is None:
            missing[leaf.name] = frozenset([f"param:{leaf.name}"])
    for leaf in plan.household_inputs:
        household[leaf.name] = _take(case.household.get(leaf.name), leaf, missing)
    for given, own, lacking in zip(case.members, persons, persons_missing, strict=True):
        for leaf in plan.person_inputs:
            own[leaf.name] = _take(given.get(leaf.name), leaf, lacking)
    return State(case, plan, household, persons, missing, persons_missing)


def _value_of(leaf: Leaf, found: Found | None) -> Value:
    return None if found is None else bool(found.value) if leaf.truth else found.value


def _take(value: Value, leaf: Leaf, missing: Missing) -> Value:
    """An input as given; one outside 64 bits is unknown from the start, or two of them could cancel in a total."""
    if value is None:
        missing[leaf.name] = frozenset([leaf.name])
        return None
    if leaf.truth:
        return bool(value)
    if within(value) is None:
        missing[leaf.name] = frozenset([f"overflow:{leaf.name}"])
    return within(value)


def _call_for_each(step: Step, rule: Rule, state: State) -> None:
    household = state.household
    arguments = tuple(zip(rule.arguments, step.own, strict=True))
    for position, person in enumerate(state.persons):
        values = [person[name] if own else household[name] for name, own in arguments]
        person[rule.name] = _call(rule, values, state, position)


def _call(rule: Rule, values: Sequence[Value], state: State, person: int | None) -> Value:
    result = result_of(rule, values)
    if result is None:
        arguments = dict(zip(rule.arguments, values, strict=True))
        lacking = state.missing if person is None else state.persons_missing[person]
        lacking[rule.name] = _reading(rule, state, person, arguments).missing(rule.body)
    return result


def result_of(rule: Rule, values: Sequence[Value]) -> Value:
    """A rule's value from its arguments' in order: the function is called where it may be, else its tree is read."""
    function, fits, three_valued = _prepared(rule)
    if None not in values and (fits is None or fits(*values)):
        try:
            result: Value = function(*values)
            return result
        except ZeroDivisionError:
            pass
    return three_valued(dict(zip(rule.arguments, values, strict=True)))


def reading_of(rule: Rule, state: State, person: int | None, instead: Mapping[str, Value] | None = None) -> Reading:
    """The rule's tree with the state's values in hand (but for ``instead``), for the household or one of its members."""
    own: Values = {} if person is None else state.persons[person]
    values = {name: own[name] if name in own else state.household[name] for name in rule.arguments}
    values.update(instead or {})
    return _reading(rule, state, person, values)


def _reading(rule: Rule, state: State, person: int | None, values: Values) -> Reading:
    lacking: Missing = {} if person is None else state.persons_missing[person]

    def missing(name: str) -> frozenset[str]:
        return lacking[name] if name in lacking else state.missing.get(name, frozenset())

    return Reading(rule.name, values, missing)


def _aggregate(aggregate: Aggregate, state: State) -> Value:
    """The sum of "``of`` if ``where`` else 0" (any_of: the disjunction of ``where``) over the members."""
    where, of = aggregate.where, aggregate.of
    chosen: list[Value] = [True if where is None else person[where] for person in state.persons]
    found: Value
    if aggregate.kind == "any_of":
        shares = chosen
        found = disjunction(chosen)
    else:
        amounts: list[Value] = [1 if of is None else person[of] for person in state.persons]
        shares = [_share(one, amount) for one, amount in zip(chosen, amounts, strict=True)]
        found = None if None in shares else within(sum(share for share in shares if share is not None))
    if found is None:
        waiting = [own for own, share in zip(state.persons_missing, shares, strict=True) if share is None]
        lacking = frozenset().union(*(own.get(name, ()) for own in waiting for name in aggregate.arguments))
        state.missing[aggregate.name] = lacking or frozenset([f"overflow:{aggregate.name}"])
    return found


def _share(chosen: Value, amount: Value) -> int | None:
    """What one member adds: ``amount if chosen else 0``."""
    if chosen is None:
        return 0 if amount == 0 else None
    return amount if chosen else 0


@cache
def _prepared(rule: Rule) -> tuple[Callable[..., Value], Callable[..., bool] | None, Function]:
    """A rule's own function, the test of arguments it may be called with, and its tree as a function."""
    return rule.function, fits_of(rule), function_of(rule.body)

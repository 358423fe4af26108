"""What would change the outcome: the nearest value of one fact at which a truth value turns, checked by recomputing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from shouwang.engine.call import State, assuming, result_of
from shouwang.engine.meaning import Value
from shouwang.engine.rule import Entity, Rule
from shouwang.engine.sayings import Sayings, Sentence
from shouwang.engine.wording import value_text

FARTHEST = 10**13


@dataclass(frozen=True, slots=True)
class Change:
    """If ``name`` were ``to`` instead of ``now`` (all else equal), the outcome would be ``outcome``."""

    name: str
    label: str
    person: int | None
    now: int
    to: int
    outcome: bool
    text: str


def nearest_change(state: State, rule: Rule, *, person: int | None, sayings: Sayings) -> Change | None:
    """The smallest relative change of one decisive number that turns a known truth value, or None if none is found.

    Parameters and what is made of them alone are not varied (a person cannot change the law), nor codes; a number that is
    not negative stays so. Amounts and days are preferred to counts of people.
    """
    value = state.value(rule.name, person)
    if not isinstance(value, bool):
        return None
    found = [
        (sayings.unit_of(name) == "count", abs(to - now) / max(abs(now), 1), name, now, to)
        for deciding in _deciding(sayings, state, rule, person, set())
        for name, now, to in _turning(sayings, state, deciding, person)
    ]
    for _, _, name, now, to in sorted(set(found)):
        where = person if person is not None and name in state.persons[person] else None
        if assuming(state, name, where, to, rule.name).value(rule.name, person) is (not value):
            saying = sayings.of(name)
            now_text, to_text = value_text(now, saying.unit), value_text(to, saying.unit)
            text = f"若“{saying.label}”由{now_text}变为{to_text}，结果将为“{'否' if value else '是'}”"
            return Change(name, saying.label, where, now, to, not value, text)
    return None


def _said(sayings: Sayings, state: State, rule: Rule, person: int | None) -> tuple[Sentence, tuple[Value, ...]]:
    values = tuple([state.value(name, person) for name in rule.arguments])
    return sayings.sentence(rule, values), values


def _deciding(sayings: Sayings, state: State, rule: Rule, person: int | None, seen: set[str]) -> Iterable[Rule]:
    """The rule, and the truth-valued rules of the same subject whose results decided it."""
    seen.add(rule.name)
    yield rule
    for name in _said(sayings, state, rule, person)[0].truths:
        below = state.plan.by_name.get(name)
        if isinstance(below, Rule) and name not in seen and (below.entity is Entity.HOUSEHOLD or person is not None):
            yield from _deciding(sayings, state, below, person if below.entity is Entity.PERSON else None, seen)


def _turning(sayings: Sayings, state: State, rule: Rule, person: int | None) -> Iterable[tuple[str, int, int]]:
    """(name, value now, nearest value that turns the rule) for each number in a comparison that decided."""
    said, values = _said(sayings, state, rule, person if rule.entity is Entity.PERSON else None)
    for name in said.numbers:
        saying = sayings.of(name)
        place = rule.arguments.index(name)
        now = values[place]
        if not isinstance(now, int) or isinstance(now, bool) or saying.is_law or sayings.unit_of(name) == "code":
            continue
        lowest = 0 if now >= 0 and saying.unit != "date" else -FARTHEST
        key = ("turns", place, values, *map(type, values))
        to = sayings.made(sayings.of(rule.name), key, _nearest, rule, values, place, lowest)
        if to is not None:
            yield name, now, to


def _nearest(rule: Rule, values: tuple[Value, ...], place: int, lowest: int) -> int | None:
    """The value of one argument nearest to what it is, upwards before downwards, at which the rule's result turns."""
    outcome, now = result_of(rule, values), values[place]
    assert now is not None
    changed = list(values)

    def turned(to: int) -> bool:
        changed[place] = to
        result = result_of(rule, changed)
        return isinstance(result, bool) and result is not outcome

    above = _first(turned, now, FARTHEST, inf)
    below = _first(turned, now, lowest, inf if above is None else abs(above - now))
    found = [to for to in (above, below) if to is not None]
    return min(found, key=lambda to: abs(to - now), default=None)


def _first(turned: Callable[[int], bool], now: int, limit: int, within: float) -> int | None:
    """The nearest number towards ``limit`` that turns the outcome, if the outcome turns once on the way.

    None also where it would lie as far away as ``within``, or further.
    """
    sign = 1 if limit > now else -1
    near, step = now, 1
    while True:
        if abs(near - now) >= within:
            return None
        far = now + sign * min(step, abs(limit - now))
        if turned(far):
            break
        if far == limit:
            return None
        near, step = far, step * 2
    while abs(far - near) > 1:
        middle = (far + near) // 2
        if turned(middle):
            far = middle
        else:
            near = middle
    return far

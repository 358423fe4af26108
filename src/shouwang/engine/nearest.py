"""What would change the outcome: the nearest value of one fact at which a truth value turns, checked by recomputing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shouwang.engine.book import Book
from shouwang.engine.call import State, assuming, reading_of, result_of
from shouwang.engine.meaning import Value
from shouwang.engine.rule import Entity, Rule
from shouwang.engine.tree import Compare, Expr, Name, walk
from shouwang.engine.wording import Wording, value_text
from shouwang.engine.words import Words

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


def nearest_change(book: Book, state: State, rule: Rule, *, person: int | None, words: Words) -> Change | None:
    """The smallest relative change of one decisive number that turns a known truth value, or None if none is found.

    Parameters and what is made of them alone are not varied (a person cannot change the law), nor codes; a number that is not negative stays so.
    Amounts and days are preferred to counts of people.
    """
    value = _values(state, person)(rule.name)
    if not isinstance(value, bool):
        return None
    found = []
    for deciding in _deciding(words, state, rule, person, set()):
        for name, now, to in _turning(book, words, state, deciding, person):
            where = None if book.entity_of(name) is Entity.HOUSEHOLD else person
            if _values(assuming(state, name, where, to, rule.name), person)(rule.name) is (not value):
                counted = book.unit_of(name) == "count"
                found.append((counted, abs(to - now) / max(abs(now), 1), name, now, to, where))
    if not found:
        return None
    *_, name, now, to, where = min(found)
    unit, label = words.unit(name), words.label(name)
    text = f"若“{label}”由{value_text(now, unit)}变为{value_text(to, unit)}，结果将为“{'否' if value else '是'}”"
    return Change(name, label, where, now, to, not value, text)


def _values(state: State, person: int | None) -> Callable[[str], Value]:
    own = {} if person is None else state.persons[person]
    return lambda name: own[name] if name in own else state.household.get(name)


def _deciding(words: Words, state: State, rule: Rule, person: int | None, seen: set[str]) -> Iterable[Rule]:
    """The rule, and the truth-valued rules of the same subject whose results decided it."""
    seen.add(rule.name)
    yield rule
    wording = Wording(words, reading_of(rule, state, person), _values(state, person))
    wording.of_rule(rule.body, rule.unit)
    for node in wording.decided:
        below = state.plan.by_name.get(node.name) if isinstance(node, Name) else None
        if (
            isinstance(below, Rule)
            and below.name not in seen
            and (below.entity is Entity.HOUSEHOLD or person is not None)
        ):
            yield from _deciding(words, state, below, person if below.entity is Entity.PERSON else None, seen)


def _turning(book: Book, words: Words, state: State, rule: Rule, person: int | None) -> Iterable[tuple[str, int, int]]:
    """(name, value now, nearest value that turns the rule) for each number in a comparison that decided."""
    person = person if rule.entity is Entity.PERSON else None
    value_of = _values(state, person)
    wording = Wording(words, reading_of(rule, state, person), value_of)
    wording.of_rule(rule.body, rule.unit)
    names = dict.fromkeys(
        part.name
        for node in wording.decided
        if isinstance(node, Compare)
        for part in _in_order(node)
        if isinstance(part, Name) and part.name not in book.parameter_specs
    )
    outcome, arguments = value_of(rule.name), [value_of(name) for name in rule.arguments]
    for name in names:
        now = value_of(name)
        if (
            not isinstance(now, int)
            or isinstance(now, bool)
            or book.unit_of(name) == "code"
            or _is_law(book, state, name)
        ):
            continue

        changed, place = list(arguments), rule.arguments.index(name)

        def turned(to: int, changed: list[Value] = changed, place: int = place) -> bool:
            changed[place] = to
            result = result_of(rule, changed)
            return isinstance(result, bool) and result is not outcome

        lowest = 0 if now >= 0 and words.unit(name) != "date" else -FARTHEST
        found = [to for to in (_first(turned, now, FARTHEST), _first(turned, now, lowest)) if to is not None]
        if found:
            yield name, now, min(found, key=lambda to: abs(to - now))


def _is_law(book: Book, state: State, name: str) -> bool:
    """Whether a number is made of parameters only (the line that applies): a family can change its income, not the law."""
    if name in book.parameter_specs:
        return True
    version = state.plan.by_name.get(name)
    if not isinstance(version, Rule):
        return False
    numbers = [each for each in version.arguments if book.unit_of(each) not in ("bool", "code")]
    return bool(numbers) and all(_is_law(book, state, each) for each in numbers)


def _in_order(node: Expr) -> list[Expr]:
    return sorted(walk(node), key=lambda part: part.name if isinstance(part, Name) else "")


def _first(turned: Callable[[int], bool], now: int, limit: int) -> int | None:
    """The nearest number towards ``limit`` that turns the outcome, if the outcome turns once on the way."""
    sign = 1 if limit > now else -1
    near, step = now, 1
    while True:
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

"""Why an outcome came out as it did: the same tree with the values in hand, down to facts, parameters and articles."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from typing import Any

from shouwang.engine.book import Book
from shouwang.engine.call import Case, Outcome, State, compute, outcome_of
from shouwang.engine.graph import Plan
from shouwang.engine.meaning import Reading, Value
from shouwang.engine.nearest import Change, nearest_change
from shouwang.engine.parameters import GIVEN, Found, ParameterTable
from shouwang.engine.rule import LOCAL, Aggregate, Cite, Definition, Entity, Rule
from shouwang.engine.wording import CANNOT_TELL, UNKNOWN, Deciding, Wording, parameter_text, value_text
from shouwang.engine.words import CAUTIONS, Citation, Words
from shouwang.lib.area_codes import LEVEL_LABELS, NATION, level_of

_REMEMBERED = 20_000
UNCONFIRMED = "未核实，须当地确认"
"""What a reader must know of a parameter whose meaning no text we could read fixes."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One value and why. ``kind`` rule, count, total, any_of, input or parameter; ``person`` the member's position.

    ``condition`` says in Chinese what decided; ``missing`` the labels of facts without which it cannot be told;
    ``children`` explain what the condition mentions; ``repeated`` marks what stands explained further up.
    ``lacking`` are the missing facts by name and ``deciding`` the condition in everyday words, both for ``plain.py``.
    ``notices`` of the result asked for: what a reader must know because a rule it rests on holds.
    """

    name: str
    label: str
    kind: str
    person: int | None
    value: Value
    value_text: str
    condition: str
    cites: tuple[Citation, ...]
    children: tuple[Explanation, ...]
    missing: tuple[str, ...]
    nearest_change: Change | None = None
    repeated: bool = False
    notices: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    deciding: tuple[Deciding, ...] = ()

    def as_bytes(self) -> bytes:
        """The one form in which an explanation is stored and compared."""
        return json.dumps(self.as_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        change = self.nearest_change
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "person": self.person,
            "value": self.value,
            "value_text": self.value_text,
            "condition": self.condition,
            "cites": [
                {
                    "key": each.key,
                    "article": each.article,
                    "title": each.title,
                    "text": each.text,
                    "confidence": each.confidence,
                    "shown": str(each),
                }
                for each in self.cites
            ],
            "missing": list(self.missing),
            "notices": list(self.notices),
            "nearest_change": None
            if change is None
            else {"name": change.name, "now": change.now, "to": change.to, "text": change.text},
            "repeated": self.repeated,
            "children": [child.as_dict() for child in self.children],
        }

    def lines(self, depth: int = 0) -> list[str]:
        """The tree as indented Chinese lines."""
        who = "" if self.person is None else f"（成员{self.person + 1}）"
        said = f"{'　' * depth}{self.label}{who}：{self.value_text}"
        if self.condition:
            said += f" ← {self.condition}"
        if self.repeated:
            said += "（见上）"
        found = [said]
        if self.cites and not self.repeated:
            found.append(f"{'　' * (depth + 1)}依据：{'；'.join(map(str, self.cites))}")
        if self.missing and depth == 0:
            found.append(f"　缺少：{'、'.join(self.missing)}")
        found += [f"　提示：{notice}" for notice in self.notices]
        if self.nearest_change is not None:
            found.append(f"　{self.nearest_change.text}")
        for child in self.children:
            found += child.lines(depth + 1)
        return found


def explain(  # noqa: PLR0917 - the place of ``person`` is part of the contract
    book: Book,
    case: Case,
    as_of: date,
    parameters: ParameterTable,
    target: str,
    person: int | None = None,
) -> Explanation:
    """Explain ``target`` for a household, or for its member at position ``person``.

    Raises KeyError for a target that is no rule in force there, ValueError if a person's rule is asked without a
    person, AssertionError if the tree does not give the rule's value (which would be a fault of the engine).
    """
    state = compute(book, case, as_of, parameters, [target])
    return _told(book, state, as_of, parameters, target, person, _words(book, state.plan))


@lru_cache(maxsize=256)
def _words(book: Book, plan: Plan) -> Words:
    """The words of one plan: what was said in them once need not be put together again."""
    return Words(book, plan.by_name)


def explaining(
    book: Book, case: Case, as_of: date, parameters: ParameterTable, targets: Collection[str]
) -> Callable[[str, int | None], Explanation]:
    """``explain`` for one household and several targets, as a function of (target, person): the household is computed once."""
    return _telling(book, compute(book, case, as_of, parameters, targets), as_of, parameters)


def judging(
    book: Book, case: Case, as_of: date, parameters: ParameterTable, targets: Collection[str] | None = None
) -> tuple[Outcome, Callable[[str, int | None], Explanation]]:
    """``evaluate`` and ``explaining`` of one household that is computed once."""
    state = compute(book, case, as_of, parameters, targets)
    return outcome_of(book, state, targets), _telling(book, state, as_of, parameters)


def _telling(
    book: Book, state: State, as_of: date, parameters: ParameterTable
) -> Callable[[str, int | None], Explanation]:
    @cache
    def towards(target: str) -> tuple[State, Words]:
        plan = state.plan.towards([target])
        return replace(state, plan=plan), _words(book, plan)

    def told(target: str, person: int | None) -> Explanation:
        own, words = towards(target)
        return _told(book, own, as_of, parameters, target, person, words)

    return told


def explained(  # noqa: PLR0917 - as ``explain``
    book: Book,
    case: Case,
    as_of: date,
    parameters: ParameterTable,
    target: str,
    person: int | None = None,
    kept: Mapping[str, Any] | None = None,
) -> tuple[Explanation, State, Words]:
    """As ``explain``, with what was computed and the words used. Those in ``kept`` go before the book's own."""
    state = compute(book, case, as_of, parameters, [target])
    words = Words(book, state.plan.by_name, kept)
    return _told(book, state, as_of, parameters, target, person, words), state, words


def _told(  # noqa: PLR0917 - as ``explain``
    book: Book,
    state: State,
    as_of: date,
    parameters: ParameterTable,
    target: str,
    person: int | None,
    words: Words,
) -> Explanation:
    """Explain from what was computed: ``state`` may hold more values than its plan names, never fewer."""
    if target not in state.plan.by_name:
        raise KeyError(f"{target} is not in force on {as_of} in {state.case.area_code}")
    own = book.entity_of(target) == "person"
    if own != (person is not None):
        raise ValueError(f"{target} is a rule of a {book.entity_of(target)}")
    return _Explainer(book, state, as_of, parameters, words).top(target, person)


class _Explainer:
    def __init__(self, book: Book, state: State, as_of: date, parameters: ParameterTable, words: Words) -> None:
        self.book = book
        self.state = state
        self.as_of = as_of
        self.parameters = parameters
        self.words = words
        self.said = words.said
        if len(self.said) > _REMEMBERED:
            self.said.clear()
        self.told: set[tuple[str, int | None]] = set()

    def top(self, target: str, person: int | None) -> Explanation:
        version = self.state.plan.by_name[target]
        change = None
        if isinstance(version, Rule):
            change = nearest_change(self.book, self.state, version, person=person, words=self.words)
        return replace(self.of(target, person, change), notices=tuple(self._notices(person)))

    def _notices(self, person: int | None) -> Iterable[str]:
        """What the rules under the result have to say; a member's own rule speaks of that member, or of all for a household."""
        for step in self.state.plan.steps:
            rule = step.definition
            if not isinstance(rule, Rule) or not rule.notice:
                continue
            if rule.entity is Entity.HOUSEHOLD:
                if self.state.household[rule.name] is True:
                    yield rule.notice
                continue
            whom = range(len(self.state.persons)) if person is None else (person,)
            held = [position for position in whom if self.state.persons[position][rule.name] is True]
            if held:
                yield f"{rule.notice}（{_listed(held)}）"

    def of(self, name: str, person: int | None, change: Change | None = None) -> Explanation:
        own = person is not None and name in self.state.persons[person]
        whose = person if own else None
        values = self.state.persons[whose] if whose is not None else self.state.household
        value = values[name]
        version = self.state.plan.by_name.get(name)
        if value is None:
            told = self.state.persons_missing[whose] if whose is not None else self.state.missing
            lacking = tuple(sorted(told.get(name, ())))
        else:
            lacking = ()
        if version is None:
            return self._leaf(name, whose, value, lacking)
        kind, condition, children, deciding = self._reason(name, version, whose)
        return Explanation(
            name,
            self.words.label(name),
            kind,
            whose,
            value,
            self._value_text(name, value, kind),
            condition,
            self._cites(version),
            children,
            tuple(self.words.label(each) for each in lacking) if lacking else (),
            change,
            not condition,
            (),
            lacking,
            deciding,
        )

    def _leaf(self, name: str, whose: int | None, value: Value, lacking: tuple[str, ...]) -> Explanation:
        """A fact, or a parameter with its origin; the same again is the same explanation."""
        given = name not in self.book.parameter_specs
        found = None if given else self.parameters.lookup(name, self.state.case.area_code, self.as_of)
        key = (name, whose, type(value), value, lacking, id(found))
        kept = self.said.get(key)
        if kept is not None and kept[0] is found:
            told: Explanation = kept[1]
            return told
        kind = "input" if given else "parameter"
        told = Explanation(
            name=name,
            label=self.words.label(name),
            kind=kind,
            person=whose,
            value=value,
            value_text=self._value_text(name, value, kind),
            condition="" if given else self._origin(name, found),
            cites=() if found is None else self._sources(found),
            children=(),
            missing=tuple(self.words.label(each) for each in lacking),
            lacking=lacking,
        )
        self.said[key] = (found, told)
        return told

    def _value_text(self, name: str, value: Value, kind: str) -> str:
        unit = self.words.unit(name)
        if kind in ("input", "parameter") and value is None:
            return UNKNOWN
        return parameter_text(value, unit) if kind == "parameter" and value is not None else value_text(value, unit)

    def _reason(
        self, name: str, version: Definition, whose: int | None
    ) -> tuple[str, str, tuple[Explanation, ...], tuple[Deciding, ...]]:
        kind = version.kind if isinstance(version, Aggregate) else "rule"
        if (name, whose) in self.told:
            return kind, "", (), ()
        self.told.add((name, whose))
        if isinstance(version, Aggregate):
            condition, mentioned = self._members(version)
            return kind, condition, tuple([self.of(each, position) for each, position in mentioned]), ()
        assert isinstance(version, Rule)
        own = self.state.persons[whose] if whose is not None else {}
        household = self.state.household
        values = tuple([own[each] if each in own else household[each] for each in version.arguments])
        key = (version, values, *map(type, values))
        kept = self.said.get(key)
        if kept is None:
            kept = self.said[key] = self._sentence(version, dict(zip(version.arguments, values, strict=True)))
        recomputed, condition, named, deciding = kept
        expected = own[name] if whose is not None else household[name]
        if recomputed != expected or type(recomputed) is not type(expected):
            raise AssertionError(f"{name}: the tree gives {recomputed}, the rule {expected}")
        return kind, condition, tuple([self.of(each, whose) for each in named]), deciding

    def _sentence(
        self, version: Rule, values: dict[str, Value]
    ) -> tuple[Value, str, tuple[str, ...], tuple[Deciding, ...]]:
        """What a rule's tree gives for its arguments, and how that is said: nothing but the arguments goes into it."""
        reading = Reading(version.name, values)
        recomputed = reading.value(version.body)
        wording = Wording(self.words, reading, values.__getitem__)
        condition = wording.of_rule(version.body, version.unit)
        return recomputed, condition, tuple(wording.named), wording.deciding()

    def _members(self, aggregate: Aggregate) -> tuple[str, list[tuple[str, int]]]:
        """Which members counted, and what of theirs to explain."""
        persons = self.state.persons
        where, of = aggregate.where, aggregate.of
        chosen: list[Value] = [True if where is None else person[where] for person in persons]
        counted = [position for position, one in enumerate(chosen) if one is True]
        untold = [position for position, one in enumerate(chosen) if one is None]
        label = "全部成员" if where is None else f"“{self.words.label(where)}”的成员"
        if aggregate.kind == "any_of":
            if counted:
                return f"成员{counted[0] + 1}符合", [(aggregate.arguments[0], counted[0])]
            asked = untold or range(len(persons))
            said = f"{_listed(untold)}{CANNOT_TELL}" if untold else "没有成员符合"
            return said, [(aggregate.arguments[0], position) for position in asked]
        said = f"{label}：{_listed(counted)}" if counted else f"{label}：无"
        if untold:
            said += f"；{_listed(untold)}{CANNOT_TELL}"
        mentioned = [(where, position) for position in (untold or counted) if where is not None]
        if of is not None:
            amounts = " + ".join(value_text(persons[position][of], self.words.unit(of)) for position in counted)
            said += f"，合计 {amounts}" if counted else ""
            mentioned = [(of, position) for position in counted]
            mentioned += [(where, position) for position in untold if where is not None]
        return said, mentioned

    def _origin(self, name: str, found: Found | None) -> str:
        """Where a parameter's value comes from."""
        spec = self.words.of(name)
        if found is None:
            said = "当地未设定" if spec.local else "该日没有规定"
            return f"{said}〔{UNCONFIRMED}〕" if spec.unconfirmed else said
        said = self._set_by(found) if found.of is None or found.ratio is None else self._made_of(found)
        if found.item != name:
            said = f"按“{self.words.label(found.item)}”，{said}"
        return f"{said}〔{UNCONFIRMED}〕" if spec.unconfirmed else said

    def _made_of(self, found: Found) -> str:
        """Of what a derived value was made."""
        assert found.of is not None
        assert found.ratio is not None
        of, ratio = found.of.item, found.ratio.item
        return (
            f"“{self.words.label(of)}”{parameter_text(found.of.value, self.words.unit(of))}（{self._set_by(found.of)}）× "
            f"“{self.words.label(ratio)}”{value_text(found.ratio.value, self.words.unit(ratio))}（{self._set_by(found.ratio)}）"
        )

    def _set_by(self, found: Found) -> str:
        """Which division set a value, and since when."""
        if found.of is not None:
            return self._made_of(found)
        if found.assertion.source == GIVEN:
            return "案例给定"
        code = found.assertion.area_code
        cite = Cite(found.assertion.source, found.assertion.article)
        if code == NATION and cite.key == LOCAL:
            return "全国没有规定，当地未另定"
        if code == NATION and self.words.citation(cite).confidence in CAUTIONS:
            return "参考样例值，全国没有规定，当地可改写"
        level = LEVEL_LABELS[level_of(code)]
        since = (
            f"自 {found.assertion.start} 起"
            if found.assertion.valid_from
            else f"见于 {found.assertion.observed_on}，起始日不明"
        )
        return f"{level if code == NATION else f'{level}（{code}）'}规定，{since}"

    def _cites(self, version: Definition) -> tuple[Citation, ...]:
        key = ("cites", version)
        if key not in self.said:
            self.said[key] = tuple(self._citations(version.cites))
        told: tuple[Citation, ...] = self.said[key]
        return told

    def _sources(self, found: Found) -> tuple[Citation, ...]:
        rows = [row for row in found.assertions if row.source not in ("", GIVEN)]
        return tuple(dict.fromkeys(self._citations(Cite(row.source, row.article) for row in rows)))

    def _citations(self, cites: Iterable[Cite]) -> Iterable[Citation]:
        for cite in cites:
            yield self.words.citation(cite)


def _listed(positions: Iterable[int]) -> str:
    return "、".join(f"成员{position + 1}" for position in positions)

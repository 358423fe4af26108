"""Why an outcome came out as it did: the same tree with the values in hand, down to facts, parameters and articles."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from shouwang.engine.book import Book
from shouwang.engine.call import Case, Outcome, State, compute, outcome_of
from shouwang.engine.graph import Plan
from shouwang.engine.meaning import Value
from shouwang.engine.nearest import Change, nearest_change
from shouwang.engine.parameters import GIVEN, Found, ParameterTable
from shouwang.engine.rule import LOCAL, Aggregate, Cite, Entity, Rule
from shouwang.engine.sayings import Saying, Sayings
from shouwang.engine.wording import CANNOT_TELL, UNKNOWN, Deciding, parameter_text, value_text
from shouwang.engine.words import CAUTIONS, Citation, Words
from shouwang.lib.area_codes import LEVEL_LABELS, NATION, level_of

UNCONFIRMED = "未核实，须当地确认"
"""What a reader must know of a parameter whose meaning no text we could read fixes."""


class Explanation(NamedTuple):
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
    return _told(book, state, as_of, parameters, target, person, _sayings_for(book, state, as_of))


def _sayings_for(book: Book, state: State, as_of: date) -> Sayings:
    """What is said of all that is in force there, whatever the target: what was said once is not put together again."""
    return _sayings(book, book.plan(as_of, book.regime(state.area_code)))


@lru_cache(maxsize=16)
def _sayings(book: Book, plan: Plan) -> Sayings:
    return Sayings(book, plan, Words(book, plan.by_name))


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
    sayings = _sayings_for(book, state, as_of)

    def told(target: str, person: int | None) -> Explanation:
        own = replace(state, plan=state.plan.towards([target]))
        return _told(book, own, as_of, parameters, target, person, sayings)

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
    told = _told(book, state, as_of, parameters, target, person, Sayings(book, state.plan, words))
    return told, state, words


def _told(  # noqa: PLR0917 - as ``explain``
    book: Book,
    state: State,
    as_of: date,
    parameters: ParameterTable,
    target: str,
    person: int | None,
    sayings: Sayings,
) -> Explanation:
    """Explain from what was computed: ``state`` may hold more values than its plan names, never fewer."""
    if target not in state.plan.by_name:
        raise KeyError(f"{target} is not in force on {as_of} in {state.area_code}")
    own = book.entity_of(target) == "person"
    if own != (person is not None):
        raise ValueError(f"{target} is a rule of a {book.entity_of(target)}")
    return _Explainer(state, as_of, parameters, sayings).top(target, person)


class _Explainer:
    def __init__(self, state: State, as_of: date, parameters: ParameterTable, sayings: Sayings) -> None:
        self.state = state
        self.as_of = as_of
        self.parameters = parameters
        self.sayings = sayings
        self.words = sayings.words
        self.told: dict[tuple[str, int | None], Explanation] = {}
        self.again: dict[tuple[str, int | None], Explanation] = {}

    def top(self, target: str, person: int | None) -> Explanation:
        version = self.state.plan.by_name[target]
        change = None
        if isinstance(version, Rule):
            change = nearest_change(self.state, version, person=person, sayings=self.sayings)
        return self.of(target, person)._replace(nearest_change=change, notices=tuple(self._notices(person)))

    def _notices(self, person: int | None) -> Iterable[str]:
        """What the rules under the result have to say; a member's own rule speaks of that member, or of all for a household."""
        for rule in self.state.plan.notices:
            if rule.entity is Entity.HOUSEHOLD:
                if self.state.household[rule.name] is True:
                    yield rule.notice
                continue
            whom = range(len(self.state.persons)) if person is None else (person,)
            held = [position for position in whom if self.state.persons[position][rule.name] is True]
            if held:
                yield f"{rule.notice}（{_listed(held)}）"

    def of(self, name: str, person: int | None) -> Explanation:
        """A value and why, as the tree of what it was made of."""
        state = self.state
        held, whose = state.household, None
        if person is not None and name in state.persons[person]:
            held, whose = state.persons[person], person
        if (name, whose) in self.told:
            return self._again(name, whose)
        value = held[name]
        lacking, missing = self.sayings.lacking(state.lacking(name, whose)) if value is None else ((), ())
        saying = self.sayings.of(name)
        version = saying.version
        if version is None:
            told = self._leaf(saying, whose, value, lacking, missing)
        else:
            deciding: tuple[Deciding, ...] = ()
            if isinstance(version, Rule):
                condition, children, deciding = self._reason(version, whose, held, value)
            else:
                assert isinstance(version, Aggregate)
                condition, mentioned = self._members(version)
                children = tuple([self.of(each, position) for each, position in mentioned])
            told = Explanation(
                name,
                saying.label,
                saying.kind,
                whose,
                value,
                saying.text(value),
                condition,
                saying.cites,
                children,
                missing,
                None,
                not condition,
                (),
                lacking,
                deciding,
            )
        self.told[name, whose] = told
        return told

    def _again(self, name: str, whose: int | None) -> Explanation:
        """What stands explained further up; a fact or a parameter is said again as it is."""
        first = self.told[name, whose]
        if first.kind in ("input", "parameter"):
            return first
        if (name, whose) not in self.again:
            self.again[name, whose] = first._replace(condition="", children=(), repeated=True, deciding=())
        return self.again[name, whose]

    def _leaf(
        self,
        saying: Saying,
        whose: int | None,
        value: Value,
        lacking: tuple[str, ...],
        missing: tuple[str, ...],
    ) -> Explanation:
        """A fact, or a parameter with its origin; the same again is the same explanation."""
        found = None
        if saying.kind == "parameter":
            found = self.parameters.lookup(saying.name, self.state.area_code, self.as_of)
        key = (whose, type(value), value, lacking, id(found))
        kept: tuple[Found | None, Explanation] = self.sayings.made(
            saying, key, self._origin_told, saying, whose, value, lacking, missing, found
        )
        return kept[1]

    def _origin_told(  # noqa: PLR0917 - as ``_leaf``
        self,
        saying: Saying,
        whose: int | None,
        value: Value,
        lacking: tuple[str, ...],
        missing: tuple[str, ...],
        found: Found | None,
    ) -> tuple[Found | None, Explanation]:
        """A fact or a parameter as explained, and what was found (kept beside it, so that its id stays its own)."""
        told = Explanation(
            name=saying.name,
            label=saying.label,
            kind=saying.kind,
            person=whose,
            value=value,
            value_text=UNKNOWN if value is None else saying.text(value),
            condition=self._origin(saying.name, found) if saying.kind == "parameter" else "",
            cites=() if found is None else self._sources(found),
            children=(),
            missing=missing,
            lacking=lacking,
        )
        return found, told

    def _reason(
        self, version: Rule, whose: int | None, held: Mapping[str, Value], value: Value
    ) -> tuple[str, tuple[Explanation, ...], tuple[Deciding, ...]]:
        """What decided, in words, what that mentions, and the same for everyday."""
        household = self.state.household
        values = tuple([held[each] if each in held else household[each] for each in version.arguments])
        said = self.sayings.sentence(version, values)
        if said.value != value or type(said.value) is not type(value):
            raise AssertionError(f"{version.name}: the tree gives {said.value}, the rule {value}")
        return said.condition, tuple([self.of(each, whose) for each in said.named]), said.deciding

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

    def _sources(self, found: Found) -> tuple[Citation, ...]:
        rows = [row for row in found.assertions if row.source not in ("", GIVEN)]
        return tuple(dict.fromkeys(self._citations(Cite(row.source, row.article) for row in rows)))

    def _citations(self, cites: Iterable[Cite]) -> Iterable[Citation]:
        for cite in cites:
            yield self.words.citation(cite)


def _listed(positions: Iterable[int]) -> str:
    return "、".join(f"成员{position + 1}" for position in positions)

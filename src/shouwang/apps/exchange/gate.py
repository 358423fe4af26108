"""The blast-radius gate (影响面闸门): a delivery that would change too many people's deciding facts waits for a human."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shouwang.apps.exchange.contract import FactRule
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.services import NewFact

# Below this many people a clerk sees every one of them anyway.
FEW = 20
NAMES_DIFFER_PERMILLE = 100


@dataclass(frozen=True, slots=True)
class Effect:
    """What linking would do: facts new, corrected or known already, and how many subjects weigh in the gate."""

    new: int
    corrected: int
    same: int
    weighty: int
    facts: list[NewFact]


def weigh(source: str, facts: Iterable[tuple[FactRule, NewFact]]) -> Effect:
    """Compare a delivery's facts with what its source said before.

    A subject weighs when a fact of the same day is corrected, when an item to be watched is new (``gate: new``), or when
    a value differs from the last one known (``gate: changed``). Facts of ``first`` items already known from an earlier
    day are left out.
    """
    pairs = list(facts)
    said = _said(source, pairs)
    new = corrected = same = 0
    weighty: set[tuple[int | None, int | None]] = set()
    kept: list[NewFact] = []
    for rule, fact in pairs:
        before = said.get((fact.person_id, fact.household_id, fact.item, fact.key), {})
        if rule.combine == "first" and any(day < fact.true_from for day in before):
            same += 1
            continue
        kept.append(fact)
        known = before.get(fact.true_from)
        if known == (fact.value, fact.true_to):
            same += 1
            continue
        if known is not None:
            corrected += 1
        else:
            new += 1
        earlier = [day for day in before if day < fact.true_from]
        differs = rule.gate == "changed" and bool(earlier) and before[max(earlier)][0] != fact.value
        if known is not None or differs or rule.gate == "new":
            weighty.add((fact.person_id, fact.household_id))
    return Effect(new, corrected, same, len(weighty), kept)


def _said(
    source: str, pairs: list[tuple[FactRule, NewFact]]
) -> dict[tuple[int | None, int | None, str, str], dict[date, tuple[int, date | None]]]:
    persons = {fact.person_id for _, fact in pairs if fact.person_id is not None}
    households = {fact.household_id for _, fact in pairs if fact.household_id is not None}
    found: dict[tuple[int | None, int | None, str, str], dict[date, tuple[int, date | None]]] = {}
    items = sorted({fact.item for _, fact in pairs})
    for fact in registry.facts_said(source=source, items=items, persons=persons, households=households):
        place = (fact.person_id, fact.household_id, fact.item, fact.key)
        found.setdefault(place, {})[fact.true_from] = fact.value, fact.true_to
    return found


def reason_to_hold(*, weighty: int, people: int, matched: int, names_differ: int, permille: int) -> str:
    """Return why a delivery has to wait (中文), '' when it need not."""
    if weighty >= FEW and weighty * 1000 > people * permille:
        return f"将改变 {weighty} 人的关键信息，占本县登记册 {people} 人的 {weighty * 1000 / people:.1f}‰，超过 {permille}‰"
    compared = matched + names_differ
    if names_differ >= FEW and names_differ * 1000 > compared * NAMES_DIFFER_PERMILLE:
        return f"身份证号相符的 {compared} 条记录中有 {names_differ} 条姓名不符，疑似串行或错列"
    return ""

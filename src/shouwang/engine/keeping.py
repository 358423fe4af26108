"""What of an explanation must be kept so that any later rule set tells it again byte for byte.

Kept: the facts the rule named, the parameters as they were found, the words used. Computed again: everything else, by
the rules that were in force then. An edited past rule therefore shows as other bytes; a new rule, number or word never does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shouwang.engine.book import Book
from shouwang.engine.call import Case
from shouwang.engine.explain import Explanation, explained
from shouwang.engine.meaning import Value
from shouwang.engine.parameters import Assertion, Found, ParameterTable

TEXTS = ("item", "area_code", "value", "per", "source", "article", "observed_on", "published", "published_unit")
DAYS = ("valid_from", "valid_to", "last_confirmed")


@dataclass(frozen=True, slots=True)
class Kept:
    """One explained result as plain data for JSON, and the explanation itself. ``person`` is the member's position."""

    target: str
    person: int | None
    as_of: date
    case: dict[str, Any]
    parameters: dict[str, Any]
    words: dict[str, Any]
    explanation: Explanation


class KeptParameters(ParameterTable):
    """The parameters as one explanation found them; a stored table has no others."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        super().__init__()
        self._kept = {item: None if found is None else _found(found) for item, found in kept.items()}

    def lookup(self, item: str, area_code: str, as_of: date) -> Found | None:
        """What was found then; None for what nobody had set."""
        return self._kept.get(item)


def keep(  # noqa: PLR0917 - as ``explain``
    book: Book, case: Case, as_of: date, parameters: ParameterTable, target: str, person: int | None = None
) -> Kept:
    """Explain ``target`` and keep what it rests on. Raises as ``explain`` does."""
    explanation, state, words = explained(book, case, as_of, parameters, target, person)
    own = [leaf.name for leaf in state.plan.person_inputs]
    named = [leaf.name for leaf in state.plan.household_inputs]
    found = {leaf.name: parameters.lookup(leaf.name, case.area_code, as_of) for leaf in state.plan.parameters}
    return Kept(
        target=target,
        person=person,
        as_of=as_of,
        case={
            "area_code": case.area_code,
            "household": _facts(case.household, named),
            "members": [_facts(member, own) for member in case.members],
        },
        parameters={item: None if each is None else _row(each) for item, each in sorted(found.items())},
        words=words.as_dict(),
        explanation=explanation,
    )


def told_again(  # noqa: PLR0917 - the columns of a stored decision
    book: Book,
    target: str,
    person: int | None,
    as_of: date,
    case: Mapping[str, Any],
    parameters: Mapping[str, Any],
    words: Mapping[str, Any],
) -> Explanation:
    """Explain a kept result under another book, with the facts, parameters and words of then. Raises as ``explain`` does."""
    given = Case(case["area_code"], case["household"], case["members"])
    return explained(book, given, as_of, KeptParameters(parameters), target, person, words)[0]


def _facts(known: Mapping[str, Value], names: list[str]) -> dict[str, Value]:
    """The facts by name, those not known left out."""
    return {name: _plain(known[name]) for name in sorted(names) if known.get(name) is not None}


def _plain(value: Value) -> Value:
    return value if value is None or isinstance(value, bool) else int(value)


def _row(found: Found) -> dict[str, Any]:
    row = found.assertion
    kept: dict[str, Any] = {name: getattr(row, name) for name in TEXTS}
    kept |= {name: day.isoformat() for name in DAYS if (day := getattr(row, name)) is not None}
    made = {"found": int(found.value), "for": found.item, "assertion": kept}
    if found.of is not None and found.ratio is not None:
        made |= {"of": _row(found.of), "ratio": _row(found.ratio)}
    return made


def _found(kept: Mapping[str, Any]) -> Found:
    fields = dict(kept["assertion"])
    for name in DAYS:
        fields[name] = date.fromisoformat(fields[name]) if fields.get(name) else None
    of, ratio = kept.get("of"), kept.get("ratio")
    return Found(
        kept["found"], Assertion(**fields), kept["for"], _found(of) if of else None, _found(ratio) if ratio else None
    )

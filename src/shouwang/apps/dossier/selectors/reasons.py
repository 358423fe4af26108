"""Whether the household qualifies and why: the engine's explanation as the page's table 条件 / 判断 / 计算与事实 / 依据."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from shouwang.apps.assessment import selectors as assessment
from shouwang.engine.explain import Explanation, explain

TARGETS = ("dibao_eligible", "dibao_gap_amount", "dibao_marginal_eligible")
CANNOT_TELL = "暂无法判断"
JUDGED = ("rule", "count", "total", "any_of")
_MEMBER = re.compile(r"成员(\d+)")


@dataclass(frozen=True)
class ReasonLine:
    """One row of the table; ``depth`` says how far below the question it stands, ``verdict`` yes, no, unknown or value."""

    depth: int
    label: str
    verdict: str
    value: str
    reckoning: str
    cites: tuple[str, ...]

    @property
    def indent(self) -> range:
        """One blank for each step down after the first."""
        return range(self.depth - 1)


@dataclass(frozen=True)
class Reason:
    """One question put to the law, with its answer, what is missing and what would change it."""

    label: str
    verdict: str
    value: str
    lines: list[ReasonLine]
    missing: tuple[str, ...]
    change: str


def reasons_for(household_id: int, on: date, names: Mapping[int, str]) -> list[Reason]:
    """Return the questions that have a rule in force on a day, judged with what is known now; empty for an empty household."""
    found = assessment.case_of(household_id, on)
    if found is None:
        return []
    book, parameters = assessment.book(), assessment.parameters()
    called = {position: names.get(person, "") for position, person in enumerate(found.person_ids, start=1)}
    in_force = book.versions_on(on, found.case.area_code)
    return [
        _reason(explain(book, found.case, on, parameters, target), called) for target in TARGETS if target in in_force
    ]


def _reason(answer: Explanation, called: Mapping[int, str]) -> Reason:
    lines = list(_lines(answer, called, 0))
    change = answer.nearest_change.text if answer.nearest_change else ""
    return Reason(answer.label, lines[0].verdict, lines[0].value, lines, answer.missing, _named(change, called))


def _lines(answer: Explanation, called: Mapping[int, str], depth: int) -> Iterator[ReasonLine]:
    who = "" if answer.person is None else f"（{called.get(answer.person + 1, '')}）"
    yield ReasonLine(
        depth=depth,
        label=f"{answer.label}{who}",
        verdict=_verdict(answer.value),
        value=CANNOT_TELL if answer.value is None and answer.kind in JUDGED else answer.value_text,
        reckoning=_named(answer.condition, called),
        cites=tuple(str(cite) for cite in answer.cites),
    )
    for child in answer.children:
        if not child.repeated:
            yield from _lines(child, called, depth + 1)


def _verdict(value: int | bool | None) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "value"


def _named(text: str, called: Mapping[int, str]) -> str:
    """Put the members' names where the engine speaks of 成员1, 成员2."""
    return _MEMBER.sub(lambda found: called.get(int(found[1])) or found[0], text)

"""Whether the household qualifies: the questions of every policy, those that matter first, each with its answer in a paragraph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.dossier.selectors.places import names_above, placed
from shouwang.engine.explain import Explanation, explaining
from shouwang.engine.plain import coded, plain
from shouwang.engine.table import CANNOT_TELL, Row, named, rows_of, verdict_of

MOST_UNTOLD = 6
"""How many questions that cannot be told stand among those that matter, in the statutory order."""
MOST_NEAR = 3
"""How many refused questions that one change of a fact would turn stand among those that matter."""
_RANK = {"yes": 0, "value": 0, "unknown": 1, "no": 2}


@dataclass(frozen=True)
class Answer:
    """The answer for the household (``person`` None) or one member; ``rules`` are (rule, label) for the links.

    ``lines`` the reason row by row, of the household's answers.
    """

    who: str
    person: UUID | None
    verdict: str
    value: str
    plain: str
    missing: tuple[str, ...]
    change: str
    nearness: float
    rules: tuple[tuple[str, str], ...]
    lines: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Reason:
    """One question put to a policy, with the answers of those it is about, the met ones first."""

    label: str
    policy: str
    answers: list[Answer]

    @property
    def verdict(self) -> str:
        """``yes`` if one answer is, else ``unknown`` if one is, else ``no``."""
        return self.answers[0].verdict

    @property
    def value(self) -> str:
        """The first answer's value."""
        return self.answers[0].value

    @property
    def missing(self) -> tuple[str, ...]:
        """What any answer lacks."""
        return tuple(dict.fromkeys(label for answer in self.answers for label in answer.missing))

    @property
    def shown(self) -> list[Answer]:
        """The answers like the best one; the others are counted."""
        return [answer for answer in self.answers if _RANK[answer.verdict] == _RANK[self.verdict]]

    @property
    def others(self) -> list[Answer]:
        """The answers not shown at first sight."""
        return [answer for answer in self.answers if _RANK[answer.verdict] != _RANK[self.verdict]]

    @property
    def nearness(self) -> float:
        """How small a change turns it; infinite where no single one does."""
        return min(answer.nearness for answer in self.answers)


@dataclass(frozen=True)
class Reasons:
    """Every question of a household.

    ``first`` met, the first that cannot be told, and nearest to turning; ``untold`` the others that cannot be told;
    ``rest`` the others refused.
    """

    first: list[Reason]
    untold: list[Reason]
    rest: list[Reason]

    def __iter__(self) -> Iterator[Reason]:
        return iter([*self.first, *self.untold, *self.rest])

    def __bool__(self) -> bool:
        return bool(self.first or self.untold or self.rest)


def reasons_for(
    household_id: int, on: date, names: Mapping[int, str], uuids: Mapping[int, UUID] | None = None
) -> Reasons:
    """Return the questions in force on a day, judged with what is known now; empty for a household without members.

    ``names`` and ``uuids`` are the members', by person: the name as the actor may read it, the uuid for the links.
    """
    found = assessment.case_of(household_id, on)
    if found is None:
        return Reasons([], [], [])
    book, parameters = assessment.book(), assessment.parameters_at(found.case.area_code)
    in_force = book.versions_on(on, found.case.area_code)
    called = called_by(found.person_ids, names)
    asked = [(each, rules) for each in assessment.questions() if (rules := [r for r in each.rules if r in in_force])]
    tell = explaining(book, found.case, on, parameters, {rule for _, rules in asked for rule in rules})
    places = names_above(found.case.area_code)
    reasons = []
    for question, rules in asked:
        own = book.entity_of(rules[0]) == "person"
        links = tuple((rule, in_force[rule].label) for rule in rules)
        answers = []
        for position in range(len(found.person_ids)) if own else (None,):
            whether = tell(rules[0], position)
            amount = tell(rules[1], position) if len(rules) > 1 and whether.value is True else None
            uuid = None if position is None else (uuids or {}).get(found.person_ids[position])
            answers.append(_answer(whether, amount, on, called, uuid, links, places))
        answers.sort(key=lambda answer: _RANK[answer.verdict])
        reasons.append(Reason(question.label, question.policy, answers))
    return _ranked(reasons)


def called_by(person_ids: Sequence[int], names: Mapping[int, str]) -> dict[int, str]:
    """Return the members' names by their place in explanations (1, 2 …)."""
    return {place: names.get(person, "") for place, person in enumerate(person_ids, start=1)}


def _answer(  # noqa: PLR0917 - every part of one answer
    whether: Explanation,
    amount: Explanation | None,
    on: date,
    called: Mapping[int, str],
    uuid: UUID | None,
    links: tuple[tuple[str, str], ...],
    places: Mapping[str, str],
) -> Answer:
    """The answer of one subject: whether, and where that is met, how much."""
    who = "" if whether.person is None else called.get(whether.person + 1, "")
    verdict = "no" if whether.value == 0 else verdict_of(whether.value)
    best = whether if amount is None else amount
    said = {"yes": "符合", "no": "不符合", "unknown": CANNOT_TELL, "value": coded(whether) or whether.value_text}[
        verdict
    ]
    if verdict == "no" and not isinstance(whether.value, bool):
        said = coded(whether) or whether.value_text
    if amount is not None:
        said = f"符合，金额{CANNOT_TELL}" if amount.value is None else f"符合，{amount.value_text}"
    change = whether.nearest_change
    return Answer(
        who=who,
        person=uuid,
        verdict=verdict,
        value=said,
        plain=named(plain(assessment.book(), best, on, who=who), called),
        missing=best.missing if best.value is None else whether.missing,
        change=named(change.text, called) if change else "",
        nearness=abs(change.to - change.now) / max(abs(change.now), 1) if change and verdict == "no" else float("inf"),
        rules=links,
        lines=placed(rows_of(whether, called), places) if whether.person is None else [],
    )


def _ranked(reasons: list[Reason]) -> Reasons:
    """The statutory order within each rank."""
    met = [reason for reason in reasons if reason.verdict in ("yes", "value")]
    untold = [reason for reason in reasons if reason.verdict == "unknown"]
    refused = [reason for reason in reasons if reason.verdict == "no"]
    turning = sorted((each for each in refused if each.nearness < float("inf")), key=lambda each: each.nearness)
    near = turning[:MOST_NEAR]
    return Reasons(
        [*met, *untold[:MOST_UNTOLD], *near], untold[MOST_UNTOLD:], [each for each in refused if each not in near]
    )

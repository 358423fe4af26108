"""One question of one household, or of one member, told in full: the page, the JSON and the paper say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.dossier.selectors.places import names_above, placed
from shouwang.apps.dossier.selectors.reasons import called_by
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.access import NotFound, household_for, name_shown
from shouwang.engine.explain import Explanation, explain
from shouwang.engine.paper import Paper
from shouwang.engine.plain import plain
from shouwang.engine.table import Row, named, notices_of, rows_of, verdict_of
from shouwang.lib.clock import SHANGHAI

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

ABSENT = "没有这个问题，或这一天没有施行相应的规定。"
REMARK = "按已知的事实计算，仅供经办参考，不代替审核确认"


@dataclass(frozen=True)
class Stored:
    """What makes an explanation a stored decision; ``same`` whether computing it again gave the stored bytes."""

    uuid: UUID
    made_at: datetime
    digest: str
    same: bool
    body: bytes

    @property
    def tree(self) -> dict[str, Any]:
        """The explanation as it was stored."""
        tree: dict[str, Any] = json.loads(self.body)
        return tree


FIRST_DEPTH = 2
FEW_ROWS = 15
MOST_KEPT = 10


@dataclass(frozen=True)
class Why:
    """One question with its whole reason, as the actor may read it. ``person`` the member a person's rule is about."""

    household: Any
    place: str
    head: str
    person: UUID | None
    who: str
    on: date
    members: list[str]
    answer: Explanation
    verdict: str
    plain: str
    change: str
    notices: tuple[str, ...]
    rows: list[Row]
    fingerprints: dict[str, str]
    decision: Stored | None = None
    person_id: int | None = None

    @property
    def first_rows(self) -> list[Row]:
        """The rows that decided, for a first look; every row where there are few."""
        return self.rows if len(self.rows) <= FEW_ROWS else [row for row in self.rows if row.depth <= FIRST_DEPTH]

    @property
    def said(self) -> str:
        """The answer in a word."""
        return self.rows[0].answer

    @property
    def remark(self) -> str:
        """What kind of answer this is."""
        if self.decision is None:
            return REMARK
        kept = f"{self.decision.made_at.astimezone(SHANGHAI):%Y-%m-%d} 存档的认定"
        return (
            f"{kept}，现按规则复算，与存档一致"
            if self.decision.same
            else f"{kept}，现按规则复算，与存档不一致，以存档为准"
        )

    @property
    def title(self) -> str:
        """The question, with the member it is about."""
        return f"{self.answer.label}（{self.who}）" if self.who else self.answer.label

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: places (成员1 …) stand in the tree, the names beside it."""
        stored = {} if self.decision is None or self.decision.same else {"stored": self.decision.tree}
        return stored | {
            "household": self.household.number,
            "area_code": self.household.area_code,
            "as_of": self.on.isoformat(),
            "rule": self.answer.name,
            "label": self.answer.label,
            "members": self.members,
            "plain": self.plain,
            "notices": list(self.notices),
            "explanation": self.answer.as_dict(),
            "fingerprint": self.fingerprints,
            "remark": self.remark,
        }

    def paper(self) -> Paper:
        """The same on paper."""
        missing = [("缺少", "、".join(self.answer.missing))] if self.answer.missing else []
        change = [("会改变结果的最近变化", self.change)] if self.change else []
        about = [("户编号", self.household.number), ("户主", self.head), ("居住地", self.place)]
        about += [("成员", self.who)] if self.who else []
        return Paper(
            title=self.title,
            plain=self.plain,
            about=[*about, ("判定日", f"{self.on:%Y-%m-%d}")],
            remarks=[*missing, *change, *(("提示", notice) for notice in self.notices)],
            rows=self.rows,
            foot=self.remark,
            as_of=self.on,
        )


def why_of(actor: Actor, uuid: UUID | str, rule: str, person: UUID | None, on: date) -> Why:
    """Return one explanation and write the audit row of the look, as for the dossier.

    Raises NotFound outside the range, for a rule not in force that day, and for a person who does not live there.
    """
    book, parameters = assessment.book(), assessment.parameters()
    if rule not in book.definitions or (person is None) == (book.entity_of(rule) == "person"):
        raise NotFound(ABSENT)
    household = household_for(actor, uuid)
    lines = registry.members_of_household(household_id=household.pk, on=on)
    found = assessment.case_of(household.pk, on)
    if found is None or rule not in book.versions_on(on, found.case.area_code):
        raise NotFound(ABSENT)
    asked = [line.person_id for line in lines if line.uuid == person]
    if person is not None and not (asked and asked[0] in found.person_ids):
        raise NotFound(ABSENT)
    position = found.person_ids.index(asked[0]) if asked else None
    answer = explain(book, found.case, on, parameters, rule, position)
    names = {line.person_id: name_shown(actor, line.name) for line in lines}
    head = next((names[line.person_id] for line in lines if line.is_head), "")
    return _told(
        answer,
        household=household,
        head=head,
        person=person,
        on=on,
        called=called_by(found.person_ids, names),
        fingerprints={"rules": book.fingerprint, "parameters": parameters.fingerprint},
        person_id=asked[0] if asked else None,
    )


def decision_of(actor: Actor, uuid: UUID | str, decision: UUID) -> Why:
    """Return a stored decision, computed again by the rules now loaded, and write the audit row of the look.

    Raises NotFound outside the range, and for a decision that is not this household's.
    """
    household = household_for(actor, uuid)
    stored = assessment.determinations_of(household.pk).filter(uuid=decision).first()
    if stored is None:
        raise NotFound(ABSENT)
    again = assessment.told_again_of(stored)
    if again.answer is None:
        raise NotFound("存档时的规则已不在系统中，不能复算。")
    lines = registry.members_of_household(household_id=household.pk, on=stored.as_of)
    named_then = registry.names_of(persons=set(stored.member_ids), households=set(), on=stored.as_of).persons
    names = {person: name_shown(actor, name) for person, name in named_then.items()}
    return _told(
        again.answer,
        household=household,
        head=next((name_shown(actor, line.name) for line in lines if line.is_head), ""),
        person=None,
        on=stored.as_of,
        called=called_by(stored.member_ids, names),
        fingerprints={"rules": stored.rules, "parameters": stored.standards, "explanation": stored.digest},
        decision=Stored(stored.uuid, stored.made_at, stored.digest, again.same, bytes(stored.explanation)),
    )


def kept_of(why: Why) -> list[tuple[UUID, date, str]]:
    """Return the decisions kept of the same question about the same subject, the newest first: uuid, day, answer."""
    kept = assessment.determinations_of(why.household.pk).filter(target=why.answer.name, person_id=why.person_id)
    return [
        (each.uuid, each.as_of, json.loads(bytes(each.explanation)).get("value_text", "")) for each in kept[:MOST_KEPT]
    ]


def _told(
    answer: Explanation,
    *,
    household: Any,
    head: str,
    person: UUID | None,
    on: date,
    called: Mapping[int, str],
    fingerprints: dict[str, str],
    decision: Stored | None = None,
    person_id: int | None = None,
) -> Why:
    who = "" if answer.person is None else called[answer.person + 1]
    change = answer.nearest_change
    paragraph = plain(assessment.book(), answer, on, who=who, decided=decision is not None)
    return Why(
        household=household,
        place=areas.name_path(household.area_code, on),
        head=head,
        person=person,
        who=who,
        on=on,
        members=list(called.values()),
        answer=answer,
        verdict=verdict_of(answer.value),
        plain=named(paragraph, called),
        change=named(change.text, called) if change else "",
        notices=notices_of(answer, called),
        rows=placed(rows_of(answer, called), names_above(household.area_code)),
        fingerprints=fingerprints,
        decision=decision,
        person_id=person_id,
    )

"""One question of one household, or of one member, told in full: the page, the JSON and the paper say the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.dossier.selectors.reasons import called_by
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.access import NotFound, household_for, name_shown
from shouwang.engine.explain import Explanation, explain
from shouwang.engine.paper import Paper
from shouwang.engine.plain import plain
from shouwang.engine.table import Row, named, notices_of, rows_of, verdict_of

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

ABSENT = "没有这个问题，或这一天没有施行相应的规定。"
REMARK = "按已知的事实计算，仅供经办参考，不代替审核确认"


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

    @property
    def title(self) -> str:
        """The question, with the member it is about."""
        return f"{self.answer.label}（{self.who}）" if self.who else self.answer.label

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: places (成员1 …) stand in the tree, the names beside it."""
        return {
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
            "remark": REMARK,
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
            foot=REMARK,
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
    names = {line.person_id: name_shown(actor, line.name) for line in lines}
    called = called_by(found.person_ids, names)
    answer = explain(book, found.case, on, parameters, rule, position)
    who = "" if position is None else called[position + 1]
    change = answer.nearest_change
    return Why(
        household=household,
        place=areas.name_path(household.area_code, on),
        head=next((names[line.person_id] for line in lines if line.is_head), ""),
        person=person,
        who=who,
        on=on,
        members=list(called.values()),
        answer=answer,
        verdict=verdict_of(answer.value),
        plain=named(plain(book, answer, on, who=who), called),
        change=named(change.text, called) if change else "",
        notices=notices_of(answer, called),
        rows=rows_of(answer, called),
        fingerprints={"rules": book.fingerprint, "parameters": parameters.fingerprint},
    )

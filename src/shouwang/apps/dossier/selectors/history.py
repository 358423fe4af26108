"""What happened to a household, newest first: who came and went, categories, what departments reported, what staff did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from shouwang.apps.monitoring import selectors as monitoring
from shouwang.apps.monitoring.states import VERB_LABELS
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.access import name_shown
from shouwang.lib.clock import SHANGHAI

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

MOST_MOMENTS = 60
# 每月都有的发放和申报数不进时间线，否则看不出发生过什么。
QUIET = ("benefit.", "pension.", "income.", "deduction.", "medical.outpatient_cost", "authorisation.", "recheck.")


@dataclass(frozen=True)
class Moment:
    """One line of the history; ``kind`` 家庭, 救助, 信息 or 办理."""

    day: date
    kind: str
    title: str
    note: str = ""


def timeline(
    actor: Actor,
    household_id: int,
    members: Iterable[registry.MemberLine],
    facts: Iterable[registry.KnownFact],
    names: Mapping[int, str],
) -> list[Moment]:
    """Return the newest MOST_MOMENTS moments."""
    moments = [
        *_family(actor, household_id),
        *_categories(members, names),
        *_reported(facts, names),
        *_handled(actor, household_id),
    ]
    return sorted(moments, key=lambda moment: moment.day, reverse=True)[:MOST_MOMENTS]


def _family(actor: Actor, household_id: int) -> list[Moment]:
    found = []
    for name, relation, since, until in registry.memberships_for(household_id=household_id):
        shown = name_shown(actor, name)
        found.append(Moment(since, "家庭", f"{shown}（{relation}）登记在本户"))
        if until is not None:
            found.append(Moment(until, "家庭", f"{shown}（{relation}）不再属于本户"))
    return found


def _categories(members: Iterable[registry.MemberLine], names: Mapping[int, str]) -> list[Moment]:
    found = []
    for member in members:
        for span in member.categories:
            found.append(Moment(span.valid_from, "救助", f"{names[member.person_id]}纳入{span.label}"))
            if span.valid_to is not None:
                found.append(Moment(span.valid_to, "救助", f"{names[member.person_id]}退出{span.label}"))
    return found


def _reported(facts: Iterable[registry.KnownFact], names: Mapping[int, str]) -> Sequence[Moment]:
    return [
        Moment(
            fact.true_from,
            "信息",
            f"{names.get(fact.person_id, '') if fact.person_id else '全户'}：{fact.label} {fact.value_text}",
            f"{fact.source_label}{'，' + fact.detail if fact.detail else ''}",
        )
        for fact in facts
        if not fact.item.startswith(QUIET)
    ]


def _handled(actor: Actor, household_id: int) -> list[Moment]:
    return [
        Moment(
            step.at.astimezone(SHANGHAI).date(),
            "办理",
            f"{VERB_LABELS.get(step.verb, step.verb)}：{monitoring.rule_label(step.alert.rule)}",
            f"{step.post.user.name}（{step.post.title}）{'，' + step.note if step.note else ''}"
            if step.post
            else "系统",
        )
        for step in monitoring.steps_for_household(actor, household_id)[:MOST_MOMENTS]
    ]

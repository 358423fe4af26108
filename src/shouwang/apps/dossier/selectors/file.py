"""Everything known of one household, in the order the page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.dossier.selectors.history import Moment, timeline
from shouwang.apps.dossier.selectors.reasons import Reasons, reasons_for
from shouwang.apps.monitoring import selectors as monitoring
from shouwang.apps.registry import selectors as registry
from shouwang.apps.registry.access import REVEALERS, household_for, name_shown
from shouwang.engine.table import CANNOT_TELL
from shouwang.lib.money import yuan

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

MOST_FACTS = 500
MOST_ALERTS = 50
MOST_DECISIONS = 20
PAID = "benefit.paid"
MONTHS_SHOWN = 3
THEMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("收入申报", ("income", "deduction")),
    ("财产", ("property", "vehicle", "realestate", "market")),
    ("医疗", ("medical",)),
    ("残疾", ("disability",)),
    ("就学", ("school",)),
    ("就业", ("employment",)),
    ("养老金", ("pension",)),
    ("救助金", ("benefit",)),
    ("受灾", ("disaster",)),
    ("死亡、服刑强戒", ("death", "custody")),
    ("家庭与核对", ("member", "authorisation", "recheck", "category")),
)


@dataclass(frozen=True)
class FactLine:
    """One known fact with whose it is ("全户" for the household's)."""

    who: str
    fact: registry.KnownFact

    @property
    def last_day(self) -> date | None:
        """The last day on which a state held."""
        return self.fact.true_to - timedelta(days=1) if self.fact.true_to else None


@dataclass(frozen=True)
class Theme:
    """Facts of one theme: those that hold now, and those past. ``latest`` is the last day anything of it became known."""

    label: str
    now: list[FactLine]
    past: list[FactLine]
    latest: date
    sources: str
    disputed: bool


@dataclass(frozen=True)
class MemberRow:
    """One member with the name as the actor may read it and the categories in force; ``number`` is the place in explanations."""

    number: int
    name: str
    line: registry.MemberLine
    categories: list[registry.CategorySpan]


@dataclass(frozen=True)
class AlertLine:
    """One alert with the words of its rule."""

    alert: Any
    label: str
    overdue: bool


@dataclass(frozen=True)
class DecisionLine:
    """One stored decision: which question, what came out, as of which day."""

    uuid: UUID
    label: str
    value: str
    as_of: date


@dataclass(frozen=True)
class Dossier:
    """One household: who, what is known, warnings, eligibility with reasons, help received, history."""

    household: Any
    place: str
    head: str
    members: list[MemberRow]
    received: list[tuple[str, str]]
    themes: list[Theme]
    facts_cut: bool
    alerts: list[AlertLine]
    reasons: Reasons
    decisions: list[DecisionLine]
    moments: list[Moment]
    may_reveal: bool


def dossier_of(actor: Actor, uuid: UUID | str, on: date) -> Dossier:
    """Return the dossier of a household as known now, and write the audit row of the look. Raises NotFound."""
    household = household_for(actor, uuid)
    lines = registry.members_of_household(household_id=household.pk, on=on)
    members = [
        MemberRow(number, name_shown(actor, line.name), line, [span for span in line.categories if span.in_force(on)])
        for number, line in enumerate(lines, start=1)
    ]
    names = {row.line.person_id: row.name for row in members}
    facts = registry.facts_for_dossier(household_id=household.pk, person_ids=list(names), most=MOST_FACTS + 1)
    head = next((row.name for row in members if row.line.is_head), members[0].name if members else "")
    return Dossier(
        household=household,
        place=areas.name_path(household.area_code, on),
        head=head,
        members=members,
        received=_received(members, facts, names, on),
        themes=_themes(facts[:MOST_FACTS], names, on),
        facts_cut=len(facts) > MOST_FACTS,
        alerts=_alerts(actor, household.pk, on),
        reasons=reasons_for(household.pk, on, names, {line.person_id: line.uuid for line in lines}),
        decisions=_decisions(household.pk),
        moments=timeline(actor, household.pk, lines, facts, names),
        may_reveal=actor.level in REVEALERS,
    )


def _decisions(household_id: int) -> list[DecisionLine]:
    """Return the newest stored decisions."""
    stored = assessment.determinations_of(household_id)[:MOST_DECISIONS]
    return [
        DecisionLine(each.uuid, assessment.label_of(each.target), _shown(each.target, each.value), each.as_of)
        for each in stored
    ]


def _shown(target: str, value: int | None) -> str:
    return CANNOT_TELL if value is None else assessment.value_shown(target, value)


def _alerts(actor: Actor, household_id: int, on: date) -> list[AlertLine]:
    """Return the newest alerts, open ones first."""
    alerts = monitoring.alerts_for_household(actor, household_id)[:MOST_ALERTS]
    lines = [
        AlertLine(
            alert,
            monitoring.rule_label(alert.rule),
            alert.closed_on is None and alert.due_on is not None and alert.due_on < on,
        )
        for alert in alerts
    ]
    return sorted(lines, key=lambda line: line.alert.closed_on is not None)


def _received(
    members: Sequence[MemberRow], facts: Iterable[registry.KnownFact], names: Mapping[int, str], on: date
) -> list[tuple[str, str]]:
    """Return what the household already gets: categories in force, and the money of the latest months by person."""
    lines = [
        (span.label, f"{row.name}，自 {span.valid_from:%Y-%m-%d} 起") for row in members for span in row.categories
    ]
    paid = [fact for fact in facts if fact.item == PAID and fact.true_from <= on]
    months = sorted({fact.true_from for fact in paid}, reverse=True)[:MONTHS_SHOWN]
    for month in months:
        sent = [fact for fact in paid if fact.true_from == month]
        each = "，".join(f"{names.get(fact.person_id or 0, '')} {fact.key} {fact.value_text}" for fact in sent)
        lines.append((f"{month:%Y年%m月}发放", f"合计 {yuan(sum(fact.value for fact in sent))}元（{each}）"))
    return lines


def _themes(facts: Iterable[registry.KnownFact], names: Mapping[int, str], on: date) -> list[Theme]:
    by_theme: dict[str, list[registry.KnownFact]] = {label: [] for label, _ in THEMES}
    place = {prefix: label for label, prefixes in THEMES for prefix in prefixes}
    for fact in facts:
        by_theme[place.get(fact.item.split(".")[0], THEMES[-1][0])].append(fact)
    return [_theme(label, found, names, on) for label, found in by_theme.items() if found]


def _theme(label: str, facts: list[registry.KnownFact], names: Mapping[int, str], on: date) -> Theme:
    lines = [FactLine(names.get(fact.person_id, "") if fact.person_id else "全户", fact) for fact in facts]
    now = [
        line for line in lines if line.fact.in_force(on) or (line.fact.is_event and line.fact.true_from.year == on.year)
    ]
    return Theme(
        label=label,
        now=now,
        past=[line for line in lines if line not in now],
        latest=max(fact.known_from for fact in facts).date(),
        sources="、".join(dict.fromkeys(fact.source_label for fact in facts)),
        disputed=any(fact.disputed for fact in facts),
    )

"""What an alert's page shows besides its reasons: the step bar, the clock, the timeline, help received, what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.deadlines import NOT_PUBLISHED, clock_of
from shouwang.apps.monitoring.models import Alert, Report
from shouwang.apps.monitoring.selectors.listing import is_overdue
from shouwang.apps.registry import selectors as registry

BAR = ("预警", "研判", "处置", "反馈", "办结")
PLACE_ON_BAR = {states.OPEN: 1, states.HANDLING: 2, states.COORDINATION: 2, states.FEEDBACK: 3, states.CLOSED: 5}
PAID = "benefit.paid"
MONTHS_SHOWN = 3


@dataclass(frozen=True)
class Stage:
    """One stage of the bar; ``place`` is "done", "current" or ""."""

    label: str
    place: str


@dataclass(frozen=True)
class RunningClock:
    """The clock of the present step: its name, length and source, and the day it ends (or why there is none)."""

    label: str
    text: str
    source: str
    due_on: date | None
    note: str
    overdue: bool


@dataclass(frozen=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    label: str
    who: str
    outcome: str
    note: str


def bar_of(alert: Alert) -> list[Stage]:
    """Return 预警 → 研判 → 处置 → 反馈 → 办结 with the present stage marked."""
    present = PLACE_ON_BAR[alert.state]
    named = {2: "县级协调"} if alert.state == states.COORDINATION else {}
    return [
        Stage(named.get(place, label), "done" if place < present else "current" if place == present else "")
        for place, label in enumerate(BAR)
    ]


def running_clock(alert: Alert, today: date) -> RunningClock | None:
    """Return the clock that runs for an alert, None once it is closed."""
    if alert.state == states.CLOSED:
        return None
    running = clock_of(alert.rule, alert.state, alert.area_code, alert.clock_from)
    return RunningClock(
        label=running.label,
        text=running.text,
        source="本地规定" if running.is_local else assessment.cited(running.cites),
        due_on=alert.due_on,
        note="" if alert.due_on else NOT_PUBLISHED,
        overdue=is_overdue(alert, today),
    )


def timeline_of(alert: Alert) -> list[Happening]:
    """Return everything that happened to an alert, newest first (one query)."""
    steps = alert.steps.select_related("post__user").order_by("-at", "-id")
    return [
        Happening(
            at=step.at,
            label=states.VERB_LABELS.get(step.verb, step.verb),
            who=f"{step.post.user.name} {step.post.title}" if step.post else "系统",
            outcome=states.DISPOSITION_LABELS.get(step.disposition, ""),
            note=step.note,
        )
        for step in steps
    ]


def outcomes_offered(steps: Iterable[states.Transition]) -> list[tuple[str, str]]:
    """Return the outcomes a post may record now, in the order of the law, false alarm last."""
    offered = {outcome for step in steps for outcome in step.records}
    return [(value, label) for value, label in states.DISPOSITIONS if value in offered]


def reports_of(alert: Alert) -> QuerySet[Report]:
    """Return what people reported themselves on this alert, newest first."""
    return alert.reports.select_related("post__user").order_by("-at", "-id")


def received_by(
    members: Iterable[registry.MemberLine],
    facts: Iterable[registry.KnownFact],
    names: Mapping[int, str],
    on: date,
) -> list[tuple[str, str]]:
    """Return what the household already gets: categories in force by member, and the money of the latest months."""
    lines = [
        (span.label, f"{names[member.person_id]}，自 {span.valid_from:%Y-%m-%d} 起")
        for member in members
        for span in member.categories
        if span.in_force(on)
    ]
    months: dict[date, int] = {}
    for fact in facts:
        if fact.item == PAID:
            months[fact.true_from] = months.get(fact.true_from, 0) + fact.value
    latest = sorted(months, reverse=True)[:MONTHS_SHOWN]
    return [*lines, *((f"{month:%Y年%m月}救助金", assessment.money_shown(months[month])) for month in latest)]

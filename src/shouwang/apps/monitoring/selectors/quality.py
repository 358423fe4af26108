"""How good each rule is: what it found, what was confirmed, what was false, how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import QuerySet, Sum

from shouwang.apps.accounts.access import scoped
from shouwang.apps.monitoring.models import DailyCount
from shouwang.apps.monitoring.selectors.listing import rule_label

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

COUNTS = ("opened", "closed", "confirmed", "false_alarms", "overdue", "days_to_close")


@dataclass(frozen=True)
class RuleQuality:
    """One rule's figures over a span of days; shares are whole per cent of what was closed, None while nothing was."""

    rule: str
    label: str
    level: str
    opened: int
    closed: int
    confirmed: int
    false_alarms: int
    overdue: int
    days_to_close: int

    @property
    def false_percent(self) -> int | None:
        """Share of false alarms among the closed."""
        return self.false_alarms * 100 // self.closed if self.closed else None

    @property
    def mean_days(self) -> str:
        """Days from opening to closing on average, one decimal; "—" while nothing was closed."""
        if not self.closed:
            return "—"
        tenths = self.days_to_close * 10 // self.closed
        return f"{tenths // 10}.{tenths % 10}"


def daily_counts(actor: Actor, since: date, until: date | None = None) -> QuerySet[DailyCount]:
    """Return the daily counts in the actor's range from a day on (until a day, excluded)."""
    rows = scoped(DailyCount.objects.filter(day__gte=since), actor)
    return rows if until is None else rows.filter(day__lt=until)


def rule_quality(actor: Actor, since: date) -> list[RuleQuality]:
    """Return one line per rule that opened or closed an alert since a day, the busiest first."""
    sums = {name: Sum(name) for name in COUNTS}
    rows = daily_counts(actor, since).values("rule", "level").annotate(**sums).order_by("-opened", "rule")
    return [RuleQuality(label=rule_label(row["rule"]), **row) for row in rows]

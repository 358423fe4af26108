"""Alerts in figures: sums of the daily counts; only the states of today are looked up among open alerts, capped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce, Substr, TruncMonth

from shouwang.apps.monitoring import selectors as monitoring
from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.access import alerts_visible_to
from shouwang.apps.reports.selectors.places import CODE_DIGITS, child_digits, child_names
from shouwang.lib import disclosure
from shouwang.lib.dates import add_months, month_start

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

THE_BEGINNING = date(2000, 1, 1)
MEASURES = ("open", "opened", "closed", "overdue")
LEVELS = ("红", "橙", "黄")
MOST_COUNTED = 10_000
MONTHS_SHOWN, FEWEST_MONTHS, DAYS_SHOWN = 12, 6, 31
Unit = Literal["month", "day"]
Table = dict[str, disclosure.Counts[str]]


@dataclass(frozen=True)
class Line:
    """One row of a table: a figure for each of 在办, and of the last 31 days 新增, 办结, 超期上报 (None: withheld)."""

    key: str
    label: str
    open: int | None
    opened: int | None
    closed: int | None
    overdue: int | None
    level: str = ""


@dataclass(frozen=True)
class Overview:
    """The same alerts by level, by rule, by child division; ``total`` closes all three tables."""

    total: Line
    by_level: list[Line]
    by_rule: list[Line]
    by_child: list[Line]


@dataclass(frozen=True)
class StateCount:
    """How many alerts stand in a state today; text, since it is capped (10000+) or withheld."""

    state: str
    label: str
    count: str


@dataclass(frozen=True)
class Trend:
    """New and closed alerts by month or day, oldest first."""

    labels: list[str]
    opened: list[int | None]
    closed: list[int | None]


def overview(actor: Actor, today: date) -> Overview:
    """Return today's open alerts and the movements of the last 31 days in the actor's range, each table protected on its own."""
    digits, names = child_digits(actor), child_names(actor, today)
    lately = Q(day__gt=today - timedelta(days=DAYS_SHOWN))
    rows = (
        monitoring.daily_counts(actor, THE_BEGINNING)
        .annotate(child=Substr("area_code", 1, digits))
        .values("child", "rule", "level")
        .annotate(
            ever_opened=Coalesce(Sum("opened"), 0),
            ever_closed=Coalesce(Sum("closed"), 0),
            new=Coalesce(Sum("opened", filter=lately), 0),
            done=Coalesce(Sum("closed", filter=lately), 0),
            late=Coalesce(Sum("overdue", filter=lately), 0),
        )
        .order_by()
    )
    by_level, by_rule, by_child = (_zeros(LEVELS), _zeros(()), _zeros(names))
    level_of: dict[str, str] = {}
    for row in rows:
        figures = {
            "open": row["ever_opened"] - row["ever_closed"],
            "opened": row["new"],
            "closed": row["done"],
            "overdue": row["late"],
        }
        level_of[row["rule"]] = row["level"]
        child = row["child"].ljust(CODE_DIGITS, "0")
        for measure, figure in figures.items():
            by_level[measure][row["level"]] += figure
            by_rule[measure][row["rule"]] += figure
            by_child[measure][child] += figure
    seen = _shown(actor, [by_level, by_rule, by_child])
    total = Line("", "合计", *(seen[0][measure].total for measure in MEASURES))
    rules = sorted(by_rule["open"], key=lambda rule: (LEVELS.index(level_of[rule]), -by_rule["open"][rule], rule))
    places = names | {
        code: "本级" if code == actor.area_code else code for code in by_child["open"] if code not in names
    }
    return Overview(
        total=total,
        by_level=_lines(seen[0], {level: f"{level}色预警" for level in LEVELS}),
        by_rule=_lines(seen[1], {rule: monitoring.rule_label(rule) for rule in rules}, level_of),
        by_child=_lines(seen[2], places),
    )


def _zeros(keys: Iterable[str]) -> dict[str, Counter[str]]:
    return {measure: Counter(dict.fromkeys(keys, 0)) for measure in MEASURES}


def _shown(actor: Actor, tables: list[dict[str, Counter[str]]]) -> list[Table]:
    """Protect tables that share their totals: where one may not tell a total, none may add up to it."""
    shown = [{measure: disclosure.for_level(actor.level, table[measure]) for measure in MEASURES} for table in tables]
    for measure in MEASURES:
        if any(table[measure].total is None for table in shown):
            for table in shown:
                table[measure] = disclosure.blanked(table[measure])
    return shown


def _lines(table: Table, labels: dict[str, str], level_of: dict[str, str] | None = None) -> list[Line]:
    return [
        Line(
            key, label, *(table[measure].cells.get(key, 0) for measure in MEASURES), level=(level_of or {}).get(key, "")
        )
        for key, label in labels.items()
    ]


def states_now(actor: Actor, today: date, total: Line) -> list[StateCount]:
    """Return how many alerts stand in each unfinished state and how many are past their date, at most 10,001 rows each.

    ``total`` is the overview's: where it withholds the open alerts, their states may not add up to it.
    """
    alerts = alerts_visible_to(actor).filter(closed_on__isnull=True)
    wanted = [(state, label, Q(state=state)) for state, label in states.CHOICES if state != states.CLOSED]
    wanted.append(("overdue", "其中已超期", Q(due_on__lt=today)))
    counts = {state: alerts.filter(rows).values("pk")[: MOST_COUNTED + 1].count() for state, _, rows in wanted}
    overdue = disclosure.single(actor.level, counts.pop("overdue"))
    by_state = disclosure.for_level(actor.level, counts)
    if total.open is None or by_state.total is None:
        by_state = disclosure.blanked(by_state)
    shown = {**by_state.cells, "overdue": overdue}
    return [StateCount(state, label, _capped(shown[state])) for state, label, _ in wanted]


def _capped(count: int | None) -> str:
    if count is None:
        return disclosure.WITHHELD
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else f"{count:,}"


def trend(actor: Actor, today: date, unit: Unit, total: Line) -> Trend:
    """Return new and closed alerts of the last 12 months (6 where there are no earlier ones), or of the last 31 days.

    ``total`` is the overview's: where it withholds a figure of the last 31 days, the chart is silent about them too.
    """
    if unit == "month":
        steps = [add_months(month_start(today), back) for back in range(1 - MONTHS_SHOWN, 1)]
    else:
        steps = [today - timedelta(days=back) for back in range(DAYS_SHOWN - 1, -1, -1)]
    counts = monitoring.daily_counts(actor, steps[0], today + timedelta(days=1))
    rows = counts.annotate(step=TruncMonth("day")).values("step") if unit == "month" else counts.values("day")
    sums = {
        row["step" if unit == "month" else "day"]: (row["new"], row["done"])
        for row in rows.annotate(new=Sum("opened"), done=Sum("closed")).order_by()
    }
    while unit == "month" and len(steps) > FEWEST_MONTHS and steps[0] not in sums:
        steps.pop(0)
    labels = [f"{step:%y-%m}" if unit == "month" else f"{step:%m-%d}" for step in steps]
    lines: list[list[int | None]] = []
    first = today - timedelta(days=DAYS_SHOWN - 1)
    for position, lately in enumerate((total.opened, total.closed)):
        figures = {step: sums.get(step, (0, 0))[position] for step in steps}
        if unit == "day":
            column = disclosure.for_level(actor.level, figures)
            shown = (column if None not in (column.total, lately) else disclosure.blanked(column)).cells
        else:
            told = [step for step in steps if lately is not None or add_months(step, 1) <= first]
            shown = {step: disclosure.single(actor.level, figures[step]) for step in told}
        lines.append([shown.get(step) for step in steps])
    return Trend(labels, *lines)

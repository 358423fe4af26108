"""The worklist: filtered, in the actor's range, newest first, one keyset page at a time; nothing counts a whole table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet

from shouwang.apps.areas import selectors as areas
from shouwang.apps.assessment import selectors as assessment
from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.access import alerts_in_order, alerts_visible_to
from shouwang.apps.monitoring.models import Alert
from shouwang.lib import clock
from shouwang.lib.area_codes import parent_of, scope_range
from shouwang.lib.masking import mask_name

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

PAGE_SIZE = 30
MOST_COUNTED = 10_000
UNFINISHED = "unfinished"
ANY = "any"


@dataclass(frozen=True)
class Filters:
    """What the actor asks for. ``state`` is a state, "unfinished" or "any"; ``area`` a division code inside the range."""

    level: str = ""
    state: str = UNFINISHED
    rule: str = ""
    direction: str = ""
    area: str = ""
    text: str = ""
    overdue: bool = False
    mine: bool = False


@dataclass(frozen=True)
class Row:
    """One alert as the list shows it: names masked, codes with their labels."""

    alert: Alert
    uuid: UUID
    version: int
    direction: str
    rule_label: str
    state_label: str
    name: str
    place: str
    overdue: bool


@dataclass(frozen=True)
class Page:
    """One page. ``after`` is the cursor of the next one ("" on the last); ``total`` is capped and reads "10000+"."""

    rows: list[Row] = field(default_factory=list)
    after: str = ""
    total: str = "0"

    @property
    def alerts(self) -> list[Alert]:
        """The alerts on the page."""
        return [row.alert for row in self.rows]


def worklist(
    actor: Actor, filters: Filters | Mapping[str, Any] | None = None, after: str = "", *, today: date | None = None
) -> Page:
    """Return one page of the alerts the actor may see, ordered by day and number, newest first."""
    today = today or clock.today()
    filters = filters if isinstance(filters, Filters) else Filters(**(filters or {}))
    wanted = _filtered(alerts_visible_to(actor), actor, filters, today)
    page = (
        _after(_filtered(alerts_in_order(actor), actor, filters, today), after)
        .select_related("household", "assignee__user")
        .order_by("-opened_on", "-id")
    )
    alerts = list(page[: PAGE_SIZE + 1])
    more = len(alerts) > PAGE_SIZE
    alerts = alerts[:PAGE_SIZE]
    cursor = f"{alerts[-1].opened_on.isoformat()}.{alerts[-1].pk}" if more else ""
    return Page(rows_of(alerts, today, actor), cursor, capped_count(wanted))


def capped_count(rows: QuerySet[Any]) -> str:
    """Return how many rows there are, as text; past ``MOST_COUNTED`` nobody waits for the number (10000+)."""
    counted = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED}+" if counted > MOST_COUNTED else str(counted)


def rows_of(alerts: Iterable[Alert], today: date, actor: Actor) -> list[Row]:
    """Return alerts as lists show them; places are named from the actor's own division down."""
    alerts = list(alerts)
    places = _places({alert.area_code for alert in alerts}, actor)
    return [
        Row(
            alert=alert,
            uuid=alert.uuid,
            version=alert.version,
            direction=alert.direction,
            rule_label=rule_label(alert.rule),
            state_label=states.STATE_LABELS[alert.state],
            name=mask_name(alert.subject_name),
            place=places.get(alert.area_code, alert.area_code),
            overdue=is_overdue(alert, today),
        )
        for alert in alerts
    ]


def _places(codes: set[str], actor: Actor) -> dict[str, str]:
    above = parent_of(actor.area_code) if actor.level == "village" else actor.area_code
    paths = areas.name_paths(codes | ({above} if above else set()))
    return {code: path.removeprefix(paths.get(above or "", "")) or path for code, path in paths.items()}


def is_overdue(alert: Alert, today: date) -> bool:
    """Say whether an alert stands open past its date."""
    return alert.closed_on is None and alert.due_on is not None and alert.due_on < today


def rule_label(rule: str) -> str:
    """Return the 汉字 label of a rule, also of what people report themselves."""
    if rule == states.PROACTIVE_REPORT:
        return "主动发现"
    return assessment.coverage_label(rule) if assessment.is_coverage(rule) else assessment.label_of(rule)


def rule_choices(today: date) -> list[tuple[str, str]]:
    """Return every rule an alert may stem from, with its label."""
    machine = ((name, each.label) for name, each in assessment.warnings(today).items())
    return [(states.PROACTIVE_REPORT, "主动发现"), *machine, *assessment.coverage_choices()]


def _filtered(rows: QuerySet[Alert], actor: Actor, filters: Filters, today: date) -> QuerySet[Alert]:
    if filters.state == UNFINISHED:
        rows = rows.filter(closed_on__isnull=True)
    elif filters.state != ANY:
        rows = rows.filter(state=filters.state)
    exact = {"level": filters.level, "rule": filters.rule, "direction": filters.direction}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if filters.area:
        low, high = scope_range(filters.area)
        rows = rows.filter(area_code__gte=low, area_code__lt=high)
    if filters.overdue:
        rows = rows.filter(closed_on__isnull=True, due_on__lt=today)
    if filters.mine:
        rows = rows.filter(_waiting_for(actor), closed_on__isnull=True)
    if text := filters.text.strip():
        by_number = text.isascii()
        rows = rows.filter(household__number=text) if by_number else rows.filter(subject_name__contains=text)
    return rows


def _waiting_for(actor: Actor) -> Q:
    """Assigned to the post, or assigned to nobody and for its level to move."""
    if actor.level == "village":
        return Q(assignee_id=actor.post_id)
    return Q(assignee_id=actor.post_id) | Q(assignee__isnull=True, handling_level=actor.level)


def _after(rows: QuerySet[Alert], cursor: str) -> QuerySet[Alert]:
    """Keep what comes after a cursor; one that cannot be read starts from the top."""
    day, _, number = cursor.partition(".")
    try:
        opened_on, last = date.fromisoformat(day), int(number)
    except ValueError:
        return rows
    return rows.filter(Q(opened_on__lt=opened_on) | Q(id__lt=last), opened_on__lte=opened_on)

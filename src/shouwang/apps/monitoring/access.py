"""The doors to an alert: who may see it, who may act on it. Refusal equals absence; every look leaves an audit row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import CharField, Func, Q, QuerySet
from django.http import Http404

from shouwang.apps.audit.record import record
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.monitoring.states import Transition, may_take, steps_from
from shouwang.apps.registry.access import SearchRefused, households_visible_to, name_shown, search_persons
from shouwang.apps.registry.selectors import names_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from shouwang.apps.accounts.access import Actor

SUBJECT = "alert"


@dataclass(frozen=True)
class FoundHousehold:
    """One line of a search for a household: its uuid and number, and the name it was found under."""

    uuid: UUID
    number: str
    name: str


def alerts_visible_to(actor: Actor) -> QuerySet[Alert]:
    """Return the alerts in the actor's range, and for a village post also those assigned to it."""
    low, high = actor.range
    in_range = Q(area_code__gte=low, area_code__lt=high)
    return Alert.objects.filter(in_range | Q(assignee_id=actor.post_id) if actor.level == "village" else in_range)


class Walked(Func):
    """A column the order is walked past, not searched by.

    A wide division holds most of a county's own database: SQLite would gather and sort all of it through the division
    index instead of reading the newest rows until the page is full. PostgreSQL weighs this by itself.
    """

    arity = 1
    template = "%(expressions)s"
    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Put a plus before the column, which keeps SQLite from using an index on it."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **extra)


def alerts_in_order(actor: Actor) -> QuerySet[Alert]:
    """Return the same alerts for a list that reads them newest first."""
    if actor.level == "village":
        return alerts_visible_to(actor)
    low, high = actor.range
    return Alert.objects.alias(walked=Walked("area_code")).filter(walked__gte=low, walked__lt=high)


def alert_in_sight(actor: Actor, uuid: UUID | str) -> Alert:
    """Return an alert the actor may see, without a trace: services write their own audit row. Raises Http404."""
    return _found(alerts_visible_to(actor), uuid)


def alert_for(actor: Actor, uuid: UUID | str) -> Alert:
    """Return an alert with its people's rows for its page, and write the audit row of the look. Raises Http404."""
    with transaction.atomic():
        alert = _found(alerts_visible_to(actor).select_related("household", "person", "assignee__user"), uuid)
        record(actor, "view", subject_kind=SUBJECT, subject_uuid=alert.uuid, area_code=alert.area_code)
    return alert


def steps_for(actor: Actor, alert: Alert) -> tuple[Transition, ...]:
    """Return the steps this post may take on this alert now."""
    known = steps_from(alert.state, alert.disposition)
    return tuple(step for step in known if may_take(step, actor.level, alert.handling_level))


def households_found(actor: Actor, text: str, on: date) -> list[FoundHousehold]:
    """Return households in the actor's range by 户编号 or by a member's name; the search leaves its audit row.

    Raises SearchRefused (registry) for a text that is neither.
    """
    text = text.strip()
    if not text.isprintable():
        raise SearchRefused("请输入户编号或姓名。")
    with transaction.atomic():
        exact = list(households_visible_to(actor).filter(number=text)[:1]) if text else []
        if exact:
            shown = [str(household.uuid) for household in exact]
            details = {"by": "number", "uuids": shown}
            record(actor, "search", subject_kind="household", area_code=actor.area_code, details=details)
            heads = names_of(persons=set(), households={household.pk for household in exact}, on=on).heads
            return [FoundHousehold(each.uuid, each.number, name_shown(actor, heads.get(each.pk, ""))) for each in exact]
    found = search_persons(actor, text, on).rows
    return [
        FoundHousehold(each.household_uuid, each.household_number, each.name) for each in found if each.household_uuid
    ]


def note_page_seen(actor: Actor, alerts: Sequence[Alert], *, searched: bool = False) -> None:
    """Write one audit row for a page of a list, naming the alerts shown; a name searched for in vain is a look, too."""
    if not alerts and not searched:
        return
    shown = [str(alert.uuid) for alert in alerts]
    with transaction.atomic():
        record(actor, "list", subject_kind=SUBJECT, area_code=actor.area_code, details={"uuids": shown})


def note_findings_seen(actor: Actor, uuids: Sequence[str]) -> None:
    """Write one audit row for a page of a screening's findings, naming those shown."""
    if not uuids:
        return
    with transaction.atomic():
        record(actor, "list", subject_kind="finding", area_code=actor.area_code, details={"uuids": list(uuids)})


def _found(rows: QuerySet[Alert], uuid: UUID | str) -> Alert:
    alert = rows.filter(uuid=uuid).first()
    if alert is None:
        raise Http404("没有这条预警，或不在您的辖区内。")
    return alert

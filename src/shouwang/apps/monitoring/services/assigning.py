"""分派: gives alerts to a post, many at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.audit.record import record
from shouwang.apps.monitoring import states
from shouwang.apps.monitoring.access import SUBJECT, alerts_visible_to
from shouwang.apps.monitoring.models import Alert, Step
from shouwang.apps.monitoring.services.outcomes import Conflict, Refused
from shouwang.lib import clock

if TYPE_CHECKING:
    from uuid import UUID

    from shouwang.apps.accounts.access import Actor

ASSIGNERS = ("township", "county")
RECEIVERS = ("village", "township", "county")
MOST_AT_ONCE = 200


def assign(actor: Actor, uuids: Iterable[UUID | str], post: Actor) -> int:
    """Give open alerts to a post of the actor's range; all of them or none. Returns how many changed hands.

    ``post`` is the receiving post as an actor. An alert the post already holds is left alone, so a repeat is harmless.
    Raises NotPermitted for a post that may not assign or a receiver outside the range, Refused for no or too many
    alerts or one out of sight, Conflict where one was closed or changed meanwhile.
    """
    wanted = {str(uuid) for uuid in uuids}
    if actor.level not in ASSIGNERS:
        raise NotPermitted(f"{states.LEVEL_LABELS[actor.level]}岗位不能分派预警。")
    if not actor.covers(post.area_code):
        raise NotPermitted("只能分派给本辖区内的岗位。")
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise Refused(f"请选择 1 至 {MOST_AT_ONCE} 条预警。")
    with transaction.atomic():
        alerts = list(alerts_visible_to(actor).filter(uuid__in=wanted).order_by("id"))
        if len(alerts) != len(wanted):
            raise Refused("所选预警中有不在您辖区内的，请刷新后重选。")
        if any(alert.state == states.CLOSED for alert in alerts):
            raise Conflict("所选预警中有刚刚办结的，没有分派任何一条。请刷新后重选。")
        given = [alert for alert in alerts if alert.assignee_id != post.post_id]
        for alert in given:
            seen = Alert.objects.filter(pk=alert.pk, state=alert.state, version=alert.version)
            if not seen.update(assignee_id=post.post_id, version=F("version") + 1):
                raise Conflict("所选预警中有刚刚被他人办理的，没有分派任何一条。请刷新后重选。")
            record(
                actor,
                "alert.assign",
                subject_kind=SUBJECT,
                subject_uuid=alert.uuid,
                area_code=alert.area_code,
                details={"post": post.post_id},
            )
        at = clock.now()
        Step.objects.bulk_create(
            Step(
                alert=alert,
                at=at,
                verb="assign",
                from_state=alert.state,
                to_state=alert.state,
                post_id=actor.post_id,
                note=f"分派给 {post.title} {post.name}",
            )
            for alert in given
        )
    return len(given)

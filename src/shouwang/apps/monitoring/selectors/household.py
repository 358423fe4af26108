"""A household's alerts and what was done about them, for its dossier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from shouwang.apps.monitoring.access import alerts_visible_to
from shouwang.apps.monitoring.models import Alert, Step

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor


def alerts_for_household(actor: Actor, household_id: int) -> QuerySet[Alert]:
    """Return the alerts of a household and its people that the actor may see, newest first."""
    return alerts_visible_to(actor).filter(household_id=household_id).select_related("assignee__user").order_by("-id")


def steps_for_household(actor: Actor, household_id: int) -> QuerySet[Step]:
    """Return every step taken on those alerts, newest first."""
    alerts = alerts_visible_to(actor).filter(household_id=household_id)
    return Step.objects.filter(alert__in=alerts).select_related("alert", "post__user").order_by("-at", "-id")

"""The doors to simulations: county and above, each in its own range; refusal equals absence. Their figures hold nobody's data."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404

from shouwang.apps.accounts.access import NotPermitted, scoped
from shouwang.apps.assessment.models import Simulation
from shouwang.lib.area_codes import AreaCodeError, normalise_code

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

SIMULATES = ("county", "city", "province")


def may_simulate(actor: Actor) -> bool:
    """Say whether a post simulates at all."""
    return actor.level in SIMULATES


def check_may_simulate(actor: Actor) -> None:
    """Raise NotPermitted for a post below the county."""
    if not may_simulate(actor):
        raise NotPermitted("模拟测算由县级及以上民政部门使用。")


def simulations_visible_to(actor: Actor) -> QuerySet[Simulation]:
    """Return the simulations of the divisions in the actor's range; none below the county."""
    rows = scoped(Simulation.objects.all(), actor)
    return rows if may_simulate(actor) else rows.none()


def simulation_for(actor: Actor, uuid: UUID | str) -> Simulation:
    """Return a simulation for its page. Raises NotPermitted, or Http404: absent and out of range are the same."""
    check_may_simulate(actor)
    try:
        found = simulations_visible_to(actor).filter(uuid=uuid).first()
    except (ValidationError, ValueError):
        found = None
    if found is None:
        raise Http404("没有这次测算，或不在您的辖区内。")
    return found


def area_in_range(actor: Actor, text: str) -> str:
    """Return a division of the actor's range. Raises Http404."""
    try:
        code = normalise_code(text)
    except AreaCodeError:
        code = ""
    if not code or not actor.covers(code):
        raise Http404("没有这个区划，或不在您的辖区内。")
    return code

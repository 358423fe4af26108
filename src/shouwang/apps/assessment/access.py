"""The doors to local standards. A post reads its own range and what holds there from above; county and up administer it.

Standards are public and hold nothing about a person served, so a look leaves no audit row; every act does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.assessment import states
from shouwang.apps.assessment.models import LocalStandard
from shouwang.lib.area_codes import AreaCodeError, ancestors_of, normalise_code

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

SUBJECT = "local_standard"
DECIDERS = ("county",)
"""Whose answer is kept as a decision: confirming is the county's."""


def standards_visible_to(actor: Actor) -> QuerySet[LocalStandard]:
    """Return every row of the actor's range, and of the divisions above it what is or was in force."""
    low, high = actor.range
    above = Q(area_code__in=ancestors_of(actor.area_code), state__in=states.IN_FORCE)
    return LocalStandard.objects.filter(Q(area_code__gte=low, area_code__lt=high) | above)


def standard_in_sight(actor: Actor, uuid: UUID | str) -> LocalStandard:
    """Return a row the actor may see. Raises Http404: absent and out of range are the same."""
    try:
        found = standards_visible_to(actor).filter(uuid=uuid).select_related("maker", "checker", "end_maker").first()
    except (ValidationError, ValueError):
        found = None
    if found is None:
        raise Http404("没有这条标准，或不在您的辖区内。")
    return found


def place_for(actor: Actor, text: str) -> str:
    """Return a division whose standards the actor may read: in the range, or above it. Raises Http404."""
    try:
        code = normalise_code(text)
    except AreaCodeError:
        code = ""
    if not code or not (actor.covers(code) or code in ancestors_of(actor.area_code)):
        raise Http404("没有这个区划，或不在您的辖区内。")
    return code


def place_to_write_for(actor: Actor, text: str) -> str:
    """Return a division whose standards the actor may draft and approve. Raises Http404 or NotPermitted."""
    code = place_for(actor, text)
    if not may_write(actor, code):
        raise NotPermitted(_refusal(actor, code))
    return code


def standard_to_act_on(actor: Actor, uuid: UUID | str) -> LocalStandard:
    """Return a row for a step in its life. Raises Http404, or NotPermitted where it can only be read."""
    row = standard_in_sight(actor, uuid)
    if not may_write(actor, row.area_code):
        raise NotPermitted(_refusal(actor, row.area_code))
    return row


def may_write(actor: Actor, area_code: str) -> bool:
    """Say whether this post administers the standards of a division."""
    return actor.level in states.WRITERS and actor.covers(area_code)


def steps_for(actor: Actor, row: LocalStandard) -> tuple[states.Transition, ...]:
    """Return the steps this person may take on this row now."""
    if not may_write(actor, row.area_code):
        return ()
    return tuple(each for each in states.steps_from(row.state) if not (each.second and actor.user_id == whose(row)))


def whose(row: LocalStandard) -> int | None:
    """Return who made the proposal that waits: the draft's maker, or who asked for the end."""
    return row.end_maker_id if row.state == states.ENDING else row.maker_id


def _refusal(actor: Actor, area_code: str) -> str:
    if not actor.covers(area_code):
        return "这是上级区划的标准，只能查看，由上级民政部门办理。"
    return f"{states.LEVEL_LABELS[actor.level]}岗位只能查看地方标准，由县级及以上民政部门拟定、复核。"

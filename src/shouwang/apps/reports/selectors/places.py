"""The divisions right below an actor's own, for tables and the map."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from shouwang.apps.areas import selectors as areas

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

CHILD_DIGITS = {"nation": 2, "province": 4, "city": 6, "county": 9, "township": 12, "village": 12}
CODE_DIGITS = 12


def child_digits(actor: Actor) -> int:
    """Return how many digits of a code name a division right below the actor's."""
    return CHILD_DIGITS[actor.level]


def child_names(actor: Actor, on: date) -> dict[str, str]:
    """Return code → name of the divisions right below the actor's own, by code; a village has only itself."""
    if actor.level == "village":
        return {actor.area_code: own_name(actor)}
    return {child.code: child.name for child in areas.children_of(actor.area_code, on)}


def own_name(actor: Actor) -> str:
    """Return the name of the actor's own division."""
    return areas.division_name(actor.area_code) or actor.area_code

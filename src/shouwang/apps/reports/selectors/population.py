"""The low-income population in figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from shouwang.apps.registry.selectors.counts import category_counts, category_labels
from shouwang.apps.reports.selectors.places import CODE_DIGITS, child_digits
from shouwang.lib import disclosure

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor


@dataclass(frozen=True)
class Population:
    """People in the register by category (label, count) and by child division; a person of two categories counts once in ``total``."""

    by_category: list[tuple[str, int | None]]
    by_child: dict[str, int | None]
    total: int | None


def population(actor: Actor, on: date) -> Population:
    """Return the low-income population of the actor's range on a day."""
    counts = category_counts(actor.area_code, child_digits(actor), on)
    if not counts.persons:
        return Population([], {}, 0)
    places = {prefix.ljust(CODE_DIGITS, "0"): people for prefix, people in counts.persons.items()}
    by_child = disclosure.for_level(actor.level, places)
    by_kind = disclosure.for_level(actor.level, {kind: counts.by_kind.get(kind, 0) for kind in category_labels()})
    if None in (by_child.total, by_kind.total):
        by_child, by_kind = disclosure.blanked(by_child), disclosure.blanked(by_kind)
    labelled = [(label, by_kind.cells[kind]) for kind, label in category_labels().items()]
    return Population(labelled, by_child.cells, by_child.total)

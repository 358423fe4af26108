"""What a source has said so far: for the exchange to see, before it links a delivery, how much the delivery would change."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import NamedTuple

from shouwang.apps.registry.bulk import rows_among
from shouwang.apps.registry.models import Fact, Person
from shouwang.lib.area_codes import scope_range


class SaidFact(NamedTuple):
    """A fact known now from one source, about a person or a household (one of the two ids is None)."""

    person_id: int | None
    household_id: int | None
    item: str
    key: str
    value: int
    true_from: date
    true_to: date | None


def facts_said(
    *, source: str, items: Collection[str], persons: Collection[int] = (), households: Collection[int] = ()
) -> Iterator[SaidFact]:
    """Yield what a source is known to say of these items about these people and households."""
    select = (
        f"SELECT {', '.join(SaidFact._fields)} FROM {Fact._meta.db_table} "  # noqa: S608 — names from code
        f"WHERE known_to IS NULL AND source = %s AND item IN ({', '.join(['%s'] * len(items))}) AND"
    )
    for subject, ids in (("person_id", persons), ("household_id", households)):
        if items and ids:
            yield from map(SaidFact._make, rows_among(select, subject, sorted(ids), [source, *items]))


def persons_in(area_code: str) -> int:
    """Return how many people of the register live in a division."""
    low, high = scope_range(area_code)
    return Person.objects.filter(area_code__gte=low, area_code__lt=high).count()

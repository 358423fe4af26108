"""What a source has said so far: for the exchange to see, before it links a delivery, how much the delivery would change."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import NamedTuple

from shouwang.apps.registry.bulk import chunked
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
    for subject, ids in (("person_id", persons), ("household_id", households)):
        for part in chunked(sorted(ids)):
            rows = Fact.objects.filter(
                source=source, item__in=list(items), known_to__isnull=True, **{f"{subject}__in": part}
            )
            yield from map(SaidFact._make, rows.values_list(*SaidFact._fields))


def persons_in(area_code: str) -> int:
    """Return how many people of the register live in a division."""
    low, high = scope_range(area_code)
    return Person.objects.filter(area_code__gte=low, area_code__lt=high).count()

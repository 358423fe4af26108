"""How many people are in which category, by division: figures only, nobody named."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.db.models.functions import Substr

from shouwang.apps.registry.models import Category
from shouwang.lib.area_codes import scope_range


@dataclass(frozen=True)
class CategoryCounts:
    """People in force on a day. A person in two categories counts in each, but once in ``persons``; keys are code prefixes."""

    by_kind: dict[str, int]
    persons: dict[str, int]


def category_labels() -> dict[str, str]:
    """Return kind → 汉字 label, in the order tables show them."""
    return dict(Category.Kind.choices)


def category_counts(area_code: str, digits: int, on: date) -> CategoryCounts:
    """Count the low-income people of a division on a day, by category, and by the first ``digits`` of where they live."""
    low, high = scope_range(area_code)
    rows = Category.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=on),
        known_to__isnull=True,
        valid_from__lte=on,
        person__area_code__gte=low,
        person__area_code__lt=high,
    )
    kinds = rows.values_list("kind").annotate(people=Count("person", distinct=True)).order_by()
    places = rows.annotate(place=Substr("person__area_code", 1, digits)).values_list("place")
    by_place = places.annotate(people=Count("person", distinct=True)).order_by()
    return CategoryCounts(defaultdict(int, kinds), defaultdict(int, by_place))

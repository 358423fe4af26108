"""Memberships and categories change by closing what was known and adding what is known now; collected, then written in sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Model, Value
from django.db.models.functions import Greatest

from shouwang.apps.registry.bulk import chunked, insert_rows, plain
from shouwang.apps.registry.models import Category, Membership

MEMBERSHIP_COLUMNS = ("person_id", "household_id", "relation", "valid_from", "valid_to", "known_from")
CATEGORY_COLUMNS = ("person_id", "kind", "valid_from", "valid_to", "known_from", "source")


@dataclass
class SpanChanges:
    """What is to change, at one moment of knowing. ``write`` inside the caller's transaction."""

    known_at: datetime
    at: Any = field(init=False)
    closed: dict[type[Model], list[int]] = field(default_factory=lambda: {Membership: [], Category: []})
    memberships: list[tuple[Any, ...]] = field(default_factory=list)
    categories: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.at = plain(self.known_at)

    def join(self, person_id: int, household_id: int, relation: str, since: date) -> None:
        """A person belongs to a household from a day."""
        self.memberships.append((person_id, household_id, relation, since, None, self.at))

    def leave(self, row: Membership, on: date) -> None:
        """A known membership ends on a day; one that began that very day was a mistake and is known no longer."""
        self.closed[Membership].append(row.pk)
        if row.valid_from < on:
            self.memberships.append((row.person_id, row.household_id, row.relation, row.valid_from, on, self.at))

    def enter(self, person_id: int, kind: str, since: date, source: str) -> None:
        """A person counts as one of a category from a day."""
        self.categories.append((person_id, kind, since, None, self.at, source))

    def exit(self, row: Category, on: date) -> None:
        """A known category ends on a day; one that began that day or later was a mistake and is known no longer."""
        self.closed[Category].append(row.pk)
        if row.valid_from < on:
            self.categories.append((row.person_id, row.kind, row.valid_from, on, self.at, row.source))

    def write(self) -> None:
        """Close first, so that the database's own checks see only what stands."""
        for model, ids in self.closed.items():
            for part in chunked(ids):
                model._default_manager.filter(pk__in=part).update(known_to=Greatest("known_from", Value(self.known_at)))
        insert_rows(Membership._meta.db_table, MEMBERSHIP_COLUMNS, _plain(self.memberships))
        insert_rows(Category._meta.db_table, CATEGORY_COLUMNS, _plain(self.categories))


def _plain(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [[plain(value) for value in row] for row in rows]

"""A search's answer as its page shows it: with the place in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shouwang.apps.areas import selectors as areas
from shouwang.apps.registry.access import SearchResult


@dataclass(frozen=True)
class FoundLine:
    """One person found; the identity number is masked, the household None for a person in none."""

    name: str
    id_masked: str
    birth_date: date | None
    place: str
    household_uuid: UUID | None
    household_number: str


def lines_of(found: SearchResult, on: date) -> list[FoundLine]:
    """Return the lines in their order (one query for the places)."""
    places = areas.name_paths({row.person.area_code for row in found.rows}, on)
    return [
        FoundLine(
            name=row.name,
            id_masked=row.id_masked,
            birth_date=row.person.birth_date,
            place=places[row.person.area_code],
            household_uuid=row.household_uuid,
            household_number=row.household_number,
        )
        for row in found.rows
    ]

"""Reads: names and paths as of a day, children, search, and where a code's territory went."""

from __future__ import annotations

from shouwang.apps.areas.selectors.lineage import UnknownDivision, resolve
from shouwang.apps.areas.selectors.places import (
    children_of,
    division_for,
    division_name,
    divisions_in,
    in_force,
    name_path,
    name_paths,
    search_divisions,
)

__all__ = [
    "UnknownDivision",
    "children_of",
    "division_for",
    "division_name",
    "divisions_in",
    "in_force",
    "name_path",
    "name_paths",
    "resolve",
    "search_divisions",
]

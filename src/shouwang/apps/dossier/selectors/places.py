"""A division said by its name where the engine, which holds no names, gives its code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from shouwang.apps.areas import selectors as areas
from shouwang.engine.table import Row
from shouwang.lib.area_codes import ancestors_of

_SET_BY = re.compile(r"[^\W\d_]{1,4}（(\d{12})）规定")


def names_above(area_code: str) -> dict[str, str]:
    """Return the names of a division and of those above it, whose standards hold there (one query)."""
    return areas.name_paths({area_code, *ancestors_of(area_code)})


def placed(rows: Sequence[Row], names: Mapping[str, str]) -> list[Row]:
    """Return the rows with names of divisions for their codes; a code without a name stays."""
    return [_placed(row, names) for row in rows]


def _placed(row: Row, names: Mapping[str, str]) -> Row:
    said = _SET_BY.sub(lambda found: _said(found, names), row.reckoning)
    return row if said == row.reckoning else replace(row, reckoning=said)


def _said(found: re.Match[str], names: Mapping[str, str]) -> str:
    name = names.get(found[1], found[1])
    return found[0] if found[1] in name else f"{name}规定"

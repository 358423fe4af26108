"""Finds the header row and says which column holds what, whatever stands above it and in whatever order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shouwang.apps.exchange.contract import Contract
from shouwang.apps.exchange.reading.reasons import Refused

SEARCHED_ROWS = 10
MAX_COLUMNS = 256
OTHER_DELIMITERS = {"\t": "制表符", ";": "分号", "|": "竖线", "，": "全角逗号", "、": "顿号"}
UNITS = frozenset({"元", "万元", "人", "平方米", "㎡", "年月日", "—", "-", "/", "(元)", "(万元)", "单位:元"})
_SPACE = re.compile(r"\s+")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def folded(text: str) -> str:
    """Full-width ASCII as half-width."""
    return text if text.isascii() else text.translate(_WIDE)


def header_name(cell: object) -> str:
    """A header cell as it is compared: no white space, half-width, lower case."""
    return folded(_SPACE.sub("", str(cell))).casefold() if cell is not None else ""


@dataclass(frozen=True, slots=True)
class Header:
    """A header row that satisfies the contract: column name → position, the row's width and names, what is extra or left out."""

    positions: dict[str, int]
    width: int
    names: tuple[str, ...]
    extra: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """How well a row fits the contract as a header."""

    header: Header | None
    hits: int
    missing: tuple[str, ...]
    twice: tuple[str, ...]
    width: int


def match(cells: Sequence[Any], contract: Contract) -> Match:
    """Compare one row with the contract's headers."""
    names = tuple(header_name(cell) for cell in cells)
    wanted = {header_name(column.header): column for column in contract.columns}
    places: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        if name in wanted:
            places.setdefault(name, []).append(at)
    missing = tuple(c.header for n, c in wanted.items() if n not in places and not c.optional)
    twice = tuple(wanted[name].header for name, found in places.items() if len(found) > 1)
    header = None
    if not missing and not twice:
        extra = tuple(str(cells[at]).strip() for at, name in enumerate(names) if name and name not in wanted)
        absent = tuple(c.header for n, c in wanted.items() if n not in places)
        header = Header({wanted[n].name: found[0] for n, found in places.items()}, len(names), names, extra, absent)
    return Match(header, len(places), missing, twice, len(names))


def choose(candidates: Sequence[Sequence[Any] | None], contract: Contract) -> tuple[int, Header]:
    """Return the index of the first row that satisfies the contract, and the header.

    Raises Refused with the best advice: a column missing or doubled, or no header at all.
    """
    matches = [match(cells, contract) if cells else None for cells in candidates]
    for index, found in enumerate(matches):
        if found is not None and found.header is not None:
            if found.width > MAX_COLUMNS:
                raise Refused("too_many_columns", f"共 {found.width} 列")
            return index, found.header
    best = max((m for m in matches if m is not None), key=lambda m: m.hits, default=None)
    if best is None or best.hits * 2 < len(contract.columns):
        raise Refused("no_header")
    if best.width > MAX_COLUMNS:
        raise Refused("too_many_columns", f"共 {best.width} 列")
    if best.twice and not best.missing:
        raise Refused("duplicate_column", "、".join(best.twice))
    raise Refused("missing_column", "、".join(best.missing))


def is_units_row(cells: Sequence[Any], id_at: int) -> bool:
    """Say whether the row right under the header only names units."""
    texts = [header_name(cell) for cell in cells]
    if id_at >= len(texts) or texts[id_at] not in {"", "—", "-", "/"}:
        return False
    return any(texts) and all(not text or text in UNITS for text in texts)

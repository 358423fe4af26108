"""Keeps small counts from pointing at single people in wide-area statistics (小单元格保护).

City and province posts see counts, not people: a count of 1–4 is withheld, and with it so many others of its table that
the published total does not give it away. Posts at county level and below see the people themselves on their worklist.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

SMALLEST = 5
WIDE_LEVELS = ("city", "province", "nation")
WITHHELD = "＊"
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Counts(Generic[Key]):
    """One column of a table as it may be shown: None stands for a withheld count."""

    cells: dict[Key, int | None]
    total: int | None

    @property
    def withheld(self) -> int:
        """How many cells are withheld."""
        return sum(cell is None for cell in self.cells.values())


def shown_as_is(counts: Mapping[Key, int]) -> Counts[Key]:
    """Return the column unchanged, with its total."""
    return Counts(dict(counts), sum(counts.values()))


def protect(counts: Mapping[Key, int]) -> Counts[Key]:
    """Withhold counts of 1–4, then others, until what is withheld cannot be worked out from the total.

    What can be read off is the sum of the ``k`` withheld cells; it must reach ``k + 4``, so that each of them, known to be
    at least 1, may still be anything from 1 to 5, and must not be all fours. Where even all cells do not do, the total is
    withheld too.
    The others are taken in an order that does not depend on their counts: taking the smallest would bound them.
    """
    hidden = {key for key, count in counts.items() if 0 < count < SMALLEST}
    spare = sorted((key for key, count in counts.items() if count >= SMALLEST), key=_place_in_line, reverse=True)
    while hidden and spare and not _covered(counts, hidden):
        hidden.add(spare.pop())
    total = sum(counts.values())
    cells = {key: None if key in hidden else count for key, count in counts.items()}
    return Counts(cells, total if not hidden or _covered(counts, hidden) else None)


def _place_in_line(key: Hashable) -> bytes:
    return sha256(str(key).encode()).digest()


def _covered(counts: Mapping[Key, int], hidden: set[Key]) -> bool:
    withheld = [counts[key] for key in hidden]
    all_fours = max(withheld) < SMALLEST and sum(withheld) == len(withheld) * (SMALLEST - 1)
    return len(withheld) > 1 and sum(withheld) >= len(withheld) + SMALLEST - 1 and not all_fours


def blanked(counts: Counts[Key]) -> Counts[Key]:
    """Withhold everything, zeros too: for a column whose total must not be told, wherever else it would add up to it."""
    return Counts(dict.fromkeys(counts.cells), None)


def for_level(level: str, counts: Mapping[Key, int]) -> Counts[Key]:
    """Return a column as a post of a level may see it."""
    return protect(counts) if level in WIDE_LEVELS else shown_as_is(counts)


def single(level: str, count: int | None) -> int | None:
    """Return a lone figure as a post of a level may see it."""
    return None if count is not None and level in WIDE_LEVELS and 0 < count < SMALLEST else count

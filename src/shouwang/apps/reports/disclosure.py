"""Keeps small counts from pointing at single people in wide-area statistics (小单元格保护).

City and province posts see counts, not people: a count of 1–4 is withheld, and with it so many others of its table that
the published total does not give it away. Posts at county level and below see the people themselves on their worklist.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

SMALLEST = 5
WIDE_LEVELS = ("city", "province")
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
    """Withhold counts of 1–4, then the smallest others, until what is withheld cannot be worked out from the total.

    What can be read off is the sum of the ``k`` withheld cells. It must be at least ``k + 4``: then each of them, known to
    be at least 1, may still be anything from 1 to 5. Where even all cells do not reach that, the total is withheld too.
    """
    hidden = {key for key, count in counts.items() if 0 < count < SMALLEST}
    rest = sorted((count, str(key), key) for key, count in counts.items() if count >= SMALLEST)
    while hidden and (len(hidden) == 1 or sum(counts[key] for key in hidden) < len(hidden) + SMALLEST - 1) and rest:
        hidden.add(rest.pop(0)[2])
    total = sum(counts.values())
    tellable = not hidden or (len(hidden) > 1 and sum(counts[key] for key in hidden) >= len(hidden) + SMALLEST - 1)
    cells = {key: None if key in hidden else count for key, count in counts.items()}
    return Counts(cells, total if tellable and not 0 < total < SMALLEST else None)


def for_level(level: str, counts: Mapping[Key, int]) -> Counts[Key]:
    """Return a column as a post of a level may see it."""
    return protect(counts) if level in WIDE_LEVELS else shown_as_is(counts)


def single(level: str, count: int | None) -> int | None:
    """Return a lone figure as a post of a level may see it."""
    return None if count is not None and level in WIDE_LEVELS and 0 < count < SMALLEST else count

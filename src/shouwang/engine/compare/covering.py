"""Where silence speaks: which feeds' newest linked delivery still says of a day that no record means none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np

from shouwang.engine.compare.periods import is_fresh
from shouwang.engine.frame import Array
from shouwang.lib.area_codes import NATION, ancestors_of

REGISTER_FEED = "register"
NEVER = "1900"
"""The period of facts of a feed that was never delivered as a whole: they count, and its silence says nothing."""
_LEVELS = (1, 10**3, 10**6, 10**8, 10**10, 10**12)


def cadence_of(period: str) -> str:
    """How often a feed comes, told from the length of its period."""
    return "monthly" if len(period) > 4 else "yearly"


def speaks_on(feed: str, period: str, cadence: str, as_of: date) -> bool:
    """Whether a delivery of this period speaks for a day; the register speaks once it is in."""
    if feed == REGISTER_FEED or period == NEVER:
        return period != NEVER
    return is_fresh(period, cadence, as_of)


def feeds_around(senders: Mapping[str, frozenset[str]], code: str) -> frozenset[str]:
    """The feeds delivered for a division or for one around it."""
    return frozenset[str]().union(*(senders[each] for each in ancestors_of(code) if each in senders))


class Coverage:
    """Division code → the feeds whose silence speaks there: those delivered for it or for a division around it."""

    def __init__(self, deliveries: Iterable[Mapping[str, Any]], as_of: date) -> None:
        found: dict[str, set[str]] = {}
        for each in deliveries:
            if speaks_on(each["feed"], each["period"], each["cadence"], as_of):
                found.setdefault(each["area_code"], set()).add(each["feed"])
        self.senders: dict[str, frozenset[str]] = {code: frozenset(feeds) for code, feeds in found.items()}
        self._known: dict[str, frozenset[str]] = {}

    def __call__(self, code: str) -> frozenset[str]:
        """The feeds that cover a division."""
        if code not in self._known:
            self._known[code] = feeds_around(self.senders, code)
        return self._known[code]


def nearest_of(areas: list[str], codes: Iterable[str]) -> tuple[list[str], Array]:
    """For each division the nearest of ``codes`` that is it or lies around it, else the nation: (codes, place per area)."""
    chosen = sorted({NATION, *codes})
    numbers = np.array([int(code) for code in chosen], dtype=np.int64)
    own = np.array(areas, dtype="<U12").astype(np.int64) if areas else np.empty(0, dtype=np.int64)
    found = np.zeros(len(own), dtype=np.int64)
    open_rows = np.ones(len(own), dtype=bool)
    for level in _LEVELS:
        around = own // level * level
        places = np.minimum(np.searchsorted(numbers, around), len(numbers) - 1)
        here = open_rows & (numbers[places] == around)
        found[here] = places[here]
        open_rows &= ~here
    return chosen, found

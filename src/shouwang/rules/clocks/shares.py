"""What share of the cases must be checked or visited; exact, by cross-multiplication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from shouwang.lib.ratio import PARTS, ratio_from_text, ratio_text
from shouwang.rules.clocks.dated import ClockError, Table, nearest, read_table


@dataclass(frozen=True, slots=True)
class Share:
    """At least ``parts`` (of 360,000) of the cases."""

    key: str
    label: str
    parts: int
    cites: str

    @property
    def text(self) -> str:
        """For a screen: 不低于30%."""
        return f"不低于{ratio_text(self.parts)}"

    def least(self, whole: int) -> int:
        """The fewest cases that are enough."""
        return -(-whole * self.parts // PARTS)

    def met(self, part: int, whole: int) -> bool:
        """Whether ``part`` of ``whole`` cases is enough."""
        return part * PARTS >= whole * self.parts


def share(key: str, area_code: str, as_of: date) -> Share:
    """The share in force in a division on a day. Raises ClockError (中文) for an unknown key, or when none is in force."""
    entries = shares().get(key)
    if entries is None:
        raise ClockError(f"没有名为“{key}”的比例要求")
    return nearest(entries, entries[0].value.label, area_code, as_of)


@cache
def shares() -> Table[Share]:
    """Every dated entry by key. Raises ValueError for a file that does not hold together."""
    return read_table("shares.yaml", _made)


def _made(key: str, fields: dict[str, Any], each: dict[str, Any]) -> Share:
    if set(fields) != {"label"} or set(each) != {"share", "cites"}:
        raise ValueError("unknown or missing fields")
    return Share(key, str(fields["label"]), ratio_from_text(str(each["share"])), str(each["cites"]))

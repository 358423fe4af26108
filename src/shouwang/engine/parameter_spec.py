"""What a policy declares of a parameter: its unit, its bounds, and what stands in where nobody set it."""

from __future__ import annotations

from dataclasses import dataclass

from shouwang.engine.tree import GREATEST
from shouwang.lib.ratio import PARTS

MONTHS = 12
WHOLE = {"percent": 100, "permille": 1000, "ratio": PARTS}
"""How many of a unit make one."""


@dataclass(frozen=True, slots=True)
class Derived:
    """``ratio`` × ``of``, rounded up to a whole 分, wherever ``ratio`` is set (特困 = 1.3 × 低保)."""

    of: str
    ratio: str


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """What a policy declares of a parameter. ``local``: no national value, it must come from the area's own table.

    ``least`` and ``most`` bound every value, the area's too: a standard of 0 would refuse everybody without a word.
    ``per`` is what money is per ("person-year"). ``unconfirmed``: no text we could read fixes what it means.
    In a division that does not set it, each of ``instead`` is asked for there in turn (one line for town and country, a
    wider class of people), then ``derived``; only then the division above. ``floor`` names the parameter no value may be below.
    """

    item: str
    label: str
    unit: str
    policy: str
    per: str = ""
    local: bool = False
    least: int = 0
    most: int = GREATEST
    unconfirmed: bool = False
    instead: tuple[str, ...] = ()
    derived: Derived | None = None
    floor: str = ""
    note: str = ""

    def allows(self, value: int) -> bool:
        """Whether a value lies within the bounds."""
        return self.least <= value <= self.most

    def fits(self, per: str) -> bool:
        """Whether an amount per ``per`` can be read as one of this parameter."""
        return not self.per or per == self.per or self._times(per) is not None

    def amount(self, value: int, per: str) -> int | None:
        """A value published per ``per`` in this parameter's own period: 600 a month is 7,200 a year.

        None if a yearly amount is not a whole number of 分 a month.
        """
        times = self._times(per)
        if times is None:
            return value
        if times:
            return value * MONTHS
        return value // MONTHS if value % MONTHS == 0 else None

    def _times(self, per: str) -> bool | None:
        """True: a monthly amount for a yearly parameter; False: the other way round; None: neither."""
        whose, _, period = per.rpartition("-")
        wanted, _, own = self.per.rpartition("-")
        if whose != wanted or {period, own} != {"month", "year"}:
            return None
        return own == "year"

    @property
    def shown_unit(self) -> str:
        """The unit a value is shown in: money with its period."""
        return f"fen/{self.per.rpartition('-')[2]}" if self.unit == "fen" and self.per.endswith("-year") else self.unit

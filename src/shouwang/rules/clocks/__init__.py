"""办理时限: how many days each step may take, where and since when. Procedures name a key and never a number of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shouwang.lib.area_codes import ancestors_of, normalise_code

KINDS = ("working", "calendar")
LOCAL = "local"


class ClockError(LookupError):
    """There is no such clock, or none in force; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class Clock:
    """``days`` working or calendar days for the step ``key``; ``cites`` "source_key:article", or "local" for an area's own setting."""

    key: str
    label: str
    days: int
    kind: str
    cites: str

    @property
    def is_local(self) -> bool:
        """Whether no national text fixes the number of days."""
        return self.cites.partition(":")[0] == LOCAL

    @property
    def text(self) -> str:
        """For a screen: 3个工作日, 7日."""
        return f"{self.days}个工作日" if self.kind == "working" else f"{self.days}日"


@dataclass(frozen=True, slots=True)
class _Entry:
    area_code: str
    since: date
    until: date | None
    clock: Clock


def clock(key: str, area_code: str, as_of: date) -> Clock:
    """The clock in force for a step in a division on a day; the nearest division that sets one wins.

    Raises ClockError (中文) for an unknown key, or when none is in force on the day.
    """
    entries = clocks().get(key)
    if entries is None:
        raise ClockError(f"没有名为“{key}”的办理时限")
    for code in ancestors_of(area_code):
        for entry in entries:
            in_force = entry.since <= as_of and (entry.until is None or as_of < entry.until)
            if entry.area_code == code and in_force:
                return entry.clock
    raise ClockError(f"“{entries[0].clock.label}”在 {as_of.isoformat()} 没有施行的办理时限")


@cache
def clocks() -> dict[str, tuple[_Entry, ...]]:
    """Every dated entry by key. Raises ValueError for a file that does not hold together."""
    path = Path(__file__).parent / "clocks.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        key: tuple(_entry(key, str(fields["label"]), each) for each in fields["entries"])
        for key, fields in content.items()
    }


def _entry(key: str, label: str, fields: dict[str, Any]) -> _Entry:
    days, kind = fields["days"], fields["kind"]
    if not isinstance(days, int) or days < 1 or kind not in KINDS or not isinstance(fields["from"], date):
        raise ValueError(f"clocks.yaml: {key}: days, kind or from is wrong: {fields}")
    return _Entry(
        area_code=normalise_code(str(fields["area"])),
        since=fields["from"],
        until=fields.get("to"),
        clock=Clock(key, label, days, str(kind), str(fields["cites"])),
    )

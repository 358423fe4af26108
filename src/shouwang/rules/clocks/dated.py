"""A file of dated entries by division: reading it, and finding the one that holds on a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml

from shouwang.lib.area_codes import ancestors_of, normalise_code

T = TypeVar("T")
LOCAL = "local"


class ClockError(LookupError):
    """There is no such entry, or none in force; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """``value`` in a division from ``since`` until before ``until``."""

    area_code: str
    since: date
    until: date | None
    value: T

    def in_force(self, as_of: date) -> bool:
        """Whether the entry holds on a day."""
        return self.since <= as_of and (self.until is None or as_of < self.until)


Table = Mapping[str, tuple[Dated[T], ...]]


def read_table(name: str, made: Callable[[str, dict[str, Any], dict[str, Any]], T]) -> Table[T]:
    """A file of this folder: key → its entries. Raises ValueError for one that does not hold together.

    ``made`` makes the value of a key, the key's own fields and an entry's.
    """
    content = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return {
        key: _in_order(f"{name}: {key}", [_entry(f"{name}: {key}", key, fields, each, made) for each in entries])
        for key, fields in content.items()
        for entries in [fields.pop("entries")]
    }


def nearest(entries: tuple[Dated[T], ...], label: str, area_code: str, as_of: date) -> T:
    """The value in force in a division on a day; the nearest division that sets one wins. Raises ClockError (中文)."""
    for code in ancestors_of(area_code):
        for entry in entries:
            if entry.area_code == code and entry.in_force(as_of):
                return entry.value
    raise ClockError(f"“{label}”在 {as_of.isoformat()} 没有施行的规定")


def _entry(
    where: str,
    key: str,
    fields: dict[str, Any],
    each: dict[str, Any],
    made: Callable[[str, dict[str, Any], dict[str, Any]], T],
) -> Dated[T]:
    rest = dict(each)
    area, since, until = rest.pop("area", None), rest.pop("from", None), rest.pop("to", None)
    rest.pop("note", None)
    if not isinstance(since, date) or not (until is None or (isinstance(until, date) and until > since)):
        raise ValueError(f"{where}: from or to is wrong: {each}")
    if not str(rest.get("cites") or ""):
        raise ValueError(f"{where}: cites nothing: {each}")
    try:
        return Dated(normalise_code(str(area)), since, until, made(key, fields, rest))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}: {each}") from error


def _in_order(where: str, entries: list[Dated[T]]) -> tuple[Dated[T], ...]:
    entries.sort(key=lambda each: (each.area_code, each.since))
    for earlier, later in pairwise(entries):
        if earlier.area_code == later.area_code and (earlier.until is None or earlier.until > later.since):
            raise ValueError(f"{where}: two entries of {earlier.area_code} are in force on {later.since}")
    return tuple(entries)

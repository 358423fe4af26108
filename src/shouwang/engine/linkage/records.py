"""A record without an identity number as it is compared: forms of the name, pieces of the birth date, levels of the division."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from shouwang.lib.person_names import name_forms


class Whom(NamedTuple):
    """Whom a record is about, as it was written. ``birth`` is YYYYMMDD ('' unknown), ``sex`` 1 man 2 woman 0 unknown,
    ``area`` a division code of 2 to 12 digits ('' unknown).
    """

    name: str
    birth: str = ""
    sex: int = 0
    area: str = ""


class Compared(NamedTuple):
    """One record in all forms the levels and blocks need; None where it does not say."""

    norm: str | None
    pinyin: str | None
    fuzzy: str | None
    corners: str | None
    wild: str | None
    surname: str | None
    first_part: str | None
    birth: str | None
    birth_year: int | None
    birth_month: str | None
    month_day: str | None
    sex: int | None
    village: str | None
    township: str | None
    county: str | None
    prefecture: str | None


COLUMNS = Compared._fields
_BIRTH_DIGITS = 8
_LEVELS = (12, 9, 6, 4)


def compared(whom: Whom) -> Compared:
    """Return the compared forms of one record."""
    birth = whom.birth if len(whom.birth) == _BIRTH_DIGITS and whom.birth.isdigit() else ""
    dates = (birth, int(birth[:4]), birth[:6], birth[4:]) if birth else (None, None, None, None)
    stripped = _shortened(whom.area)
    areas = tuple(stripped[:digits] if len(stripped) >= digits else None for digits in _LEVELS)
    names = tuple(form or None for form in name_forms(whom.name))
    return Compared(*names, *dates, whom.sex or None, *areas)  # type: ignore[arg-type, call-arg]


def _shortened(area: str) -> str:
    """Cut the zero tail: 330102000000 says no more than 330102."""
    for digits, before in ((12, 9), (9, 6), (6, 4), (4, 2)):
        if len(area) >= digits and set(area[before:digits]) == {"0"}:
            area = area[:before]
    return area


def columns_of(records: Iterable[Whom]) -> dict[str, list[Any]]:
    """Return the compared forms of many records by the column."""
    rows: Iterator[Compared] = map(compared, records)
    columns = list(zip(*rows, strict=True))
    return dict(zip(COLUMNS, map(list, columns), strict=True)) if columns else {name: [] for name in COLUMNS}

"""Names, paths and children of divisions as of a day. A span whose start is not known counts as always begun."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Case, F, IntegerField, Q, QuerySet, When

from shouwang.apps.areas.models import Division
from shouwang.lib import clock
from shouwang.lib.area_codes import LEVELS, NATION, ancestors_of, level_of, normalise_code, scope_range

NATION_NAME = "全国"
BATCH = 500
_BELOW: dict[str, tuple[str, ...]] = {
    "nation": ("province",),
    "province": ("city", "county"),
    "city": ("county", "township"),
    "county": ("township",),
    "township": ("village",),
    "village": (),
}


def in_force(on: date | None = None) -> QuerySet[Division]:
    """Return the divisions in force on a day (today if not given)."""
    on = on or clock.today()
    started = Q(valid_from__isnull=True) | Q(valid_from__lte=on)
    return Division.objects.filter(started, Q(valid_to__isnull=True) | Q(valid_to__gt=on))


def division_for(code: str, on: date | None = None) -> Division | None:
    """Return the span of a code in force on a day, or None."""
    return in_force(on).filter(code=normalise_code(code)).order_by(F("valid_from").desc(nulls_last=True)).first()


def division_name(code: str, on: date | None = None) -> str | None:
    """Return the name a code bore on a day, or None where none is recorded; ``全国`` for the nation."""
    if normalise_code(code) == NATION:
        return NATION_NAME
    division = division_for(code, on)
    return division.name if division else None


def name_paths(codes: Iterable[str], on: date | None = None) -> dict[str, str]:
    """Return the full names of many codes as of a day, in one query per 500 codes, keyed as asked.

    Levels without a recorded division (直辖) are left out; a code without a name of its own shows the code in its place.
    """
    wanted = {code: normalise_code(code) for code in codes}
    chains = {full: ancestors_of(full)[:-1] for full in wanted.values()}
    needed = sorted({code for chain in chains.values() for code in chain})
    names: dict[str, str] = {}
    for at in range(0, len(needed), BATCH):
        found = in_force(on).filter(code__in=needed[at : at + BATCH]).order_by(F("valid_from").asc(nulls_first=True))
        names.update(found.values_list("code", "name"))
    paths = {
        full: "".join(names.get(code, code if code == full else "") for code in reversed(chain)) or NATION_NAME
        for full, chain in chains.items()
    }
    return {code: paths[full] for code, full in wanted.items()}


def name_path(code: str, on: date | None = None) -> str:
    """Return the full name of a code as of a day: ``示范省示范市安禾县青坪镇``."""
    return name_paths([code], on)[code]


def children_of(code: str, on: date | None = None) -> list[Division]:
    """Return the divisions right below a code on a day, by code.

    Where a level is missing the next one counts: the districts of a 直辖市 are children of the municipality, a 省直辖 county
    of its province, a town of a city without districts of that city.
    """
    full = normalise_code(code)
    low, high = scope_range(full)
    levels = _BELOW[level_of(full)]
    below = list(in_force(on).filter(code__gt=low, code__lt=high, level__in=levels).order_by("code"))
    if len(levels) < 2:
        return below
    between = {division.code for division in below if division.level == levels[0]}
    return [division for division in below if not between & set(ancestors_of(division.code)[1:])]


def divisions_in(scope: str, level: str, on: date | None = None) -> QuerySet[Division]:
    """Return the divisions of one level inside a division (itself included) on a day, by code."""
    low, high = scope_range(normalise_code(scope))
    return in_force(on).filter(code__gte=low, code__lt=high, level=level).order_by("code")


def search_divisions(text: str, on: date | None = None, *, within: str = NATION, limit: int = 20) -> list[Division]:
    """Return divisions whose name holds a text, or whose code begins with it, inside a division; nearest the top first."""
    text = text.strip()
    if not text:
        return []
    low, high = scope_range(normalise_code(within))
    matching = Q(code__startswith=text) if text.isascii() and text.isdigit() else Q(name__contains=text)
    rank = Case(*(When(level=level, then=place) for place, level in enumerate(LEVELS)), output_field=IntegerField())
    return list(in_force(on).filter(matching, code__gte=low, code__lt=high).order_by(rank, "code")[:limit])

"""Inputs that come from the register itself: birth, sex, relation, and who lives together."""

from __future__ import annotations

from datetime import date

import numpy as np

from shouwang.engine.frame import UNKNOWN_DAY, Array, Column, Frame, People
from shouwang.engine.inputs import InputSpec
from shouwang.engine.rule import Entity
from shouwang.lib.dates import day_number

_FEBRUARY = 2


def base_column(spec: InputSpec, people: People, frame: Frame, as_of: date) -> Column:
    """The column of an input with ``from``. Sex and relation 0, and a birth day not recorded, are unknown."""
    if spec.base == "household":
        alone = frame.sizes == 1
        values = alone if spec.entity is Entity.HOUSEHOLD else np.repeat(alone, frame.sizes)
        return Column(values, np.ones(len(values), dtype=bool))
    if spec.base == "birth_date":
        known = people.birth_day != UNKNOWN_DAY
        values = _from_birth(spec.fold, np.where(known, people.birth_day, 0), as_of)
    else:
        values = people.sex if spec.base == "sex" else people.relation
        known = values != 0
    return Column(np.where(known, values, 0).astype(np.int64), known)


def _from_birth(fold: str, birth_day: Array, as_of: date) -> Array:
    """Age in full years, or days since the latest birthday; 29 February falls on the 28th in a common year."""
    if fold == "as_is":
        return birth_day
    born = birth_day.astype("datetime64[D]")
    month_born = born.astype("datetime64[M]")
    year = month_born.astype("datetime64[Y]").astype(np.int64) + 1970
    month = month_born.astype(np.int64) % 12
    day = (born - month_born).astype(np.int64)
    this_year = _birthday_in(np.full(len(year), as_of.year), month, day)
    passed = this_year <= day_number(as_of)
    if fold == "age_years":
        return np.asarray(as_of.year - year - ~passed)
    last_year = _birthday_in(np.full(len(year), as_of.year - 1), month, day)
    return day_number(as_of) - np.where(passed, this_year, last_year)


def _birthday_in(year: Array, month: Array, day: Array) -> Array:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    leap_day = (month == _FEBRUARY - 1) & (day == 28)
    first = ((year - 1970) * 12 + month).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.asarray(first + np.where(leap_day & ~leap, 27, day))

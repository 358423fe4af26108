"""Random segments of any book: every kind of column, both marks, absent columns, birthdays at the end of February."""

from __future__ import annotations

from datetime import date

import numpy as np

from shouwang.engine.book import Book
from shouwang.engine.frame import Array
from shouwang.engine.inputs import InputSpec
from shouwang.engine.packed import KINDS, Form, Segment, form_of, nothing, stored_name, untold
from shouwang.engine.rule import Entity
from shouwang.engine.tree import GREATEST, LEAST
from shouwang.lib.dates import day_number
from tests.engine.agreement import _compared_with

BIRTHS = tuple(
    day_number(date(year, month, day))
    for year, month, day in ((2028, 2, 29), (2028, 2, 28), (2027, 2, 28), (2016, 2, 29), (1999, 3, 1), (2000, 12, 31))
)
Dice = np.random.Generator
FAR_DAYS = (GREATEST, GREATEST - 20_000, LEAST + 2, LEAST + 30_000)
FAR_BIRTHS = (-(2**31) + 2, 2**31 - 1, day_number(date(1700, 2, 28)), day_number(date(2400, 2, 29)))


def random_segment(
    book: Book, areas: list[str], households: int, as_of: date, seed: int, *, far_births: bool = False
) -> Segment:
    """A segment of households of 0 to 6 members (one of 200) in these divisions.

    Which columns there are, and of which kind, is the same for every seed: one program then reads them all.
    """
    random, shape = np.random.default_rng(seed), np.random.default_rng(0)
    sizes = random.choice(7, households)
    if households:
        sizes[households // 2] = 200
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    area = np.sort(random.integers(0, len(areas), households)).astype(np.int32)
    persons = int(offsets[-1])
    segment = Segment(areas, area, offsets, np.arange(households), np.arange(persons))
    met = _compared_with(book)
    for spec in book.inputs.values():
        if form_of(spec) is Form.ALONE or shape.random() < 0.1:
            continue
        own = spec.entity is Entity.PERSON
        columns = segment.person if own else segment.household
        if stored_name(spec) not in columns:
            columns[stored_name(spec)] = _stored(
                spec,
                persons if own else households,
                as_of,
                met.get(spec.name, []),
                (random, shape),
                far_births=far_births,
            )
    return segment


def _stored(
    spec: InputSpec, length: int, as_of: date, met: list[int], dice: tuple[Dice, Dice], *, far_births: bool
) -> Array:
    random, shape = dice
    form = form_of(spec)
    if form is Form.BIRTH:
        kind: type = np.int32
        values = random.integers(day_number(as_of) - 40_000, day_number(as_of) + 10, length)
        values = np.where(random.random(length) < 0.3, random.choice(BIRTHS, length), values)
        if far_births:
            values = np.where(random.random(length) < 0.1, random.choice(FAR_BIRTHS, length), values)
    elif form in {Form.SINCE, Form.UNTIL} or spec.is_date:
        kind = shape.choice([np.int32, np.int64])
        values = day_number(as_of) + random.integers(-800, 800, length)
        if kind is np.int64:
            values = np.where(random.random(length) < 0.05, random.choice(FAR_DAYS, length), values)
    else:
        kind = shape.choice(np.array(KINDS))
        ends = np.iinfo(kind)
        near = np.array([each + shift for each in met for shift in (-1, 0, 1)] + [0, 1], dtype=np.int64)
        values = random.choice(near[(near > ends.min + 1) & (near <= ends.max)], length)
        far = random.integers(nothing(kind) + 1, ends.max, length, endpoint=True)
        values = np.where(random.random(length) < 0.2, far, values)
    stored = values.astype(kind)
    share = random.choice([0.0, 0.1, 0.5])
    stored[random.random(length) < share] = nothing(kind)
    stored[random.random(length) < share / 4] = untold(kind)
    return stored

"""An invented country as the engine reads it: people and facts by county, and a province that sets every parameter.

What the invented register does not hold (facts only newer policies ask for) is drawn at random: rarely for everybody where
silence means no, nearly always for low-income families where the clerk must have looked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.engine.agreement import ordinary_value

from shouwang.engine.book import Book
from shouwang.engine.compare.state import fold_facts
from shouwang.engine.frame import OPEN, Array, FactColumns, Frame, People
from shouwang.engine.inputs import ItemSpec
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.engine.rule import Entity
from shouwang.lib.dates import day_number
from shouwang.synth import country_parts
from shouwang.synth.circumstances import NONE
from shouwang.synth.county.standards import VALUES
from shouwang.synth.facts import FactTable

AS_OF = date(2026, 10, 31)
SEED = 7
PROVINCE = "990000000000"
RARE, LOOKED_AT, BY_CHANCE = 0.03, 0.9, 0.01
YEARS = 3 * 365


@dataclass(frozen=True, slots=True)
class County:
    """One county: its people, sorted by household, and their facts."""

    people: People
    person_facts: FactColumns
    household_facts: FactColumns

    def frame(self, book: Book, names: set[str] | None = None) -> Frame:
        """Fold the facts as of the day, every feed delivered."""
        feeds = {item.feed for item in book.items.values()}
        return fold_facts(
            book, self.people, self.person_facts, self.household_facts, AS_OF, covered_feeds=feeds, names=names
        )


def counties(book: Book, people: int) -> Iterator[County]:
    """Yield an invented country county by county."""
    random = np.random.default_rng(SEED)
    for part in country_parts(people, SEED, AS_OF):
        population = part.known.people
        villages = np.array(part.villages, dtype="<U12")[part.home]
        codes = np.array([village[:6] for village in part.villages])[part.home]
        persons, households = _facts(part.persons), _facts(part.households)
        poor = part.known.classes != NONE
        for code in np.unique(codes):
            homes = np.flatnonzero(codes == code)
            first, after = int(homes[0]), int(homes[-1]) + 1
            begin, end = (int(each) for each in np.searchsorted(population.household, [first, after]))
            own = population.household[begin:end] - first
            low = poor[first:after]
            yield County(
                People(
                    area_codes=villages[first:after],
                    household_index=own,
                    birth_day=population.birth_day[begin:end].astype(np.int32),
                    sex=np.where(population.male[begin:end], 1, 2),
                    relation=population.relation[begin:end],
                ),
                _more(book, Entity.PERSON, _within(persons, begin, end), low[own], random),
                _more(book, Entity.HOUSEHOLD, _within(households, first, after), low, random),
            )


def parameters(book: Book) -> ParameterTable:
    """Return a table in which the province sets every local parameter: the demo county's figures, else any ordinary one."""
    random = np.random.default_rng(SEED)
    demo = {item: (amount, per) for item, amount, per, _, until in VALUES if not until}
    rows = []
    for spec in book.parameter_specs.values():
        if spec.local:
            value, per = demo.get(spec.item, (ordinary_value(spec, random), spec.per or spec.unit))
            rows.append(Assertion(spec.item, PROVINCE, value, per, date(2020, 1, 1), source="local"))
    return book.table(rows)


def _facts(table: FactTable) -> FactColumns:
    return FactColumns(items=table.items, **table.columns())


def _within(facts: FactColumns, first: int, after: int) -> FactColumns:
    mask = (facts.subject >= first) & (facts.subject < after)
    own = (each[mask] for each in (facts.item, facts.value, facts.true_from, facts.true_to))
    return FactColumns(facts.items, facts.subject[mask] - first, *own)


def _more(book: Book, subject: Entity, facts: FactColumns, low: Array, random: np.random.Generator) -> FactColumns:
    """Add facts of the items the invented register does not hold. ``low``: whether a subject's family is registered."""
    today = day_number(AS_OF)
    asked = {spec.item for spec in book.inputs.values() if spec.item and spec.absent == "unknown"}
    items = list(facts.items)
    columns = [[each] for each in (facts.subject, facts.item, facts.value, facts.true_from, facts.true_to)]
    for item in book.items.values():
        if item.subject is subject and item.name not in items:
            share = np.where(low, LOOKED_AT, BY_CHANCE) if item.name in asked else RARE
            who = np.flatnonzero(random.random(len(low)) < share)
            start = today - random.integers(0, YEARS, len(who))
            end = np.full(len(who), OPEN) if item.kind == "state" else start + 1
            for column, values in zip(
                columns, (who, np.full(len(who), len(items)), _values(item, len(who), random), start, end), strict=True
            ):
                column.append(values)
            items.append(item.name)
    subject_of, code, value, start, end = (np.concatenate(column) for column in columns)
    return FactColumns(items, subject_of, code, value, start.astype(np.int32), end.astype(np.int32))


def _values(item: ItemSpec, length: int, random: np.random.Generator) -> Array:
    """Ordinary values of an item's unit."""
    if item.unit == "bool":
        return (random.random(length) < 0.3).astype(np.int64)
    if item.unit == "date":
        return day_number(AS_OF) + random.integers(-YEARS, 365, length)
    most = {"fen": 12_000, "count": 20, "days": 365, "code": 6}.get(item.unit, 100)
    return random.integers(0, most + 1, length) * (100 if item.unit == "fen" else 1)

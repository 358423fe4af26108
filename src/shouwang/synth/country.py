"""A country of any size, part by part: never more than half a million people in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from shouwang.synth.circumstances import draw_classes, draw_disability, draw_incomes
from shouwang.synth.county.residents import draw_pensions
from shouwang.synth.facts import EPOCH, Circumstances, FactTable, draw_facts
from shouwang.synth.households import Int64, draw_people
from shouwang.synth.identity_numbers import first_seventeen, order_codes

AS_OF = date(2026, 10, 31)
COUNTY_PEOPLE = 120_000
COUNTIES_PER_PART = 4
COUNTIES_PER_CITY = 20
LOW_INCOME_SHARE = 0.075
TOWNSHIPS = (100, 101, 102, 103, 200, 201)
VILLAGES = range(201, 221)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Part:
    """Some counties of the country. Persons are sorted by division and household; numbers run on from part to part.

    ``first_person`` and ``first_household`` are the numbers of this part's row 0; ``home`` is the place of each
    household's village in ``villages``; ``id17`` are identity numbers without check digit.
    """

    number: int
    first_person: int
    first_household: int
    villages: list[str]
    home: Int64
    known: Circumstances
    id17: Int64
    persons: FactTable
    households: FactTable


def county_code(place: int) -> str:
    """Six-digit code of the ``place``-th invented county (from 0): 990101, 990102 …"""
    city, county = divmod(place, COUNTIES_PER_CITY)
    return f"99{city + 1:02d}{county + 1:02d}"


def country_parts(people: int, seed: int, as_of: date = AS_OF) -> Iterator[Part]:
    """Draw a country of exactly ``people`` persons in parts of some 480,000; each part has its own stream of random numbers."""
    counties = max(1, -(-people // COUNTY_PEOPLE))
    person = household = 0
    for number, start in enumerate(range(0, counties, COUNTIES_PER_PART)):
        codes = [county_code(place) for place in range(start, min(start + COUNTIES_PER_PART, counties))]
        count = min(len(codes) * COUNTY_PEOPLE, people - person)
        rng = np.random.Generator(np.random.PCG64([seed, number]))
        part = _draw_part(rng, number, (person, household), codes, count=count, as_of=as_of)
        yield part
        person += count
        household += part.known.people.households


def _draw_part(
    rng: np.random.Generator, number: int, firsts: tuple[int, int], codes: list[str], *, count: int, as_of: date
) -> Part:
    on = (as_of - EPOCH).days
    people = draw_people(rng, count, on)
    ages = people.ages(on)
    alone = (people.sizes() == 1)[people.household]
    grade, kind = draw_disability(rng, ages, alone)
    classes = draw_classes(rng, people, on, grade > 0, round(count * LOW_INCOME_SHARE))
    incomes = draw_incomes(rng, people, classes)
    villages = [f"{code}{township}{village}" for code in codes for township in TOWNSHIPS for village in VILLAGES]
    home = np.sort(rng.integers(0, len(villages), people.households))
    prefix = np.array([int(village[:6]) for village in villages])[home][people.household]
    births = people.birth_day * len(codes) + (home // (len(TOWNSHIPS) * len(VILLAGES)))[people.household]
    id17 = first_seventeen(prefix, people.birth_day, order_codes(rng, births, people.male))
    known = Circumstances(people, classes, incomes, grade, kind, draw_pensions(rng, ages))
    persons, households = draw_facts(rng, known, as_of)
    return Part(number, firsts[0], firsts[1], villages, home, known, id17, persons, households)


def write_country(people: int, seed: int, out: Path, progress: Progress | None = None) -> None:
    """Write ``people`` invented persons under ``out`` as Parquet, part by part.

    ``persons/`` person, household, area_code, birth_day, sex (1 男 2 女), relation, id17 · ``households/`` household,
    area_code, members · ``facts/`` person, item, value, true_from, true_to · ``household_facts/`` the same by household.
    Days are days since 1970-01-01, ``true_to`` excluded and 2147483647 while open; persons and households are numbered
    from 0 in the order of division and household.
    """
    for folder in ("persons", "households", "facts", "household_facts"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    done = 0
    for part in country_parts(people, seed):
        for folder, table in _tables(part).items():
            pq.write_table(table, out / folder / f"part-{part.number:05d}.parquet", compression="zstd")
        done += len(part.known.people)
        if progress:
            progress("生成虚构人口", done, people)


def _tables(part: Part) -> dict[str, pa.Table]:
    population = part.known.people
    village = pa.array(part.villages)
    household = np.arange(population.households) + part.first_household
    persons = pa.table(
        {
            "person": np.arange(len(population)) + part.first_person,
            "household": population.household + part.first_household,
            "area_code": pa.DictionaryArray.from_arrays(part.home[population.household].astype(np.int32), village),
            "birth_day": population.birth_day.astype(np.int32),
            "sex": np.where(population.male, 1, 2).astype(np.int8),
            "relation": population.relation.astype(np.int8),
            "id17": part.id17,
        }
    )
    households = pa.table(
        {
            "household": household,
            "area_code": pa.DictionaryArray.from_arrays(part.home.astype(np.int32), village),
            "members": population.sizes().astype(np.int32),
        }
    )
    return {
        "persons": persons,
        "households": households,
        "facts": _fact_table(part.persons, "person", part.first_person),
        "household_facts": _fact_table(part.households, "household", part.first_household),
    }


def _fact_table(facts: FactTable, subject: str, first: int) -> pa.Table:
    columns: dict[str, npt.NDArray[np.integer]] = facts.columns()
    item = pa.DictionaryArray.from_arrays(columns["item"], pa.array(facts.items))
    return pa.table(
        {
            subject: columns["subject"] + first,
            "item": item,
            "value": columns["value"],
            "true_from": columns["true_from"],
            "true_to": columns["true_to"],
        }
    )

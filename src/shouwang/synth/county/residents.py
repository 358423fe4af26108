"""The register of a county as columns: persons sorted by household, households with what the clerk wrote about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from shouwang.synth import names
from shouwang.synth.circumstances import DIBAO, NONE, TEKUN, draw_classes, draw_disability, draw_incomes
from shouwang.synth.divisions import villages
from shouwang.synth.households import HEAD, SPOUSE, Bool, Int64, People, draw_people
from shouwang.synth.identity_numbers import PREFIX, first_seventeen, order_codes, with_check_digit

EPOCH = date(1970, 1, 1)
BLANK = -(1 << 62)
"""An amount nobody has written down (a loss may be negative)."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def date_of(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


@dataclass(slots=True)
class Residents:
    """A county's people. Persons are rows 0…n-1; money in 分 a year with ``BLANK`` for unknown; days as day numbers, 0 = blank.

    ``category`` uses the class codes of ``circumstances``; ``property_ok`` is 1, 0 or ``BLANK`` per household.
    """

    people: People
    county: str
    as_of: date
    village: list[str]
    category: Int64
    category_from: Int64
    grade: Int64
    disability_kind: Int64
    wage: Int64
    business: Int64
    rent: Int64
    transfer: Int64
    pension: Int64
    declared_pension: Int64
    property_ok: Int64
    authorisation: Int64
    recheck: Int64
    household_class: Int64

    @property
    def count(self) -> int:
        """How many persons."""
        return len(self.people)

    def ages(self) -> Int64:
        """Full years of age (n,) on the as-of day."""
        return self.people.ages(day_number(self.as_of))

    def heads(self) -> Int64:
        """Row of the head of each household (households,)."""
        return np.flatnonzero(self.people.relation == HEAD)

    def members(self, household: int) -> list[int]:
        """Rows of a household's members."""
        lo, hi = np.searchsorted(self.people.household, [household, household + 1])
        return list(range(int(lo), int(hi)))


def _spread(rng: np.random.Generator, count: int, first: date, last: date) -> Int64:
    return rng.integers(day_number(first), day_number(last) + 1, count)


def draw_residents(
    rng: np.random.Generator, count: int, low_income: int, townships: list[str], as_of: date
) -> Residents:
    """Draw a county of ``count`` people over its townships' villages, ``low_income`` of them on a programme."""
    on = day_number(as_of)
    people = draw_people(rng, count, on)
    ages = people.ages(on)
    alone = (people.sizes() == 1)[people.household]
    grade, kind = draw_disability(rng, ages, alone)
    classes = draw_classes(rng, people, on, grade > 0, low_income)
    incomes = draw_incomes(rng, people, classes)
    places = [village.code for township in townships for village in villages(township)]
    homes = np.sort(rng.integers(0, len(places), people.households))
    category = classes[people.household]
    pension = draw_pensions(rng, ages)
    known, parts = _declared_incomes(rng, people, ages, classes, incomes)
    dibao = np.isin(category, (DIBAO, TEKUN))
    declared = np.where(dibao & (ages >= 60) & (rng.random(count) > 0.05), pension, BLANK)
    registered = classes != NONE
    since = _spread(rng, people.households, date(2016, 1, 1), date(as_of.year, 6, 30))
    authorisation = _spread(rng, people.households, as_of + timedelta(days=75), as_of + timedelta(days=700))
    recheck = _spread(rng, people.households, as_of + timedelta(days=20), as_of + timedelta(days=330))
    property_ok = np.where(registered, 1, np.where(known & (rng.random(len(known)) < 0.8), 1, BLANK))
    return Residents(
        people=people,
        county=townships[0][:6],
        as_of=as_of,
        village=[places[home] for home in homes],
        category=category,
        category_from=np.where(registered, since, 0)[people.household] * (category != NONE),
        grade=grade,
        disability_kind=kind,
        wage=parts[0],
        business=parts[1],
        rent=parts[2],
        transfer=parts[3],
        pension=pension,
        declared_pension=declared,
        property_ok=property_ok,
        authorisation=np.where(registered, authorisation, 0),
        recheck=np.where(registered, recheck, 0),
        household_class=classes,
    )


def draw_pensions(rng: np.random.Generator, ages: Int64) -> Int64:
    """Monthly pension in 分 (n,): nine in ten elders draw the residents' basic pension, one in sixteen an employee's."""
    count = len(ages)
    basic = rng.integers(160, 260, count) * 100 + rng.choice([0, 25, 50], count)
    employee = rng.integers(1_900, 3_400, count) * 100
    drawn = rng.random(count)
    amounts: Int64 = np.where(ages < 60, 0, np.where(drawn < 0.06, employee, np.where(drawn < 0.96, basic, 0)))
    return amounts


def _declared_incomes(
    rng: np.random.Generator, people: People, ages: Int64, classes: Int64, incomes: Int64
) -> tuple[Bool, tuple[Int64, Int64, Int64, Int64]]:
    """Incomes the clerk has on paper: all registered households and one in twenty of the better-off others.

    Nobody else's is known. Outside the register only households far above the line are, so that the background says
    nothing about 收入接近低保线. Returns who is known (households,) and wage, business, property, transfer (n,).
    """
    sizes = people.sizes()
    well_off = (classes == NONE) & (incomes > 1_700_000) & (rng.random(len(classes)) < 0.05)
    known = (classes != NONE) | well_off
    total = incomes * sizes
    earner = (ages >= 18) & (ages < 60)
    earners = np.bincount(people.household, earner, people.households)
    head = people.relation == HEAD
    wage_share = np.where(earners > 0, np.where(classes == NONE, 0.7, 0.5), 0.0)
    wage_each = (total * wage_share / np.maximum(earners, 1)).astype(np.int64)
    half = (total * np.where(earners > 0, 0.3, 0.2)).astype(np.int64)
    rest = total - half - (wage_each * earners).astype(np.int64)
    written = known[people.household]

    def written_down(amounts: Int64) -> Int64:
        return np.where(written, amounts // 100 * 100, BLANK)

    return known, (
        written_down(np.where(earner, wage_each[people.household], 0)),
        written_down(np.where(head, half[people.household], 0)),
        written_down(np.where(head & (classes[people.household] == NONE), 20_000, 0)),
        written_down(np.where(head, rest[people.household], 0)),
    )


def draw_names(rng: np.random.Generator, people: People, on: int) -> list[str]:
    """Names for people living in households: children and grandchildren share the head's surname, in-laws do not."""
    count = len(people)
    own = names.surnames(rng, count)
    heads = names.surnames(rng, people.households)[people.household]
    shares = (people.relation != SPOUSE) & (people.relation != 97) & (people.relation != 52)
    family = np.where(shares, heads, own)
    ethnic = (rng.random(people.households) < 0.008)[people.household]
    return [str(name) for name in names.full_names(rng, family, people.male, people.ages(on), ethnic)]


def identity_numbers(rng: np.random.Generator, birth_days: Int64, male: Bool) -> list[str]:
    """Unique 18-character identity numbers (n,) of people who do not exist."""
    codes = order_codes(rng, birth_days, male)
    return [str(number) for number in with_check_digit(first_seventeen(int(PREFIX), birth_days, codes))]

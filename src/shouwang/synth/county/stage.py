"""Casting: takes people whose other facts are quiet out of the county and gives them one planted story each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from shouwang.synth.circumstances import DIBAO, NONE, TEKUN
from shouwang.synth.county.residents import BLANK, Residents, day_number
from shouwang.synth.county.rows import Feeds, Medical, Row
from shouwang.synth.households import Bool


@dataclass(frozen=True, slots=True)
class Planted:
    """A rule, the person whose identity number names the case, and the story."""

    rule: str
    person: int
    scenario: str


@dataclass(slots=True)
class Overrides:
    """Where planted people depart from the regular monthly payments (keys: person and first day of the month)."""

    returned: dict[tuple[int, date], str] = field(default_factory=dict)
    unpaid: set[tuple[int, date]] = field(default_factory=set)
    paid_dead: set[int] = field(default_factory=set)
    pension: dict[tuple[int, date], list[tuple[str, int]]] = field(default_factory=dict)


class Stage:
    """The county while its facts are being written. Households once taken are left alone by everybody else."""

    def __init__(self, rng: np.random.Generator, residents: Residents) -> None:
        self.rng = rng
        self.residents = residents
        self.as_of = residents.as_of
        self.feeds = Feeds()
        self.overrides = Overrides()
        self.true: list[Planted] = []
        self.near: list[Planted] = []
        self.died: dict[int, date] = {}
        self.ages = residents.ages()
        self.sizes = residents.people.sizes()
        self.quiet: Bool = self._quiet()
        self.free: Bool = np.ones(len(self.sizes), dtype=bool)
        self._order = rng.permutation(residents.count)
        this = self.as_of.replace(day=1)
        self.months = [_month_before(this, 2), _month_before(this, 1), this]
        self.initial = _month_before(this, 3)

    def _quiet(self) -> Bool:
        """Households in which nobody is near a line of age or a gravely disabled elder."""
        people, on = self.residents.people, day_number(self.as_of)
        soon = people.ages(on + 80)
        before = people.ages(on - 80)
        near_line = np.zeros(len(people), dtype=bool)
        for line in (6, 16, 18, 60):
            near_line |= (before < line) & (soon >= line)
        grave_elder = np.isin(self.residents.grade, (1, 2)) & (self.ages >= 57)
        quiet: Bool = np.bincount(people.household, near_line | grave_elder, people.households) == 0
        return quiet

    def ago(self, days: int) -> date:
        """The day so many days before the as-of day (negative: after it)."""
        return self.as_of - timedelta(days=days)

    def person(
        self,
        low: int,
        high: int,
        *,
        classes: tuple[int, ...] = (NONE,),
        size: tuple[int, int] = (1, 10),
        disabled: bool = False,
        extra: Bool | None = None,
    ) -> int:
        """Take one person of ``low`` to ``high`` years from a free household and reserve the household."""
        people = self.residents.people
        fitting = (self.free & self.quiet)[people.household] & (self.ages >= low) & (self.ages <= high)
        fitting &= np.isin(self.residents.household_class, classes)[people.household]
        sizes = self.sizes[people.household]
        fitting &= (sizes >= size[0]) & (sizes <= size[1])
        fitting &= (self.residents.category != NONE) | (self.residents.wage == BLANK)
        if not disabled:
            fitting &= self.residents.grade == 0
        if extra is not None:
            fitting &= extra
        order = self._order[fitting[self._order]]
        if not len(order):
            raise LookupError(f"nobody of {low}–{high} in classes {classes}, size {size}")
        chosen = int(order[0])
        self.free[people.household[chosen]] = False
        return chosen

    def on_benefit(self, low: int, high: int) -> int:
        """Take someone on 低保 (see ``person``)."""
        return self.person(low, high, classes=(DIBAO,))

    def elder_on_benefit(self) -> int:
        """Take an elder on 低保 or 特困 without wages, who draws a pension as declared."""
        settled = (self.residents.pension > 0) & (self.residents.declared_pension == self.residents.pension)
        return self.person(66, 92, classes=(DIBAO, TEKUN), extra=settled)

    def household(self, *, classes: tuple[int, ...] = (NONE,), size: tuple[int, int] = (1, 10)) -> int:
        """Take a household and return its head."""
        people = self.residents.people
        return self.person(20, 95, classes=classes, size=size, disabled=True, extra=people.relation == 2)

    def household_of(self, person: int) -> int:
        """The household number of a person."""
        return int(self.residents.people.household[person])

    def head_of(self, person: int) -> int:
        """The row of a person's head of household."""
        return next(p for p in self.members_of(person) if self.residents.people.relation[p] == 2)

    def members_of(self, person: int) -> list[int]:
        """Rows of everybody in a person's household."""
        return self.residents.members(self.household_of(person))

    def born(self, person: int, age: int, days_since_birthday: int) -> None:
        """Move a birth date so that the person turned ``age`` so many days before the as-of day (negative: will turn)."""
        day = self.ago(days_since_birthday)
        self.residents.people.birth_day[person] = day_number(day.replace(year=day.year - age))
        self.ages[person] = self.residents.ages()[person]
        self.residents.pension[person] = 0
        self.residents.declared_pension[person] = BLANK

    def expect(self, rule: str, person: int, scenario: str) -> None:
        """Note a planted case that must be warned of."""
        self.true.append(Planted(rule, person, scenario))

    def nearly(self, rule: str, person: int, scenario: str) -> None:
        """Note a planted case that must not."""
        self.near.append(Planted(rule, person, scenario))

    def note(self, rule: str, person: int, scenario: str, hit: bool) -> None:
        """Note a planted case either way."""
        (self.expect if hit else self.nearly)(rule, person, scenario)

    def delivery(self, day: date) -> date:
        """The month whose file tells of something that happened on ``day``."""
        return max(day.replace(day=1), self.initial)

    def put(self, feed: str, row: Row, day: date, *, late: date | None = None) -> None:
        """Write a record into the file of the month of ``day`` (or of the later month ``late``)."""
        self.feeds.add(feed, late or self.delivery(day), row)

    def inpatient(self, person: int, day: date, paid: int, illness: str = "") -> None:
        """Write a hospital settlement; the whole bill is some two and a half times what the patient paid."""
        total = paid * int(self.rng.integers(200, 320)) // 100
        self.put("medical", Medical(person, day, "住院", total, paid, illness), day)

    def outpatient(self, person: int, day: date, total: int, visit: str = "门诊统筹") -> None:
        """Write an outpatient settlement of ``total`` 分."""
        self.put("medical", Medical(person, day, visit, total, total * 45 // 100), day)


def _month_before(month: date, count: int) -> date:
    place = month.year * 12 + month.month - 1 - count
    return date(place // 12, place % 12 + 1, 1)

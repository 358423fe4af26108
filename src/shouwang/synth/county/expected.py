"""Who must be warned of, worked out in plain Python from the clean records: the answer book of the demo county.

Written from the rules' wording alone and on purpose without the engine, so that the two can disagree.
"""

from __future__ import annotations

from calendar import isleap
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from shouwang.synth.circumstances import DIBAO, NONE, TEKUN
from shouwang.synth.county.residents import BLANK, Residents, date_of, day_number
from shouwang.synth.county.rows import (
    Asset,
    Benefit,
    Custody,
    Death,
    Disability,
    Disaster,
    Employment,
    Feeds,
    Medical,
    Pension,
    School,
)

RECENT, ASSET_RECENT, NOTICE = 62, 92, 30
REGISTERED_LINE, GENERAL_LINE, OUTPATIENT_LINE, EDUCATION_LINE = 500_000, 2_000_000, 50_000, 1_000_000
MARGINAL_LINE = 60_000 * 12 * 150 // 100
WAGE_COST_PERCENT = 30
HOUSEHOLD_RULES = (
    "earner_death",
    "disaster_loss",
    "new_business_on_benefit",
    "new_vehicle_on_benefit",
    "new_property_on_benefit",
    "authorisation_expiring",
    "recheck_overdue",
    "income_near_line_unenrolled",
    "elder_alone_severe_disability",
)
"""Rules whose subject is a household, named by its head."""

MOBILITY_AID = "残疾人代步车"
DAY = timedelta(days=1)


@dataclass(slots=True)
class _Known:
    """What is known of each person on the day, by row number."""

    inpatient: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    outpatient: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    illness: dict[int, date] = field(default_factory=dict)
    certificates: dict[int, dict[date, tuple[int, bool]]] = field(default_factory=lambda: defaultdict(dict))
    died: dict[int, date] = field(default_factory=dict)
    pension: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    stage: dict[int, tuple[date, int]] = field(default_factory=dict)
    status: dict[int, tuple[date, int]] = field(default_factory=dict)
    school_cost: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    work: dict[int, tuple[date, int, int]] = field(default_factory=dict)
    held: dict[int, date] = field(default_factory=dict)
    paid_from: dict[int, date] = field(default_factory=dict)
    places: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    returned: dict[int, set[date]] = field(default_factory=lambda: defaultdict(set))
    newest: dict[str, dict[int, date]] = field(default_factory=lambda: defaultdict(dict))
    losses: dict[int, tuple[date, int]] = field(default_factory=dict)


def _later(store: dict[int, date], person: int, day: date) -> None:
    if person not in store or day > store[person]:
        store[person] = day


class AnswerBook:
    """All warnings due on ``residents.as_of``: ``found[rule]`` is a set of person rows (the head's for households)."""

    def __init__(self, residents: Residents, feeds: Feeds) -> None:
        self.residents = residents
        self.as_of = residents.as_of
        self.known = _Known()
        self.ages = residents.ages()
        self._standing: dict[str, dict[int, dict[str, date]]] = defaultdict(lambda: defaultdict(dict))
        self._month_end = (self.as_of + DAY).replace(day=1)
        """First day after the last full month: on 31 October, October is full."""
        self._month = (self._month_end - DAY).replace(day=1)
        for (feed, _), rows in sorted(feeds.files.items(), key=lambda item: (item[0][1], item[0][0])):
            read: Callable[[Any], None] = getattr(self, f"_{feed}", self._asset(feed))
            for row in rows:
                if row.person < residents.count:
                    read(row)
        self.found: dict[str, set[int]] = {}
        self._persons()
        self._households()

    def _recent(self, day: date, days: int = RECENT) -> bool:
        return timedelta(0) <= self.as_of - day <= timedelta(days=days)

    def _medical(self, row: Medical) -> None:
        if row.visit == "住院":
            if row.day.year == self.as_of.year:
                self.known.inpatient[row.person] += row.paid
        elif self._month <= row.day < self._month_end:
            self.known.outpatient[row.person] += row.total
        if row.illness:
            _later(self.known.illness, row.person, row.day)

    def _disability(self, row: Disability) -> None:
        self.known.certificates[row.person][row.issued] = (row.grade, row.cancelled)

    def _grades(self, person: int) -> tuple[date, int, int]:
        """Issue day and grade of the certificate in force, and the grade of the one before it, cancelled or not (0 none)."""
        held = self.known.certificates.get(person, {})
        issued = max((day for day, (_, cancelled) in held.items() if not cancelled), default=None)
        if issued is None:
            return date.min, 0, 0
        before = max((day for day in held if day < issued), default=None)
        return issued, held[issued][0], 0 if before is None else held[before][0]

    def _death(self, row: Death) -> None:
        self.known.died[row.person] = row.day

    def _pension(self, row: Pension) -> None:
        if row.month == self._month:
            self.known.pension[row.person] += row.amount

    def _school(self, row: School) -> None:
        if row.person not in self.known.status or row.day >= self.known.status[row.person][0]:
            self.known.status[row.person] = (row.day, row.status)
            self.known.stage[row.person] = (row.day, row.stage)
        if row.paid is not None:
            self.known.school_cost[row.person] = max(self.known.school_cost[row.person], row.paid)

    def _employment(self, row: Employment) -> None:
        if row.person not in self.known.work or row.day >= self.known.work[row.person][0]:
            self.known.work[row.person] = (row.day, row.status, row.wage or 0)

    def _custody(self, row: Custody) -> None:
        if row.day <= self.as_of and (row.last is None or row.last >= self.as_of):
            _later(self.known.held, row.person, row.day)

    def _benefit(self, row: Benefit) -> None:
        if row.returned:
            self.known.returned[row.person].add(row.month)
            return
        _later(self.known.paid_from, row.person, row.month)
        if row.month == self._month:
            self.known.places[row.person].add(row.place[:6])

    def _disaster(self, row: Disaster) -> None:
        if row.person not in self.known.losses or row.day > self.known.losses[row.person][0]:
            self.known.losses[row.person] = (row.day, row.loss)

    def _asset(self, feed: str) -> Callable[[Asset], None]:
        """Registrations still standing; a later report that one has ended removes it."""
        standing = self._standing[feed]

        def read(row: Asset) -> None:
            if row.kind == MOBILITY_AID:
                return
            if row.ended is None or row.ended > self.as_of:
                standing[row.person][row.number] = row.day
            else:
                standing[row.person].pop(row.number, None)
            if standing[row.person]:
                self.known.newest[feed][row.person] = max(standing[row.person].values())
            else:
                self.known.newest[feed].pop(row.person, None)

        return read

    def _persons(self) -> None:
        known, residents = self.known, self.residents
        registered = residents.category != NONE
        benefit = np.isin(residents.category, (DIBAO, TEKUN))
        age = self.ages
        grades = {person: self._grades(person) for person in known.certificates}
        two_months = {self._month, (self._month - DAY).replace(day=1)}
        self.found = {
            "medical_spending_registered": {
                p for p, paid in known.inpatient.items() if registered[p] and paid >= REGISTERED_LINE
            },
            "medical_spending_general": {
                p for p, paid in known.inpatient.items() if not registered[p] and paid >= GENERAL_LINE
            },
            "outpatient_recurring": {p for p, cost in known.outpatient.items() if cost >= OUTPATIENT_LINE},
            "serious_illness_new": {p for p, day in known.illness.items() if self._recent(day)},
            "disability_new": {p for p, (day, grade, old) in grades.items() if grade and not old and self._recent(day)},
            "disability_upgraded": {
                p for p, (day, grade, old) in grades.items() if 0 < grade < old and self._recent(day)
            },
            "education_cost": {
                p for p, (_, code) in known.stage.items() if code in {3, 4} and known.school_cost[p] > EDUCATION_LINE
            },
            "unemployment_new": {
                p
                for p, (day, status, _) in known.work.items()
                if status == 2 and self._recent(day) and 16 <= age[p] < 60
            },
            "paid_after_death": {
                p for p, day in known.died.items() if p in known.paid_from and known.paid_from[p] > day
            },
            "school_leaving": {
                p
                for p, (day, status) in known.status.items()
                if status in {2, 3} and self._recent(day) and 6 <= age[p] <= 15
            },
            "custody_while_paid": {
                p for p, day in known.held.items() if p in known.paid_from and known.paid_from[p] > day
            },
            "duplicate_enrolment": {p for p, places in known.places.items() if len(places) > 1},
            "age_threshold": {
                p for p in np.flatnonzero(registered & np.isin(age, (16, 18, 60))).tolist() if self._birthday(p)
            },
            "payment_returned_twice": {p for p, months in known.returned.items() if months >= two_months},
            "pension_above_declared": {
                p
                for p, amount in known.pension.items()
                if benefit[p] and residents.declared_pension[p] != BLANK and amount > residents.declared_pension[p]
            },
        }

    def _birthday(self, person: int) -> bool:
        born = date_of(int(self.residents.people.birth_day[person]))
        year = born.year + int(self.ages[person])
        leap_day = (born.month, born.day) == (2, 29) and not isleap(year)
        return self._recent(date(year, 2, 28) if leap_day else born.replace(year=year))

    def _households(self) -> None:
        known, residents = self.known, self.residents
        found: dict[str, set[int]] = {rule: set() for rule in HOUSEHOLD_RULES}
        heads = residents.heads()
        starts = np.r_[heads, residents.count]
        today = day_number(self.as_of)
        for household, head in enumerate(heads.tolist()):
            members = range(head, int(starts[household + 1]))
            classes = {int(residents.category[p]) for p in members}
            on_list, benefit = classes != {NONE}, bool(classes & {DIBAO, TEKUN})
            if any(p in known.died and self._recent(known.died[p]) and self._earned(p) for p in members):
                found["earner_death"].add(head)
            if head in known.losses and known.losses[head][1] > 0 and self._recent(known.losses[head][0]):
                found["disaster_loss"].add(head)
            for rule, feed in (("business", "market"), ("vehicle", "vehicle"), ("property", "realestate")):
                newest = known.newest[feed]
                if benefit and any(p in newest and self._recent(newest[p], ASSET_RECENT) for p in members):
                    found[f"new_{rule}_on_benefit"].add(head)
            ends, due = int(residents.authorisation[household]), int(residents.recheck[household])
            if on_list and ends and ends - today <= NOTICE:
                found["authorisation_expiring"].add(head)
            if on_list and due and due < today:
                found["recheck_overdue"].add(head)
            if not on_list and residents.property_ok[household] == 1 and self._poor(members):
                found["income_near_line_unenrolled"].add(head)
            present = [p for p in members if p not in known.died and p not in known.held]
            if len(present) == 1 and self.ages[present[0]] >= 60 and self._grades(present[0])[1] in {1, 2}:
                found["elder_alone_severe_disability"].add(head)
        self.found |= found

    def _earned(self, person: int) -> bool:
        _, status, wage = self.known.work.get(person, (self.as_of, 0, 0))
        return int(self.residents.wage[person]) > 0 or status == 1 or wage > 0

    def _poor(self, members: range) -> bool:
        """Countable income per head below the 低保边缘 line; False where a member's income is not known."""
        residents, known = self.residents, self.known
        counted = [p for p in members if p not in known.died and p not in known.held]
        parts = [
            [int(column[p]) for p in counted]
            for column in (residents.wage, residents.business, residents.rent, residents.transfer)
        ]
        if not counted or any(BLANK in part for part in parts):
            return False
        wages = sum(parts[0])
        cost = -(-wages * WAGE_COST_PERCENT // 100)
        total = max(wages - cost + sum(map(sum, parts[1:])), 0)
        return total < MARGINAL_LINE * len(counted)


def answers(residents: Residents, feeds: Feeds) -> dict[str, set[int]]:
    """Rule → rows of the persons to be warned of (heads for household rules)."""
    return AnswerBook(residents, feeds).found

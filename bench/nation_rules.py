"""Twenty-two warning rules that rest on eight feeds and the register: fifteen of the law book, seven of this bench's own.

The seven are written in the project's rule language; no published text holds them. They are there so that the death feed and
sums over a household have a part in the comparison, as in the trial whose 22 rules are the measure.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from shouwang.engine.book import Book, load_book
from shouwang.engine.rule import HOUSEHOLD, PERSON, any_of, count, definitions_in, rule, total

SINCE = "2023-10-08"
HOUSEHOLD_MEDICAL_LINE = 3_000_000
SEVERAL = 2
RECENT = 62
MONTH_AND_A_HALF = 45
SEVERE_GRADES = (1, 2)


@rule(PERSON, "仍在世的同住成员", cites="local", since=SINCE)
def bench_at_home(deceased: bool, lives_apart: bool) -> bool:
    return not deceased and not lives_apart


@rule(PERSON, "同住的重残老年人", cites="local", since=SINCE)
def bench_severe_elder(bench_at_home: bool, age: int, elder_age: int, disability_grade: int) -> bool:
    return bench_at_home and age >= elder_age and disability_grade in SEVERE_GRADES


count("bench_people_at_home", "同住成员人数", where="bench_at_home", cites="local", since=SINCE)
any_of("bench_any_severe_elder", "户内有重残老年人", where="bench_severe_elder", cites="local", since=SINCE)


@rule(HOUSEHOLD, "独居重残老年人（比测）", cites="local", since=SINCE)
def bench_elder_left_alone(bench_people_at_home: int, bench_any_severe_elder: bool) -> bool:
    return bench_people_at_home == 1 and bench_any_severe_elder


@rule(PERSON, "死亡后仍在册（比测）", cites="local", since=SINCE)
def bench_dead_still_registered(registered: bool, deceased: bool) -> bool:
    return registered and deceased


@rule(PERSON, "近期去世", cites="local", since=SINCE)
def bench_died_recently(deceased: bool, days_since_death: int) -> bool:
    return deceased and days_since_death <= RECENT


any_of("bench_any_died_recently", "户内近期有人去世", where="bench_died_recently", cites="local", since=SINCE)


@rule(HOUSEHOLD, "在册户近期有人去世（比测）", cites="local", since=SINCE)
def bench_death_in_household(household_registered: bool, bench_any_died_recently: bool) -> bool:
    return household_registered and bench_any_died_recently


total(
    "bench_household_medical",
    "户内本年住院自付",
    of="inpatient_self_paid_year",
    where=None,
    cites="local",
    since=SINCE,
)


@rule(HOUSEHOLD, "户内住院自付合计较高（比测）", cites="local", since=SINCE)
def bench_household_medical_burden(bench_household_medical: int) -> bool:
    return bench_household_medical >= HOUSEHOLD_MEDICAL_LINE


count("bench_vehicles", "有机动车的成员数", where="vehicle_registered", cites="local", since=SINCE)
count("bench_homes", "有不动产的成员数", where="realestate_registered", cites="local", since=SINCE)


@rule(HOUSEHOLD, "在享家庭多人有机动车（比测）", cites="local", since=SINCE)
def bench_several_vehicles(household_on_benefit: bool, bench_vehicles: int) -> bool:
    return household_on_benefit and bench_vehicles >= SEVERAL


@rule(HOUSEHOLD, "在享家庭多人有不动产（比测）", cites="local", since=SINCE)
def bench_several_homes(household_on_benefit: bool, bench_homes: int) -> bool:
    return household_on_benefit and bench_homes >= SEVERAL


@rule(PERSON, "死亡后仍发养老金（比测）", cites="local", since=SINCE)
def bench_pension_after_death(deceased: bool, days_since_death: int, pension_last_month: int) -> bool:
    return deceased and days_since_death > MONTH_AND_A_HALF and pension_last_month > 0


PERSON_RULES = (
    "age_threshold",
    "disability_new",
    "disability_upgraded",
    "education_cost",
    "school_leaving",
    "pension_above_declared",
    "medical_spending_registered",
    "medical_spending_general",
    "outpatient_recurring",
    "serious_illness_new",
    "bench_dead_still_registered",
    "bench_pension_after_death",
)
HOUSEHOLD_RULES = (
    "new_business_on_benefit",
    "new_vehicle_on_benefit",
    "new_property_on_benefit",
    "authorisation_expiring",
    "recheck_overdue",
    "bench_elder_left_alone",
    "bench_death_in_household",
    "bench_household_medical_burden",
    "bench_several_vehicles",
    "bench_several_homes",
)
TARGETS = PERSON_RULES + HOUSEHOLD_RULES
"""Bit i of a word speaks of the i-th."""


def bench_book() -> Book:
    """Return the law book with the seven rules added."""
    return load_book("shouwang.rules").followed(*definitions_in(sys.modules[__name__]))

"""刚性支出 (办法第5条): the twelve months before the application, by kind, as the investigation found them."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, rule, total

GRADUATE_SCHOOL = 7
RATIO_PARTS = 360_000
PERMILLE = 1000


@rule(PERSON, "教育支出可计入", cites="rigid-2024-57:第5条(三)", since="2025-01-01")
def education_counts(school_stage: int, age: int, compulsory_age_first: int) -> bool:
    """From kindergarten to 本科; a child below school age may be in a kindergarten, which no school register shows."""
    return school_stage != GRADUATE_SCHOOL and (school_stage > 0 or age < compulsory_age_first)


@rule(PERSON, "核定教育支出", cites="rigid-2024-57:第5条(三)", since="2025-01-01", unit="fen")
def education_spending(
    education_counts: bool, in_public_school: bool, education_paid_12m: int, education_public_fee_12m: int
) -> int:
    """What was paid, but at a private school no more than a public one of the same kind charges."""
    if not education_counts:
        return 0
    if in_public_school:
        return education_paid_12m
    return min(education_paid_12m, education_public_fee_12m)


@rule(PERSON, "核定残疾康复支出", cites="rigid-2024-57:第5条(四)", since="2025-01-01", unit="fen")
def rehab_spending(disability_grade: int, rehab_paid_12m: int) -> int:
    return rehab_paid_12m if disability_grade > 0 else 0


total(
    "household_medical_spending",
    "家庭核定医疗支出",
    of="medical_paid_12m",
    where="counted_member",
    cites="rigid-2024-57:第5条(二)",
    since="2025-01-01",
)
total(
    "household_education_spending",
    "家庭核定教育支出",
    of="education_spending",
    where="counted_member",
    cites="rigid-2024-57:第5条(三)",
    since="2025-01-01",
)
total(
    "household_rehab_spending",
    "家庭核定残疾康复支出",
    of="rehab_spending",
    where="counted_member",
    cites="rigid-2024-57:第5条(四)",
    since="2025-01-01",
)


@rule(HOUSEHOLD, "生活支出以外的刚性支出", cites="rigid-2024-57:5", since="2025-01-01", unit="fen")
def documented_spending(
    household_medical_spending: int,
    household_education_spending: int,
    household_rehab_spending: int,
    other_spending_12m: int,
) -> int:
    return household_medical_spending + household_education_spending + household_rehab_spending + other_spending_12m


@rule(HOUSEHOLD, "家庭核定生活支出", cites="rigid-2024-57:第5条(一)", since="2025-01-01", unit="fen")
def living_spending(dibao_line: int, unit_size: int, rigid_living_ratio: int) -> int:
    """For display, rounded down to the fen. No decision rests on it."""
    return dibao_line * unit_size * rigid_living_ratio // RATIO_PARTS


@rule(PERSON, "个人年总收入", cites="rigid-2024-57:第4条(四)", since="2025-01-01", unit="fen")
def total_income(
    wage_income_year: int,
    business_income_year: int,
    property_income_year: int,
    transfer_income_year: int,
    other_income_year: int,
    excluded_income_year: int,
) -> int:
    """Before the deductions for 就业成本 and 刚性支出: to take the latter off first would count the spending twice."""
    return (
        wage_income_year
        + business_income_year
        + property_income_year
        + transfer_income_year
        + other_income_year
        - excluded_income_year
    )


total(
    "summed_income",
    "家庭成员年总收入之和",
    of="total_income",
    where="counted_member",
    cites="rigid-2024-57:第4条(四)",
    since="2025-01-01",
)


@rule(HOUSEHOLD, "家庭年总收入", cites="rigid-2024-57:第4条(四)", since="2025-01-01", unit="fen")
def household_total_income(summed_income: int) -> int:
    return max(summed_income, 0)


@rule(HOUSEHOLD, "刚性支出占家庭总收入的千分比", cites="rigid-2024-57:第4条(四)", since="2025-01-01", unit="permille")
def rigid_share(documented_spending: int, living_spending: int, household_total_income: int) -> int:
    """For display, rounded down. No decision rests on it."""
    return (documented_spending + living_spending) * PERMILLE // household_total_income

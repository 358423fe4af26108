"""家庭收入 (57号文第13条): whole-year amounts in fen; nothing is divided before the payable amount."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, rule, total

MONTHS = 12
PERCENT = 100


@rule(PERSON, "年不计入收入合计", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def left_out_income(
    excluded_income_year: int,
    basic_pension_left_out: int,
    high_age_allowance_left_out: int,
    disability_subsidy_left_out: int,
    child_grants_left_out: int,
) -> int:
    return (
        excluded_income_year
        + basic_pension_left_out
        + high_age_allowance_left_out
        + disability_subsidy_left_out
        + child_grants_left_out
    )


@rule(PERSON, "除工资外的年可计入收入", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def other_countable_income(
    business_income_year: int,
    property_income_year: int,
    transfer_income_year: int,
    other_income_year: int,
    left_out_income: int,
    hardship_deduction_year: int,
) -> int:
    """经营净、财产净、转移净和其他收入，减不计入收入和因残因病的刚性支出扣减；经营亏损可以为负。"""
    return (
        business_income_year
        + property_income_year
        + transfer_income_year
        + other_income_year
        - left_out_income
        - hardship_deduction_year
    )


@rule(PERSON, "个人年可计入收入", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def countable_income(
    labour_income: int,
    employment_cost_percent: int,
    employment_cost_fixed: int,
    fixed_employment_cost: int,
    other_countable_income: int,
) -> int:
    """One member's share: a fraction of a fen is dropped here, so the household figure is not their sum."""
    if labour_income == 0:
        return other_countable_income
    if employment_cost_fixed > 0:
        return labour_income - fixed_employment_cost + other_countable_income
    return labour_income * (PERCENT - employment_cost_percent) // PERCENT + other_countable_income


total(
    "household_wage_income",
    "家庭年工资性收入",
    of="labour_income",
    where="counted_member",
    cites="dibao-2021-57:13",
    since="2021-07-01",
)
total(
    "household_other_income",
    "家庭除工资外的年可计入收入",
    of="other_countable_income",
    where="counted_member",
    cites="dibao-2021-57:13",
    since="2021-07-01",
)
total(
    "household_declared_pension",
    "家庭申报月养老金",
    of="declared_pension_month",
    where="counted_member",
    cites="dibao-2021-57:13",
    since="2021-07-01",
)


total(
    "household_basic_pension",
    "家庭年中央基础养老金",
    of="basic_pension_year",
    where="counted_member",
    cites="dibao-2021-57:13",
    since="2021-07-01",
)
total(
    "household_fixed_employment_cost",
    "家庭就业成本定额扣减",
    of="fixed_employment_cost",
    where="counted_member",
    cites="dibao-2021-57:13",
    since="2021-07-01",
)
total(
    "household_support_fee",
    "家庭推定赡养费",
    of="presumed_support_fee",
    where="lives_apart",
    cites="dibao-2021-57:13",
    since="2021-07-01",
)


@rule(HOUSEHOLD, "必要就业成本扣减", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def employment_cost(
    household_wage_income: int,
    employment_cost_percent: int,
    employment_cost_fixed: int,
    household_fixed_employment_cost: int,
) -> int:
    """A share of the wages or an amount for each who works, as the area says. A fraction of a fen goes to the family.

    The line is whole fen, so a strict comparison and an amount rounded up come out as without this rounding. Without
    wages the area's percentage does not matter, and its absence must not hold up a household of pensioners.
    """
    if household_wage_income == 0:
        return 0
    if employment_cost_fixed > 0:
        return household_fixed_employment_cost
    return (household_wage_income * employment_cost_percent + PERCENT - 1) // PERCENT


@rule(HOUSEHOLD, "家庭年可计入收入", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def household_income(
    household_wage_income: int, employment_cost: int, household_other_income: int, household_support_fee: int
) -> int:
    """A household that lost more than it earned counts as without income: the amount never exceeds the standard."""
    return max(household_wage_income - employment_cost + household_other_income + household_support_fee, 0)


@rule(HOUSEHOLD, "家庭人均月收入", cites="shjzzxbf:9", since="2014-05-01", unit="fen")
def per_capita_income_month(household_income: int, unit_size: int) -> int:
    """For display, rounded down to the fen. No decision rests on it."""
    return household_income // (unit_size * MONTHS)

"""家庭收入 (57号文第13条): whole-year amounts in fen; nothing is divided before the payable amount."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, rule, total

MONTHS = 12
PERCENT = 100


@rule(PERSON, "除工资外的年可计入收入", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def other_countable_income(
    business_income_year: int,
    property_income_year: int,
    transfer_income_year: int,
    excluded_income_year: int,
    hardship_deduction_year: int,
) -> int:
    """经营净、财产净、转移净收入，减不计入收入和因残因病的刚性支出扣减；经营亏损可以为负。"""
    return (
        business_income_year
        + property_income_year
        + transfer_income_year
        - excluded_income_year
        - hardship_deduction_year
    )


@rule(PERSON, "个人年可计入收入", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def countable_income(wage_income_year: int, employment_cost_percent: int, other_countable_income: int) -> int:
    """One member's share, for display: a fraction of a fen is dropped here, so the household figure is not their sum."""
    if wage_income_year == 0:
        return other_countable_income
    return wage_income_year * (PERCENT - employment_cost_percent) // PERCENT + other_countable_income


total(
    "household_wage_income",
    "家庭年工资性收入",
    of="wage_income_year",
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


@rule(HOUSEHOLD, "必要就业成本扣减", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def employment_cost(household_wage_income: int, employment_cost_percent: int) -> int:
    """A fraction of a fen goes to the family.

    The line is whole fen, so a strict comparison and an amount rounded up come out as without this rounding. Without
    wages the area's percentage does not matter, and its absence must not hold up a household of pensioners.
    """
    if household_wage_income == 0:
        return 0
    return (household_wage_income * employment_cost_percent + PERCENT - 1) // PERCENT


@rule(HOUSEHOLD, "家庭年可计入收入", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def household_income(household_wage_income: int, employment_cost: int, household_other_income: int) -> int:
    """A household that lost more than it earned counts as without income: the amount never exceeds the standard."""
    return max(household_wage_income - employment_cost + household_other_income, 0)


@rule(HOUSEHOLD, "家庭人均月收入", cites="shjzzxbf:9", since="2014-05-01", unit="fen")
def per_capita_income_month(household_income: int, unit_size: int) -> int:
    """For display, rounded down to the fen. No decision rests on it."""
    return household_income // (unit_size * MONTHS)


@rule(HOUSEHOLD, "基础养老金计入口径已明确", cites="dibao-2021-57:13", since="2021-07-01")
def basic_pension_settled(household_declared_pension: int, exempt_basic_pension: bool) -> bool:
    """Art. 13 exempts the basic pension for 十四五 only.

    Afterwards, until the area says which, a household with pensioners is 'cannot tell' and the parameter is named as missing.
    """
    counted = not exempt_basic_pension
    return household_declared_pension == 0 or exempt_basic_pension or counted

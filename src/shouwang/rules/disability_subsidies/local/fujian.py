"""福建 (闽民规〔2023〕9号): who may draw the living subsidy outside 低保."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

FUJIAN = "350000"
OLD_AGE = 60
TIMES_NUMERATOR, TIMES_DENOMINATOR = 130, 100


@rule(
    PERSON,
    "低收入家庭中的残疾人",
    cites=["minfa-2021-16:七", "fujian-disability-2023-9:生活补贴对象"],
    since="2023-01-01",
    area=FUJIAN,
)
def living_low_income(
    severe_for_subsidies: bool, counted_member: bool, unit_size: int, household_income: int, dibao_line: int
) -> bool:
    """重残 in a household whose income per head is 100 to 130 percent of the 低保 line, both included."""
    line = dibao_line * unit_size
    return (
        severe_for_subsidies
        and counted_member
        and line <= household_income
        and household_income * TIMES_DENOMINATOR <= line * TIMES_NUMERATOR
    )


@rule(
    PERSON,
    "无固定收入残疾人",
    cites=["minfa-2021-16:七", "fujian-disability-2023-9:生活补贴对象"],
    since="2023-01-01",
    area=FUJIAN,
)
def living_no_fixed_income(severe_for_subsidies: bool, age: int, disabled_no_fixed_income: bool) -> bool:
    """重残 of 60 and more without a fixed income."""
    return severe_for_subsidies and age >= OLD_AGE and disabled_no_fixed_income

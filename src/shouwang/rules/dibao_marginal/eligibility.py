"""低保边缘家庭 (57号文第8条末款、2022通知一(四)、39号文二)."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, rule

MONTHS = 12
RATIO_PARTS = 360_000


@rule(HOUSEHOLD, "适用的低保边缘线（每人每年）", cites="dibao-2021-57:8", since="2021-07-01", unit="fen")
def marginal_line(urban_household: bool, dibao_margin_urban: int, dibao_margin_rural: int) -> int:
    return dibao_margin_urban if urban_household else dibao_margin_rural


@rule(HOUSEHOLD, "收入在低保边缘线内", cites="dibao-2021-57:8", since="2021-07-01")
def income_within_marginal_line(
    unit_size: int, household_income: int, marginal_line: int, marginal_inclusive: bool
) -> bool:
    """The nation says 低于 (strictly below); an area that says 以下 sets ``marginal_inclusive``."""
    line = marginal_line * unit_size
    return household_income < line or (marginal_inclusive and household_income == line)


@rule(
    HOUSEHOLD,
    "符合低保边缘家庭条件",
    cites=["dibao-2021-57:8", "notice-2022-83:一(四)"],
    since="2021-07-01",
)
def dibao_marginal_eligible(
    unit_size: int, dibao_eligible: bool, income_within_marginal_line: bool, property_ok: bool
) -> bool:
    """低保不符合才轮到边缘。"""
    return unit_size > 0 and not dibao_eligible and income_within_marginal_line and property_ok


@rule(PERSON, "低保边缘家庭成员", cites=["dibao-2021-57:8", "notice-2022-83:一(四)"], since="2021-07-01")
def marginal_member(on_dibao_marginal: bool, counted_member: bool, dibao_marginal_eligible: bool) -> bool:
    return on_dibao_marginal or (counted_member and dibao_marginal_eligible)


@rule(HOUSEHOLD, "低保边缘家庭月固定救助", cites=["dibao-2021-57:8", "local"], since="2021-07-01", unit="fen")
def marginal_household_grant(
    dibao_marginal_eligible: bool, marginal_grant_ratio: int, dibao_line: int, gap_rounding_unit: int
) -> int:
    """Where the area pays such a household a share of the standard, once a household."""
    if marginal_grant_ratio == 0 or not dibao_marginal_eligible:
        return 0
    step = RATIO_PARTS * MONTHS * gap_rounding_unit
    return (dibao_line * marginal_grant_ratio + step - 1) // step * gap_rounding_unit

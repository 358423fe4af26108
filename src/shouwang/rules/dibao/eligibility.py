"""低保条件与补差金额 (社会救助暂行办法第9、10、12条)."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, rule

MONTHS = 12


@rule(HOUSEHOLD, "适用的低保标准（每人每年）", cites="shjzzxbf:10", since="2014-05-01", unit="fen")
def dibao_line(urban_household: bool, dibao_urban: int, dibao_rural: int) -> int:
    """Whole fen a year, so that a line published by the year stays exact."""
    return dibao_urban if urban_household else dibao_rural


@rule(HOUSEHOLD, "符合低保条件", cites="shjzzxbf:9", since="2014-05-01")
def dibao_eligible(unit_size: int, household_income: int, dibao_line: int, property_ok: bool) -> bool:
    """人均收入低于（不含等于）当地标准，且财产符合规定；按年、按户比较。"""
    return unit_size > 0 and household_income < dibao_line * unit_size and property_ok


@rule(HOUSEHOLD, "低保月补差金额", cites="shjzzxbf:12", since="2014-05-01", unit="fen")
def dibao_gap_amount(
    dibao_eligible: bool, dibao_line: int, unit_size: int, household_income: int, gap_rounding_unit: int
) -> int:
    """标准×人数－家庭月收入，只在此处除一次并向上取整。"""
    shortfall_year = dibao_line * unit_size - household_income
    step = gap_rounding_unit * MONTHS
    if dibao_eligible:
        return (shortfall_year + step - 1) // step * gap_rounding_unit
    return 0

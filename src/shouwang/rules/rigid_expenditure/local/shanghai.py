"""上海市社会救助条例第12条: two ways to fall below, and 达到或者超过 where the nation says 超出."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, rule

RATIO_PARTS = 360_000


@rule(HOUSEHOLD, "刚性支出超出当地规定", cites="shanghai-2018:12", since="2025-01-01", area="310000")
def rigid_spending_exceeds(
    documented_spending: int,
    household_medical_spending: int,
    household_total_income: int,
    dibao_line: int,
    unit_size: int,
    rigid_medical_ratio: int,
) -> bool:
    """Income less medical, schooling and the like below the 低保 standard, or medical costs at or above a share of it."""
    left_too_little = household_total_income - documented_spending < dibao_line * unit_size
    return left_too_little or household_medical_spending * RATIO_PARTS >= household_total_income * rigid_medical_ratio

"""刚性支出办法施行以前的救助层次: the order of assistance before 刚性支出困难家庭 had a national definition (1 January 2025)."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, rule

TEKUN, DIBAO, MARGINAL, NONE = 1, 2, 3, 0


@rule(
    HOUSEHOLD,
    "救助层次（1特困2低保3低保边缘4刚性支出困难0均不符合）",
    cites="monitoring-2023-39:二",
    since="2023-10-08",
    until="2025-01-01",
    unit="code",
)
def assistance_tier(household_in_tekun: bool, household_in_dibao: bool, household_in_marginal: bool) -> int:
    if household_in_tekun:
        return TEKUN
    if household_in_dibao:
        return DIBAO
    return MARGINAL if household_in_marginal else NONE

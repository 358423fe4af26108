"""可能符合条件而未纳入: the one warning that asks the benefit policies for their results, by argument name."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, Warns, rule


@rule(
    HOUSEHOLD,
    "收入接近低保线未纳入",
    cites=["monitoring-2023-39:三(三)", "dibao-2021-57:6"],
    since="2023-10-08",
    warns=Warns(
        level="橙",
        direction="in",
        action="主动告知低保、低保边缘政策，征得同意和授权后启动家庭经济状况核对，协助提出申请。",
        feeds=("register", "death", "custody"),
    ),
)
def income_near_line_unenrolled(
    household_registered: bool, dibao_eligible: bool, dibao_marginal_eligible: bool
) -> bool:
    """Without the property finding or a member's income it is 'cannot tell': the register lists what is missing."""
    return not household_registered and (dibao_eligible or dibao_marginal_eligible)

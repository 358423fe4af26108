"""浙江省社会救助条例."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, rule


@rule(HOUSEHOLD, "收入在低保边缘线内", cites="zhejiang-2014:13", since="2021-07-01", area="330000")
def income_within_marginal_line(unit_size: int, household_income: int, marginal_line: int, min_wage: int) -> bool:
    """一点五倍“以下”（含本数），且不超过月最低工资标准。"""
    return household_income <= min(marginal_line, min_wage) * unit_size

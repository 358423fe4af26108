"""浙江省社会救助条例."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

MONTHS = 12
LEAST_MONTHS = 6
MOST_MONTHS = 12
TIMES_THE_STANDARD = 3


@rule(PERSON, "不计入的就业新增收入", cites="zhejiang-2014:50", since="2021-07-01", area="330000", unit="fen")
def new_job_left_out(
    new_job_income_month: int,
    new_job_months: int,
    new_job_exclusion_months: int,
    dibao_line: int,
    wage_income_year: int,
) -> int:
    """六至十二个月，每月不超过低保标准的三倍；没有登记月数的按六个月。"""
    months = min(max(new_job_exclusion_months, LEAST_MONTHS), MOST_MONTHS)
    if new_job_income_month == 0 or new_job_months >= months:
        return 0
    return max(min(new_job_income_month * MONTHS, dibao_line * TIMES_THE_STANDARD, wage_income_year), 0)

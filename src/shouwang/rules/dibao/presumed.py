"""推定收入 (2022通知一(一)): where an area presumes earnings or a support fee; a recorded fact goes before either."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

PERCENT = 100


@rule(
    PERSON,
    "推定收入经人工认定未采用",
    cites=["dibao-2021-57:13", "notice-2022-83:一(一)"],
    since="2021-07-01",
    notice="按劳动力系数推定的收入经据实综合判断未采用，认定依据须存档备查。",
)
def presumption_set_aside(labor_coefficient: int, presumption_rebutted: bool) -> bool:
    return labor_coefficient > 0 and presumption_rebutted


@rule(PERSON, "推定补计的劳动收入", cites=["dibao-2021-57:13", "notice-2022-83:一(一)"], since="2021-07-01", unit="fen")
def presumed_labor_income(
    labor_coefficient: int,
    presumption_set_aside: bool,
    new_job_income_month: int,
    labor_income_base: int,
    wage_income_year: int,
    business_income_year: int,
) -> int:
    """What is missing from actual earnings up to 基数×系数; whoever has found work is taken at what he earns."""
    if labor_coefficient == 0 or presumption_set_aside or new_job_income_month > 0:
        return 0
    presumed = labor_income_base * labor_coefficient // PERCENT
    return max(presumed - wage_income_year - business_income_year, 0)


@rule(PERSON, "计入的年劳动收入", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def labour_income(wage_income_year: int, new_job_left_out: int, presumed_labor_income: int) -> int:
    """Wages without what a new job is allowed, and what is presumed on top."""
    return wage_income_year - new_job_left_out + presumed_labor_income


@rule(PERSON, "就业成本定额扣减", cites=["dibao-2021-57:13", "local"], since="2021-07-01", unit="fen")
def fixed_employment_cost(labour_income: int, employment_cost_fixed: int) -> int:
    return max(min(labour_income, employment_cost_fixed), 0)


@rule(PERSON, "推定赡养费（年）", cites=["dibao-2021-57:13", "local"], since="2021-07-01", unit="fen")
def presumed_support_fee(
    lives_apart: bool,
    supporter_income_per_head: int,
    support_fee_settled: bool,
    supporter_supported: int,
    dibao_line: int,
    support_fee_line_percent: int,
    support_fee_share_percent: int,
) -> int:
    """义务人家庭人均收入超过低保标准若干倍的部分×比例÷被赡养人数. No national formula: the area's, to be confirmed.

    A fee by fact, agreement or judgment is recorded among the transfers, and then nothing is presumed.
    """
    if not lives_apart or supporter_income_per_head == 0 or support_fee_settled:
        return 0
    above = supporter_income_per_head * PERCENT - dibao_line * support_fee_line_percent
    return max(above, 0) * support_fee_share_percent // (PERCENT * PERCENT * supporter_supported)

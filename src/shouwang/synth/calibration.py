"""Published figures the invented population is drawn to, each with its source, and how far a draw may lie from it.

Facts retyped from public statistics; ``recalled`` marks figures not seen on a stored page (rough targets only).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One published figure. ``tolerance`` is absolute, in the figure's own unit."""

    value: float
    tolerance: float
    unit: str
    source: str


CENSUS = "第七次全国人口普查公报 2020-11"
FUJIAN = "福建统计年鉴 2022 表 20-2（农村低保对象构成，2021-12）"
DISABILITY = "第二次全国残疾人抽样调查主要数据公报 2006-04"
BRIEFING = "国务院政策例行吹风会 2023-10-25（低收入人口动态监测）"
BULLETIN = "国家统计局 2023 年公报，recalled"

HOUSEHOLD_SIZE_SHARES = (0.273, 0.263, 0.194, 0.142, 0.069, 0.040, 0.011, 0.004, 0.002, 0.002)
"""Share of households with 1, 2 … 9, 10+ members: 福建 2020 (census); its mean is within 0.05 of the nation's 2.62."""

RURAL_QUINTILE_MEANS = (5_264, 12_864, 18_479, 25_981, 50_136)
"""Mean disposable income per head of each fifth of rural residents, yuan a year (2023, recalled)."""

TARGETS: dict[str, Target] = {
    "household_size": Target(2.62, 0.08, "人/户", CENSUS),
    "one_person_households": Target(0.273, 0.015, "share", "福建统计年鉴 2022，家庭户规模 2020"),
    "four_person_households": Target(0.142, 0.015, "share", "福建统计年鉴 2022，家庭户规模 2020"),
    "age_0_14": Target(0.180, 0.02, "share", CENSUS),
    "age_60_plus": Target(0.2381, 0.02, "share", "第七次全国人口普查，乡村，recalled"),
    "age_65_plus": Target(0.1772, 0.025, "share", "第七次全国人口普查，乡村，recalled"),
    "sex_ratio": Target(107.91, 3.0, "男/百女", "中国统计年鉴 2021 表 2-11（乡村）"),
    "disabled": Target(0.0634, 0.006, "share", DISABILITY),
    "disabled_limb": Target(0.2907, 0.03, "share of disabled", DISABILITY),
    "disabled_hearing": Target(0.2416, 0.03, "share of disabled", DISABILITY),
    "disabled_visual": Target(0.1486, 0.03, "share of disabled", DISABILITY),
    "disabled_severe": Target(0.296, 0.03, "share of disabled", "中国残联 2010 年末推算（一、二级 2,518 万）"),
    "low_income_dibao": Target(0.606, 0.02, "share of low income", BRIEFING),
    "low_income_tekun": Target(0.070, 0.02, "share of low income", BRIEFING),
    "low_income_marginal": Target(0.091, 0.02, "share of low income", BRIEFING),
    "low_income_monitored": Target(0.045, 0.02, "share of low income", BRIEFING),
    "low_income_other": Target(0.188, 0.02, "share of low income", BRIEFING),
    "dibao_household_size": Target(1.798, 0.08, "人/户", FUJIAN),
    "dibao_female": Target(0.4436, 0.03, "share of dibao persons", FUJIAN),
    "dibao_elderly": Target(0.2644, 0.03, "share of dibao persons", FUJIAN),
    "dibao_minors": Target(0.1594, 0.03, "share of dibao persons", FUJIAN),
    "dibao_disabled": Target(0.2076, 0.03, "share of dibao persons", FUJIAN),
    **{
        f"income_quintile_{place}": Target(mean, mean * 0.06, "元/年", BULLETIN)
        for place, mean in enumerate(RURAL_QUINTILE_MEANS, start=1)
    },
}

LOW_INCOME_COMPOSITION = {
    "dibao": TARGETS["low_income_dibao"].value,
    "tekun": TARGETS["low_income_tekun"].value,
    "dibao_marginal": TARGETS["low_income_marginal"].value,
    "anti_poverty_monitored": TARGETS["low_income_monitored"].value,
    "rigid_expenditure": TARGETS["low_income_other"].value,
}
"""Classes of the low-income population; the briefing's 'nearly 13 million others' stand here as 刚性支出困难."""

DISABILITY_KIND_WEIGHTS = (1233, 2004, 127, 2412, 554, 614, 1352)
"""视力 听力 言语 肢体 智力 精神 多重, ten thousand persons (2006 survey)."""

DISABILITY_GRADE_SHARES = (0.118, 0.178, 0.262, 0.442)
"""Grades 1–4; the first two add up to the published severe share, the split within is ours."""

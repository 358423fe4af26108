"""医疗救助: 国办发〔2021〕42号, of which only a page was seen: an estimate for the family, decided by 医保部门."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

TEKUN = 1
DIBAO = 2
MARGINAL = 3
FULL = 1
FIXED = 2
RATIO_PARTS = 360_000


@rule(
    PERSON,
    "提示：参保缴费资助（1全额2定额0无）",
    cites=["medical-2021-42:参保资助", "monitoring-2023-39:四"],
    since="2021-10-28",
    unit="code",
)
def insurance_aid_hint(basic_aid_class: int) -> int:
    if basic_aid_class == TEKUN:
        return FULL
    return FIXED if basic_aid_class == DIBAO else 0


@rule(PERSON, "提示：因病致贫重病患者", cites=["medical-2021-42:救助对象", "local"], since="2021-10-28")
def illness_poverty_hint(
    basic_aid_class: int,
    medical_paid_12m: int,
    disposable_income_line: int,
    illness_poverty_ratio: int,
    property_ok: bool,
) -> bool:
    """Who is in none of the first three groups, and paid more than the area's share of last year's income per head."""
    heavy = medical_paid_12m * RATIO_PARTS > disposable_income_line * illness_poverty_ratio
    return basic_aid_class == 0 and heavy and property_ok


@rule(PERSON, "可转介医疗救助", cites=["medical-2021-42:救助对象", "monitoring-2023-39:四"], since="2021-10-28")
def medical_aid_hint(special_aid_class: int, illness_poverty_hint: bool) -> bool:
    return special_aid_class > 0 or illness_poverty_hint


@rule(PERSON, "医疗救助起付标准（估算）", cites="medical-2021-42:起付标准", since="2021-10-28", unit="fen")
def medical_deductible(
    basic_aid_class: int,
    illness_poverty_hint: bool,
    disposable_income_line: int,
    medical_deductible_poor: int,
    medical_deductible_marginal: int,
    medical_deductible_illness: int,
    medical_deductible_rigid: int,
) -> int:
    """A share of last year's income per head; rounded down to the fen."""
    if TEKUN <= basic_aid_class <= DIBAO:
        share = medical_deductible_poor
    elif basic_aid_class == MARGINAL:
        share = medical_deductible_marginal
    elif illness_poverty_hint:
        share = medical_deductible_illness
    else:
        share = medical_deductible_rigid
    return 0 if share == 0 else disposable_income_line * share // RATIO_PARTS


@rule(
    PERSON,
    "医疗救助金额（估算，本年，未计封顶）",
    cites=["medical-2021-42:救助比例", "local"],
    since="2021-10-28",
    unit="fen",
)
def medical_aid_estimate(
    medical_aid_hint: bool,
    basic_aid_class: int,
    policy_burden_year: int,
    medical_deductible: int,
    medical_aid_ratio_poor: int,
    medical_aid_ratio_other: int,
) -> int:
    """（政策范围内个人负担－起付标准）×救助比例。仅供转介时告知，以医保部门决定为准。"""
    if not medical_aid_hint:
        return 0
    poor = TEKUN <= basic_aid_class <= DIBAO
    ratio = medical_aid_ratio_poor if poor else medical_aid_ratio_other
    return max(policy_burden_year - medical_deductible, 0) * ratio // RATIO_PARTS

"""低保金 (57号文第23、27、33、34条): 补差 or 分档, 分类施保, 渐退期, and the share of whoever refuses work.

Every part is money a month, divided and rounded up once to the area's unit (``gap_rounding_unit``).
"""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, count, rule, total

MONTHS = 12
PERCENT = 100
BY_CLASS = 2
CLASS_A, CLASS_B, CLASS_C, CLASS_D, CLASS_SEVERE = 1, 2, 3, 4, 5
SECOND_GRADE = 2
BY_WORK = 1
SUPPLEMENT = ["shjzzxbf:12", "dibao-2021-57:27"]


@rule(PERSON, "分档保障金（年）", cites="dibao-2021-57:23", since="2021-07-01", unit="fen")
def class_grant(
    dibao_class: int,
    dibao_rural_grant_class_A: int,  # noqa: N803 - published under this name
    dibao_rural_grant_class_B: int,  # noqa: N803
    dibao_rural_grant_class_C: int,  # noqa: N803
    dibao_rural_grant_class_D: int,  # noqa: N803
    dibao_rural_grant_class_severe: int,
) -> int:
    if dibao_class == CLASS_A:
        return dibao_rural_grant_class_A
    if dibao_class == CLASS_B:
        return dibao_rural_grant_class_B
    if dibao_class == CLASS_C:
        return dibao_rural_grant_class_C
    if dibao_class == CLASS_D:
        return dibao_rural_grant_class_D
    if dibao_class == CLASS_SEVERE:
        return dibao_rural_grant_class_severe
    return 0


total(
    "household_class_grant",
    "家庭分档保障金（年）",
    of="class_grant",
    where="counted_member",
    cites="dibao-2021-57:23",
    since="2021-07-01",
)


@rule(HOUSEHOLD, "低保月基本保障金", cites="dibao-2021-57:23", since="2021-07-01", unit="fen")
def dibao_base_amount(
    dibao_eligible: bool,
    dibao_amount_mode: int,
    dibao_gap_amount: int,
    household_class_grant: int,
    gap_rounding_unit: int,
) -> int:
    """补差 or, where the area pays by class, the members' classes together."""
    step = gap_rounding_unit * MONTHS
    if dibao_eligible and dibao_amount_mode == BY_CLASS:
        return (household_class_grant + step - 1) // step * gap_rounding_unit
    return dibao_gap_amount


@rule(PERSON, "属分类施保对象", cites=SUPPLEMENT, since="2014-05-01")
def supplement_kind(
    age: int, supplement_elder_age: int, supplement_minor_age: int, disability_grade: int, serious_illness: bool
) -> bool:
    """老年人、未成年人、重度残疾人、重病患者；一人属几类也只算一份。"""
    severely_disabled = 0 < disability_grade <= SECOND_GRADE
    return age >= supplement_elder_age or age < supplement_minor_age or severely_disabled or serious_illness


@rule(PERSON, "领取分类施保", cites=SUPPLEMENT, since="2014-05-01")
def supplement_member(counted_member: bool, supplement_kind: bool) -> bool:
    return counted_member and supplement_kind


@rule(PERSON, "因死亡停发分类施保", cites=SUPPLEMENT, since="2014-05-01")
def supplement_ended_by_death(deceased: bool, on_dibao: bool, supplement_kind: bool) -> bool:
    return deceased and on_dibao and supplement_kind


count("supplement_members", "分类施保人数", where="supplement_member", cites=SUPPLEMENT, since="2014-05-01")
count(
    "supplements_ended_by_death",
    "因死亡停发分类施保人数",
    where="supplement_ended_by_death",
    cites=SUPPLEMENT,
    since="2014-05-01",
)


@rule(HOUSEHOLD, "发放低保金", cites=["dibao-2021-57:23", "dibao-2021-57:33"], since="2021-07-01")
def dibao_paid(dibao_eligible: bool, in_phase_out: bool) -> bool:
    return dibao_eligible or in_phase_out


@rule(HOUSEHOLD, "分类施保月金额", cites=SUPPLEMENT, since="2014-05-01", unit="fen")
def supplement_amount(
    dibao_paid: bool, supplement_members: int, category_supplement_per_person: int, gap_rounding_unit: int
) -> int:
    """Where the area adds nothing, nobody's age or illness need be known."""
    if category_supplement_per_person == 0 or not dibao_paid:
        return 0
    step = gap_rounding_unit * MONTHS
    return (supplement_members * category_supplement_per_person + step - 1) // step * gap_rounding_unit


@rule(HOUSEHOLD, "因死亡减发的分类施保月金额", cites=SUPPLEMENT, since="2014-05-01", unit="fen")
def supplement_cut_by_death(
    supplements_ended_by_death: int, category_supplement_per_person: int, gap_rounding_unit: int
) -> int:
    if category_supplement_per_person == 0:
        return 0
    step = gap_rounding_unit * MONTHS
    return (supplements_ended_by_death * category_supplement_per_person + step - 1) // step * gap_rounding_unit


@rule(
    HOUSEHOLD,
    "处于渐退期",
    cites=["dibao-2021-57:33", "notice-2022-83:一(三)"],
    since="2021-07-01",
)
def in_phase_out(
    family_enrolled: bool, phase_out_due: bool, property_ok: bool, income_in_phase_out_range: bool
) -> bool:
    """A family in 低保 that rose over the line is not dropped at once."""
    return family_enrolled and income_in_phase_out_range and property_ok and phase_out_due


@rule(HOUSEHOLD, "渐退原因和月数符合规定", cites=["dibao-2021-57:33", "notice-2022-83:一(三)"], since="2021-07-01")
def phase_out_due(
    phase_out_cause: int, phase_out_other_causes: bool, phase_out_months_used: int, phase_out_months: int
) -> bool:
    """就业是国家写明的原因；其他原因由当地定。原则上最长六个月。"""
    by_work = phase_out_cause == BY_WORK
    return phase_out_months_used < phase_out_months and (by_work or phase_out_other_causes)


@rule(HOUSEHOLD, "收入在渐退范围内", cites=["dibao-2021-57:33", "township-system-sample:渐退期"], since="2021-07-01")
def income_in_phase_out_range(
    unit_size: int, household_income: int, dibao_line: int, marginal_line: int, phase_out_within_margin: bool
) -> bool:
    over = household_income >= dibao_line * unit_size
    within = not phase_out_within_margin or household_income < marginal_line * unit_size
    return unit_size > 0 and over and within


@rule(
    HOUSEHOLD,
    "渐退期月保障金",
    cites=["dibao-2021-57:33", "township-system-sample:渐退期"],
    since="2021-07-01",
    unit="fen",
)
def phase_out_amount(in_phase_out: bool, dibao_base_before: int, phase_out_percent: int, gap_rounding_unit: int) -> int:
    """No national text says how much; as paid before, unless the area says less."""
    step = gap_rounding_unit * PERCENT
    return (dibao_base_before * phase_out_percent + step - 1) // step * gap_rounding_unit if in_phase_out else 0


@rule(PERSON, "连续拒绝适当工作", cites="dibao-2021-57:34", since="2021-07-01")
def refused_work(counted_member: bool, unjustified_refusals: int, job_refusal_limit: int) -> bool:
    return counted_member and unjustified_refusals >= job_refusal_limit


count("refusing_members", "连续拒绝适当工作人数", where="refused_work", cites="dibao-2021-57:34", since="2021-07-01")


@rule(HOUSEHOLD, "因拒绝工作减发的月金额", cites=["dibao-2021-57:34", "local"], since="2021-07-01", unit="fen")
def refusal_cut(
    dibao_base_amount: int, phase_out_amount: int, refusing_members: int, unit_size: int, refusal_share_percent: int
) -> int:
    """Only the refusing member's own share. That shares are equal is derived, and for the area to confirm."""
    if refusing_members == 0:
        return 0
    shares = (dibao_base_amount + phase_out_amount) * refusing_members
    return shares * refusal_share_percent // (PERCENT * unit_size)


@rule(
    HOUSEHOLD,
    "低保月保障金",
    cites=["dibao-2021-57:23", "dibao-2021-57:27", "dibao-2021-57:34"],
    since="2021-07-01",
    unit="fen",
)
def dibao_amount(
    dibao_base_amount: int, phase_out_amount: int, refusal_cut: int, supplement_amount: int, gap_rounding_unit: int
) -> int:
    """The family is paid its gap or its classes, or is in 渐退期: never both; 分类施保 comes on top of either."""
    own = dibao_base_amount + phase_out_amount - refusal_cut
    return (own + gap_rounding_unit - 1) // gap_rounding_unit * gap_rounding_unit + supplement_amount


@rule(HOUSEHOLD, "人均低保月保障金", cites="shjzzxbf:12", since="2014-05-01", unit="fen")
def dibao_amount_per_person(dibao_amount: int, unit_size: int) -> int:
    """For comparison with what another scheme pays a member; a fraction of a fen is dropped."""
    return 0 if unit_size == 0 else dibao_amount // unit_size

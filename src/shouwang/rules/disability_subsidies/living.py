"""困难残疾人生活补贴 (国发〔2015〕52号一; 16号文(七)): the groups, one rule each, and the amount.

No national text defines the groups of 16号文(七). Each is switched on and defined by the area; until the area has said
so either way, a certified person outside 低保 is 'cannot tell' and the parameter is named as missing.
"""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, count, rule

MONTHS = 12
RATIO_PARTS = 360_000


@rule(PERSON, "低保家庭中的残疾人", cites="disability-2015-52:一", since="2021-07-01")
def living_dibao(certified: bool, dibao_member: bool, on_single_unit: bool, single_unit_eligible: bool) -> bool:
    """Someone supported as a 单人户 is a 低保 person too."""
    return certified and (dibao_member or on_single_unit or single_unit_eligible)


@rule(HOUSEHOLD, "家庭收入在低收入残疾人的范围内", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def income_within_living_band(
    unit_size: int,
    household_income: int,
    dibao_line: int,
    living_low_income_from: int,
    living_low_income_to: int,
) -> bool:
    """Per head between two multiples of the 低保 line, both included."""
    income = household_income * RATIO_PARTS
    line = dibao_line * unit_size
    return unit_size > 0 and line * living_low_income_from <= income <= line * living_low_income_to


@rule(PERSON, "低收入家庭中的残疾人", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def living_low_income(
    living_covers_low_income: bool, certified: bool, counted_member: bool, income_within_living_band: bool
) -> bool:
    return living_covers_low_income and certified and counted_member and income_within_living_band


@rule(PERSON, "低保边缘家庭中的残疾人", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def living_marginal(living_covers_marginal: bool, certified: bool, marginal_member: bool) -> bool:
    return living_covers_marginal and certified and marginal_member


@rule(PERSON, "无固定收入残疾人", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def living_no_fixed_income(
    living_covers_no_fixed_income: bool, certified: bool, disabled_no_fixed_income: bool
) -> bool:
    return living_covers_no_fixed_income and certified and disabled_no_fixed_income


@rule(PERSON, "达到重残无业的残疾程度", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def severe_for_jobless(
    certified: bool,
    disability_grade: int,
    intellectual_or_mental: bool,
    jobless_severe_grade: int,
    jobless_severe_grade_mental: int,
) -> bool:
    """重残 here is what the area says: a smaller grade is graver."""
    return certified and (
        disability_grade <= jobless_severe_grade
        or (intellectual_or_mental and disability_grade <= jobless_severe_grade_mental)
    )


@rule(PERSON, "重残无业人员", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def living_jobless_severe(living_covers_jobless_severe: bool, severe_for_jobless: bool, found_jobless: bool) -> bool:
    return living_covers_jobless_severe and severe_for_jobless and found_jobless


@rule(PERSON, "计入家庭的持证残疾人", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def certified_member(certified: bool, counted_member: bool) -> bool:
    return certified and counted_member


count(
    "certified_members",
    "家庭持证残疾人数",
    where="certified_member",
    cites=["minfa-2021-16:七", "local"],
    since="2021-07-01",
)


@rule(PERSON, "一户多残家庭中的残疾人", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def living_several_disabled(
    living_covers_several_disabled: bool, certified_member: bool, certified_members: int, several_disabled_least: int
) -> bool:
    return living_covers_several_disabled and certified_member and certified_members >= several_disabled_least


@rule(PERSON, "老残一体残疾人", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def living_old_disabled(living_covers_old_disabled: bool, certified: bool, age: int, old_disabled_age: int) -> bool:
    return living_covers_old_disabled and certified and age >= old_disabled_age


@rule(PERSON, "依老养残的残疾人", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def living_kept_by_old_parents(
    living_covers_kept_by_old_parents: bool, certified: bool, kept_by_old_parents: bool
) -> bool:
    return living_covers_kept_by_old_parents and certified and kept_by_old_parents


@rule(PERSON, "低保或重残无业的残疾人", cites=["disability-2015-52:一", "minfa-2021-16:七"], since="2021-07-01")
def living_first_group(living_dibao: bool, living_jobless_severe: bool) -> bool:
    return living_dibao or living_jobless_severe


@rule(PERSON, "低收入的残疾人", cites=["disability-2015-52:一", "minfa-2021-16:七"], since="2021-07-01")
def living_lowincome_group(living_low_income: bool, living_marginal: bool) -> bool:
    return living_low_income or living_marginal


@rule(PERSON, "其他困难残疾人", cites=["disability-2015-52:一", "minfa-2021-16:七"], since="2021-07-01")
def living_other_group(
    living_no_fixed_income: bool,
    living_several_disabled: bool,
    living_old_disabled: bool,
    living_kept_by_old_parents: bool,
) -> bool:
    return living_no_fixed_income or living_several_disabled or living_old_disabled or living_kept_by_old_parents


@rule(
    PERSON,
    "符合困难残疾人生活补贴条件",
    cites=["disability-2015-52:一", "minfa-2021-16:七"],
    since="2021-07-01",
)
def living_subsidy_eligible(living_first_group: bool, living_lowincome_group: bool, living_other_group: bool) -> bool:
    return living_first_group or living_lowincome_group or living_other_group


@rule(
    PERSON,
    "低保或重残无业的生活补贴标准（每人每年）",
    cites=["disability-2015-52:二", "disability-samples:金额"],
    since="2016-01-01",
    unit="fen",
)
def living_standard_first(
    severe_for_subsidies: bool,
    dis_living_dibao_or_jobless_severe_grade12: int,
    dis_living_dibao_or_jobless_severe_grade34: int,
) -> int:
    if severe_for_subsidies:
        return dis_living_dibao_or_jobless_severe_grade12
    return dis_living_dibao_or_jobless_severe_grade34


@rule(
    PERSON,
    "低收入的生活补贴标准（每人每年）",
    cites=["disability-2015-52:二", "disability-samples:金额"],
    since="2021-07-01",
    unit="fen",
)
def living_standard_lowincome(
    severe_for_subsidies: bool, dis_living_lowincome_grade12: int, dis_living_lowincome_grade34: int
) -> int:
    return dis_living_lowincome_grade12 if severe_for_subsidies else dis_living_lowincome_grade34


@rule(
    PERSON,
    "其他困难的生活补贴标准（每人每年）",
    cites=["disability-2015-52:二", "disability-samples:金额"],
    since="2021-07-01",
    unit="fen",
)
def living_standard_other(severe_for_subsidies: bool, dis_living_grade12: int, dis_living_grade34: int) -> int:
    return dis_living_grade12 if severe_for_subsidies else dis_living_grade34


@rule(
    PERSON,
    "适用的生活补贴标准（每人每年）",
    cites=["disability-2015-52:二", "disability-samples:金额"],
    since="2021-07-01",
    unit="fen",
)
def living_standard(
    living_first_group: bool,
    living_lowincome_group: bool,
    living_standard_first: int,
    living_standard_lowincome: int,
    living_standard_other: int,
) -> int:
    """By hardship and grade; an area that publishes one figure, or by one of the two, has the same in every cell."""
    if living_first_group:
        return living_standard_first
    if living_lowincome_group:
        return living_standard_lowincome
    return living_standard_other


@rule(
    PERSON,
    "困难残疾人生活补贴月金额（并享前）",
    cites="disability-2015-52:二",
    since="2016-01-01",
    unit="fen",
)
def living_subsidy_amount(living_subsidy_eligible: bool, living_standard: int) -> int:
    """A published month is paid to the fen; a ratio or a year is divided here, once, and goes up to the next fen."""
    if living_subsidy_eligible:
        return (living_standard + MONTHS - 1) // MONTHS
    return 0

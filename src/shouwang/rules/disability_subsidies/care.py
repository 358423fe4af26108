"""重度残疾人护理补贴 (国发〔2015〕52号一; 16号文(七)): grades 1 and 2 in need of long-term care, and what areas add."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

MONTHS = 12
GRADE_1, GRADE_2, GRADE_3 = 1, 2, 3


@rule(PERSON, "三、四级智力和精神残疾（地方扩面）", cites=["minfa-2021-16:七", "local"], since="2021-07-01")
def care_extended(
    certified: bool, disability_grade: int, intellectual_or_mental: bool, care_extension_grade: int
) -> bool:
    """How far the area goes: grade 3, grade 4, or (2) not at all."""
    return (
        certified
        and disability_grade >= GRADE_3
        and intellectual_or_mental
        and disability_grade <= care_extension_grade
    )


@rule(
    PERSON,
    "符合重度残疾人护理补贴条件",
    cites=["disability-2015-52:一", "minfa-2021-16:七"],
    since="2021-07-01",
)
def care_subsidy_eligible(severe_for_subsidies: bool, care_extended: bool, long_term_care_needed: bool) -> bool:
    return (severe_for_subsidies or care_extended) and long_term_care_needed


@rule(
    PERSON,
    "护理补贴按几级标准",
    cites=["disability-2015-52:二", "disability-samples:金额"],
    since="2016-01-01",
    unit="code",
)
def care_rate_grade(disability_grade: int) -> int:
    return disability_grade


@rule(
    PERSON,
    "一级的护理补贴标准（每人每年）",
    cites=["disability-2015-52:二", "disability-samples:金额"],
    since="2016-01-01",
    unit="fen",
)
def care_standard_grade1(living_dibao: bool, dis_nursing_grade1_dibao: int, dis_nursing_grade1: int) -> int:
    return dis_nursing_grade1_dibao if living_dibao else dis_nursing_grade1


@rule(
    PERSON,
    "二级的护理补贴标准（每人每年）",
    cites=["disability-2015-52:二", "disability-samples:金额"],
    since="2016-01-01",
    unit="fen",
)
def care_standard_grade2(living_dibao: bool, dis_nursing_grade2_dibao: int, dis_nursing_grade2: int) -> int:
    return dis_nursing_grade2_dibao if living_dibao else dis_nursing_grade2


@rule(
    PERSON,
    "适用的护理补贴标准（每人每年）",
    cites=["disability-2015-52:二", "disability-samples:金额"],
    since="2016-01-01",
    unit="fen",
)
def care_standard(
    care_rate_grade: int,
    care_standard_grade1: int,
    care_standard_grade2: int,
    dis_nursing_grade3_intellectual_mental: int,
    dis_nursing_grade4_intellectual_mental: int,
) -> int:
    """By grade, and for the first two by hardship; an area with one figure has it in every cell."""
    if care_rate_grade == GRADE_1:
        return care_standard_grade1
    if care_rate_grade == GRADE_2:
        return care_standard_grade2
    if care_rate_grade == GRADE_3:
        return dis_nursing_grade3_intellectual_mental
    return dis_nursing_grade4_intellectual_mental


@rule(
    PERSON,
    "重度残疾人护理补贴月金额（并享前）",
    cites="disability-2015-52:二",
    since="2016-01-01",
    unit="fen",
)
def care_subsidy_amount(care_subsidy_eligible: bool, care_standard: int) -> int:
    if care_subsidy_eligible:
        return (care_standard + MONTHS - 1) // MONTHS
    return 0

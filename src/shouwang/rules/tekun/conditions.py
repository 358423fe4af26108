"""三个条件：无劳动能力、无生活来源，以及身份、选择与终止 (特困人员认定办法第4、5、6、9、24条)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, any_of, rule

SIGHT, LIMB, MULTIPLE = 1, 4, 7
MENTAL = (5, 6)
"""智力、精神."""
MULTIPLE_OR_UNSTATED = (0, MULTIPLE)
"""A grade whose kind is 'multiple' or was not reported: only a further fact can say which kinds it holds."""
FIRST, SECOND, THIRD = 1, 2, 3
SERVING_SENTENCE = 1
PUPIL_STAGES = (1, 2, 3, 4)
"""小学、初中（义务教育）、普通高中、中职; not 大专 and above."""
IN_SCHOOL = 1


@rule(PERSON, "属特困办法所列残疾", cites="tekun-2021-43:5", since="2021-07-01")
def tekun_listed_disability(
    disability_kind: int, disability_grade: int, multiple_has_mental: bool, multiple_has_limb_or_sight: bool
) -> bool:
    """智力、精神一至三级；肢体一、二级；视力仅一级。听力、言语不在列。"""
    mental = disability_kind in MENTAL and FIRST <= disability_grade <= THIRD
    limb = disability_kind == LIMB and FIRST <= disability_grade <= SECOND
    sight = disability_kind == SIGHT and disability_grade == FIRST
    several = disability_kind in MULTIPLE_OR_UNSTATED and FIRST <= disability_grade <= THIRD
    return mental or limb or sight or (several and (multiple_has_mental or multiple_has_limb_or_sight))


@rule(PERSON, "无劳动能力", cites="tekun-2021-43:5", since="2021-07-01")
def no_labor(
    age: int, elder_age: int, working_age_first: int, tekun_listed_disability: bool, no_labor_local: bool
) -> bool:
    """年满60周岁、未满16周岁、所列残疾，或者省级规定的其他情形。"""
    return age >= elder_age or age < working_age_first or tekun_listed_disability or no_labor_local


@rule(PERSON, "特困未成年人续保", cites="tekun-2021-43:24", since="2021-07-01")
def tekun_continues_as_minor(
    on_tekun: bool, age: int, working_age_first: int, adult_age: int, school_stage: int, school_status: int
) -> bool:
    """在享的未成年人续到18周岁；满18周岁仍在义务教育、普通高中、中职就读的继续。"""
    pupil = school_stage in PUPIL_STAGES and school_status == IN_SCHOOL
    return on_tekun and age >= working_age_first and (age < adult_age or pupil)


@rule(PERSON, "本人年收入（未减不计入项目）", cites="tekun-2021-43:6", since="2021-07-01", unit="fen")
def own_income_year(
    wage_income_year: int,
    business_income_year: int,
    property_income_year: int,
    transfer_income_year: int,
    other_income_year: int,
) -> int:
    """工资性、经营净、财产净、转移净等各类收入。"""
    return wage_income_year + business_income_year + property_income_year + transfer_income_year + other_income_year


@rule(PERSON, "特困认定的年不计入收入", cites="tekun-2021-43:6", since="2021-07-01", unit="fen")
def tekun_exempt_income_year(
    basic_pension_received: int,
    social_insurance_received: int,
    veterans_benefit_received: int,
    high_age_allowance_received: int,
) -> int:
    """中央基础养老金、基本医保等社会保险、优待抚恤金、高龄津贴：全国排除，没有止期。"""
    return basic_pension_received + social_insurance_received + veterans_benefit_received + high_age_allowance_received


@rule(PERSON, "无生活来源", cites="tekun-2021-43:6", since="2021-07-01")
def no_income(
    own_income_year: int,
    transfer_income_year: int,
    tekun_exempt_income_year: int,
    dibao_line: int,
    property_ok: bool,
) -> bool:
    """收入低于（不含等于）当地低保标准，且财产符合规定。

    An income already below the line decides, whether or not its exempt parts were looked up; and so does one above the
    line without the transfers, of which the exempt parts are a part.
    """
    besides = own_income_year - max(transfer_income_year, 0)
    below = own_income_year < dibao_line or (
        besides < dibao_line and own_income_year - tekun_exempt_income_year < dibao_line
    )
    return below and property_ok


@rule(PERSON, "可为特困申请人", cites=["tekun-2021-43:9", "tekun-2021-43:24"], since="2021-07-01")
def tekun_candidate(
    lives_apart: bool, deceased: bool, declared_missing: bool, custody_kind: int, chose_orphan: bool
) -> bool:
    """死亡、失踪、服刑的终止；选择孤儿或事实无人抚养儿童保障的不再认定特困。"""
    gone = deceased or declared_missing or custody_kind == SERVING_SENTENCE
    return not lives_apart and not gone and not chose_orphan


@rule(PERSON, "符合特困供养条件", cites=["tekun-2021-43:4", "tekun-2021-43:24"], since="2021-07-01")
def tekun_eligible(
    tekun_candidate: bool, no_labor: bool, tekun_continues_as_minor: bool, no_income: bool, no_support: bool
) -> bool:
    """三个条件同时具备；在享的未成年人续保期间不再看劳动能力。"""
    return tekun_candidate and (no_labor or tekun_continues_as_minor) and no_income and no_support


@rule(PERSON, "特困人员（在享或符合）", cites="tekun-2021-43:4", since="2021-07-01")
def tekun_member(on_tekun: bool, tekun_eligible: bool, tekun_waived: bool) -> bool:
    """自愿放弃的除外。"""
    return (on_tekun or tekun_eligible) and not tekun_waived


@rule(PERSON, "家庭中的特困人员", cites="tekun-2021-43:4", since="2021-07-01")
def tekun_member_at_home(tekun_member: bool, lives_apart: bool) -> bool:
    """不共同生活的义务人是特困人员，不使本户成为特困人员家庭。"""
    return tekun_member and not lives_apart


any_of(
    "has_tekun_member",
    "家庭中有特困人员",
    where="tekun_member_at_home",
    cites="tekun-2021-43:4",
    since="2021-07-01",
)


@rule(PERSON, "应终止特困供养", cites="tekun-2021-43:24", since="2021-07-01")
def tekun_should_end(on_tekun: bool, tekun_eligible: bool, tekun_waived: bool) -> bool:
    """公示后从下月终止；终止后符合低保、临时救助的转接，不得断档。"""
    return on_tekun and (tekun_waived or not tekun_eligible)

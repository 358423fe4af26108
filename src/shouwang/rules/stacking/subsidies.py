"""两项补贴: who draws neither, who draws only the care subsidy, and where the higher of two is paid."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

WORK_INJURY = 4
NONE = 0


@rule(
    PERSON,
    "领取工伤保险生活护理费",
    cites=["disability-2016-99:一", "disability-samples:山东、重庆"],
    since="2021-07-01",
)
def draws_work_injury_care(welfare_care_kind: int) -> bool:
    return welfare_care_kind == WORK_INJURY


@rule(PERSON, "伤残抚恤对象不再享受两项补贴", cites=["disability-2016-99:一", "local"], since="2021-07-01")
def excluded_as_veteran(veteran_disability_allowance: bool, veteran_pension_excludes_subsidies: bool) -> bool:
    """As some areas read 民发〔2016〕99号, which we could not read: the area confirms it."""
    return veteran_disability_allowance and veteran_pension_excludes_subsidies


@rule(PERSON, "两项补贴均不享受", cites=["disability-2016-99:一", "disability-samples:山东、重庆"], since="2021-07-01")
def neither_subsidy(tekun_paid: bool, draws_work_injury_care: bool, excluded_as_veteran: bool) -> bool:
    """特困; 工伤保险生活护理费; 伤残抚恤 where the area says so."""
    return tekun_paid or draws_work_injury_care or excluded_as_veteran


@rule(
    PERSON,
    "福利性生活补贴不低于困难残疾人生活补贴",
    cites=["disability-2015-52:三", "disability-samples:山东同类择高"],
    since="2021-07-01",
)
def other_living_is_higher(welfare_living_month: int, living_subsidy_amount: int) -> bool:
    """Of two of one kind the higher: the one already drawn stays if this one is not more."""
    return welfare_living_month > NONE and welfare_living_month >= living_subsidy_amount


@rule(
    PERSON,
    "福利性护理补贴不低于重度残疾人护理补贴",
    cites=["disability-2015-52:三", "disability-samples:山东同类择高"],
    since="2021-07-01",
)
def other_care_is_higher(welfare_care_kind: int, welfare_care_month: int, care_subsidy_amount: int) -> bool:
    """老年、因公致残、离休: whoever chooses the subsidy gives up the lower one."""
    return welfare_care_kind > NONE and welfare_care_month >= care_subsidy_amount


@rule(PERSON, "领取孤儿基本生活费，不享受生活补贴", cites=["disability-2016-99:一", "local"], since="2021-07-01")
def orphan_without_living(orphan_paid: bool, orphan_excludes_living_subsidy: bool) -> bool:
    """So it is generally understood, but no text that says it could be read: the area confirms it."""
    return orphan_paid and orphan_excludes_living_subsidy


@rule(
    PERSON,
    "不享受困难残疾人生活补贴",
    cites=["disability-2016-99:一", "children-2019-62:三(一)"],
    since="2021-07-01",
)
def living_excluded(
    neither_subsidy: bool, orphan_without_living: bool, unsupported_in_full: bool, other_living_is_higher: bool
) -> bool:
    """Beside those who draw neither: orphans, 事实无人抚养儿童 paid in full, and where another of the kind is higher."""
    return neither_subsidy or orphan_without_living or unsupported_in_full or other_living_is_higher


@rule(PERSON, "应发困难残疾人生活补贴", cites="disability-2015-52:三", since="2021-07-01")
def living_subsidy_due(living_subsidy_eligible: bool, living_excluded: bool) -> bool:
    return living_subsidy_eligible and not living_excluded


@rule(PERSON, "困难残疾人生活补贴月发放额", cites="disability-2015-52:三", since="2021-07-01", unit="fen")
def living_subsidy_payable(living_subsidy_due: bool, living_subsidy_amount: int) -> int:
    return living_subsidy_amount if living_subsidy_due else 0


@rule(
    PERSON,
    "不享受重度残疾人护理补贴",
    cites=["disability-2016-99:一", "disability-2015-52:三"],
    since="2021-07-01",
)
def care_excluded(neither_subsidy: bool, other_care_is_higher: bool) -> bool:
    """Orphans and 事实无人抚养儿童 may draw it, and so may those who draw the living subsidy."""
    return neither_subsidy or other_care_is_higher


@rule(PERSON, "应发重度残疾人护理补贴", cites="disability-2015-52:三", since="2021-07-01")
def care_subsidy_due(care_subsidy_eligible: bool, care_excluded: bool) -> bool:
    return care_subsidy_eligible and not care_excluded


@rule(PERSON, "重度残疾人护理补贴月发放额", cites="disability-2015-52:三", since="2021-07-01", unit="fen")
def care_subsidy_payable(care_subsidy_due: bool, care_subsidy_amount: int) -> int:
    return care_subsidy_amount if care_subsidy_due else 0


@rule(PERSON, "同时在享互斥的待遇", cites=["tekun-2021-43:9", "disability-2016-99:一"], since="2021-07-01")
def held_together_excluded(
    on_tekun: bool,
    on_dibao: bool,
    on_orphan: bool,
    on_living_subsidy: bool,
    on_care_subsidy: bool,
    orphan_excludes_living_subsidy: bool,
) -> bool:
    """What the register says is drawn now and may not be: a reason to look, never a decision."""
    beside_tekun = on_dibao or on_orphan or on_living_subsidy or on_care_subsidy
    return (on_tekun and beside_tekun) or (on_orphan and on_living_subsidy and orphan_excludes_living_subsidy)

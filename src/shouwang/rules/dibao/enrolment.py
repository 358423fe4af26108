"""整户纳入: the household is in as a whole, or not at all (2022通知一(一), 57号文第28条)."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, any_of, rule

CITES = ["notice-2022-83:一(一)", "dibao-2021-57:28"]


@rule(PERSON, "低保家庭成员", cites=["shjzzxbf:9", "dibao-2021-57:7"], since="2014-05-01")
def dibao_member(on_dibao: bool, counted_member: bool, dibao_eligible: bool) -> bool:
    return on_dibao or (counted_member and dibao_eligible)


@rule(PERSON, "随家庭在享低保的成员", cites="dibao-2021-57:33", since="2021-07-01")
def enrolled_with_family(counted_member: bool, on_dibao: bool, on_single_unit: bool) -> bool:
    """Who is in alone, as a 单人户, does not bring the family in."""
    return counted_member and on_dibao and not on_single_unit


@rule(PERSON, "家中未纳入低保的成员", cites=CITES, since="2022-10-20")
def left_behind(counted_member: bool, on_dibao: bool, on_tekun: bool) -> bool:
    return counted_member and not on_dibao and not on_tekun


any_of("family_enrolled", "家庭在享低保", where="enrolled_with_family", cites="dibao-2021-57:33", since="2021-07-01")
any_of("any_left_behind", "家中有人未纳入低保", where="left_behind", cites=CITES, since="2022-10-20")


@rule(
    HOUSEHOLD,
    "只保了个别成员",
    cites=CITES,
    since="2022-10-20",
    notice="整户符合条件的须整户纳入低保，不得只保个别成员。",
)
def partly_enrolled(family_enrolled: bool, any_left_behind: bool) -> bool:
    return family_enrolled and any_left_behind


@rule(HOUSEHOLD, "重大变化逾期未告知（可批评教育）", cites="notice-2022-83:五(五)", since="2022-10-20")
def reported_late(unreported_months: int, report_limit_months: int) -> bool:
    """It stops nothing: the amount follows the new facts."""
    return unreported_months > report_limit_months

"""共同生活的家庭成员 (57号文第7条)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, count, rule

SPOUSE = 2
CHILD = 3
OTHER_OBLIGOR = 4
UNDERGRADUATE = 1
COUNTED = 1
LEFT_OUT = 2


@rule(PERSON, "属法定的共同生活成员", cites="dibao-2021-57:7", since="2021-07-01")
def member_by_law(
    member_kinship: int,
    age: int,
    member_adult_age: int,
    member_study: int,
    cannot_live_independently: bool,
    long_term_cohabiting: bool,
) -> bool:
    """配偶；未成年子女；不能独立生活的成年子女，含在校全日制本科及以下；其他义务人只在长期共同居住时。

    Whoever the register lists without a relation counts as it lists him. Beyond the undergraduate years it takes a
    finding, and until there is one the answer is 'cannot tell'.
    """
    if member_kinship <= SPOUSE:
        return True
    if member_kinship == CHILD:
        minor_or_student = age < member_adult_age or member_study == UNDERGRADUATE
        return minor_or_student or cannot_live_independently or long_term_cohabiting
    if member_kinship == OTHER_OBLIGOR:
        return long_term_cohabiting
    return False


@rule(PERSON, "属省定不计入成员", cites="dibao-2021-57:7", since="2021-07-01")
def left_out_by_province(member_left_out_locally: bool) -> bool:
    return member_left_out_locally


@rule(PERSON, "依法不计入成员", cites="dibao-2021-57:7", since="2021-07-01")
def left_out_by_law(
    custody_kind: int,
    declared_missing: bool,
    clergy_years: int,
    clergy_years_least: int,
    member_separated: bool,
    left_out_by_province: bool,
) -> bool:
    """服刑、强制隔离戒毒、宣告失踪、连续三年以上脱离家庭的教职人员，和省级民政规定的其他人员。"""
    clergy = clergy_years >= clergy_years_least
    return custody_kind != 0 or declared_missing or clergy or member_separated or left_out_by_province


@rule(PERSON, "计入共同生活家庭成员", cites="dibao-2021-57:7", since="2021-07-01")
def counted_member(
    deceased: bool, lives_apart: bool, member_finding: int, member_by_law: bool, left_out_by_law: bool
) -> bool:
    """A recorded finding goes before what the facts say; nobody finds the dead or an outside supporter into the household."""
    if deceased or lives_apart:
        return False
    if member_finding == COUNTED:
        return True
    if member_finding == LEFT_OUT:
        return False
    return member_by_law and not left_out_by_law


count("unit_size", "共同生活家庭人数", where="counted_member", cites="dibao-2021-57:7", since="2021-07-01")

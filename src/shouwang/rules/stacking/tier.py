"""救助层次: the household's place in the statutory order 特困 → 低保 → 低保边缘 → 刚性支出困难."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, any_of, rule

TEKUN, DIBAO, MARGINAL, RIGID, NONE = 1, 2, 3, 4, 0


@rule(PERSON, "本户的特困供养人员", cites="monitoring-2023-39:二", since="2023-10-08")
def tekun_paid_here(tekun_paid: bool, lives_apart: bool) -> bool:
    return tekun_paid and not lives_apart


@rule(PERSON, "本户的低保对象", cites="monitoring-2023-39:二", since="2023-10-08")
def dibao_member_here(
    dibao_member: bool, on_single_unit: bool, counted_member: bool, dibao_eligible: bool, lives_apart: bool
) -> bool:
    """Who is in alone, as a 单人户, does not make the household one of 低保."""
    with_the_family = dibao_member and not on_single_unit
    return not lives_apart and (with_the_family or (counted_member and dibao_eligible))


@rule(PERSON, "本户的低保边缘家庭成员", cites="monitoring-2023-39:二", since="2023-10-08")
def marginal_member_here(marginal_member: bool, lives_apart: bool) -> bool:
    return marginal_member and not lives_apart


@rule(PERSON, "本户的刚性支出困难家庭成员", cites="rigid-2024-57:4", since="2025-01-01")
def rigid_member_here(rigid_member: bool, lives_apart: bool) -> bool:
    return rigid_member and not lives_apart


any_of(
    "household_in_tekun",
    "本户有特困供养人员",
    where="tekun_paid_here",
    cites="monitoring-2023-39:二",
    since="2023-10-08",
)
any_of(
    "household_in_dibao",
    "本户有低保对象",
    where="dibao_member_here",
    cites="monitoring-2023-39:二",
    since="2023-10-08",
)
any_of(
    "household_in_marginal",
    "本户有低保边缘家庭成员",
    where="marginal_member_here",
    cites="monitoring-2023-39:二",
    since="2023-10-08",
)
any_of(
    "household_in_rigid",
    "本户有刚性支出困难家庭成员",
    where="rigid_member_here",
    cites="rigid-2024-57:4",
    since="2025-01-01",
)


@rule(
    HOUSEHOLD,
    "救助层次（1特困2低保3低保边缘4刚性支出困难0均不符合）",
    cites=["monitoring-2023-39:二", "rigid-2024-57:4"],
    since="2025-01-01",
    unit="code",
)
def assistance_tier(
    household_in_tekun: bool, household_in_dibao: bool, household_in_marginal: bool, household_in_rigid: bool
) -> int:
    """The first that holds, so that a doubt about a later one does not matter."""
    if household_in_tekun:
        return TEKUN
    if household_in_dibao:
        return DIBAO
    if household_in_marginal:
        return MARGINAL
    return RIGID if household_in_rigid else NONE

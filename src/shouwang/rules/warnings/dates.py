"""到期与发放异常: ages that change a status, authorisations and rechecks that fall due, payments that bounce."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, Warns, rule


@rule(PERSON, "处于年龄节点", cites=["tekun-2021-43:5", "tekun-2021-43:24", "local"], since="2021-07-01")
def on_age_line(age: int, working_age_first: int, adult_age: int, elder_age: int) -> bool:
    return age == working_age_first or age == adult_age or age == elder_age  # noqa: PLR1714 - a rule's in takes constants


@rule(
    PERSON,
    "到达年龄节点",
    cites=["tekun-2021-43:5", "tekun-2021-43:24", "local"],
    since="2021-07-01",
    warns=Warns(
        level="黄",
        direction="in",
        action="复核救助类别和待遇：满16周岁看劳动能力，满18周岁看是否仍在校，满60周岁告知特困、养老等政策。",
        feeds=("register",),
    ),
)
def age_threshold(registered: bool, on_age_line: bool, days_since_birthday: int, recent_days: int) -> bool:
    return registered and on_age_line and days_since_birthday <= recent_days


@rule(
    HOUSEHOLD,
    "核对授权即将到期",
    cites=["shjzzxbf:58", "dibao-2021-57:9", "local"],
    since="2021-07-01",
    warns=Warns(
        level="黄",
        direction="out",
        action="到期前上门续签家庭经济状况核对授权书；无法签署的由监护人代签。",
        feeds=("register",),
    ),
)
def authorisation_expiring(
    household_registered: bool, authorisation_days_left: int, authorisation_notice_days: int
) -> bool:
    """已过期的同样提示。"""
    return household_registered and authorisation_days_left <= authorisation_notice_days


@rule(
    HOUSEHOLD,
    "复核逾期",
    cites="dibao-2021-57:31",
    since="2021-07-01",
    warns=Warns(
        level="橙",
        direction="out",
        action="立即安排入户复核家庭人口、收入和财产，按结果办理增发、减发、停发或维持。",
        feeds=("register",),
    ),
)
def recheck_overdue(household_registered: bool, recheck_days_left: int) -> bool:
    """到期当天不算逾期。"""
    return household_registered and recheck_days_left < 0


@rule(
    PERSON,
    "救助金连续两月退回",
    cites=["dibao-2021-57:25", "monitoring-2023-39:三(三)", "local"],
    since="2023-10-08",
    warns=Warns(
        level="橙",
        direction="in",
        action="联系本人核对户名、账号和证件并更正重发；联系不上的及时入户查看本人安全。",
        feeds=("benefit",),
    ),
)
def payment_returned_twice(benefit_returned_two_months: int) -> bool:
    """Art. 25 pays every month; that two bounced months call for a visit is no published text's word."""
    return benefit_returned_two_months > 1

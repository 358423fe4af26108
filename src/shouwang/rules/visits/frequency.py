"""探访频次: how often. Where no text says, the area's parameter does, and until it does the answer is 'cannot tell'."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

RED = 1
YELLOW = 2
GREEN = 3


@rule(
    PERSON,
    "探访风险等级（1红2黄3绿0不在探访范围）",
    cites=["visits-2022-73:对象", "local"],
    since="2022-10-26",
    unit="code",
)
def visit_tier(
    special_difficulty_elder: bool,
    elder_alone: bool,
    elder_frail: bool,
    left_behind_child: bool,
    left_behind_woman: bool,
    returned_minor: bool,
    registered: bool,
    risk_event: bool,
) -> int:
    """Our own proposal, no published text: red for who is alone and frail or came to harm, yellow for the registered poor."""
    if not (special_difficulty_elder or left_behind_child or left_behind_woman or returned_minor):
        return 0
    if risk_event or (elder_alone and elder_frail):
        return RED
    return YELLOW if registered or elder_alone or elder_frail else GREEN


@rule(PERSON, "老年人探访间隔", cites="visits-2022-73:月探访率", since="2022-10-26", unit="days")
def elder_interval(special_difficulty_elder: bool, visit_days_elder: int) -> int:
    return visit_days_elder if special_difficulty_elder else 0


@rule(
    PERSON,
    "未成年人走访间隔",
    cites=["children-2016-13:二", "children-2019-62:三(四)"],
    since="2020-01-01",
    unit="days",
)
def minor_interval(
    left_behind_child: bool, visit_days_child: int, returned_minor: bool, visit_days_returned: int
) -> int:
    if left_behind_child and returned_minor:
        return min(visit_days_child, visit_days_returned)
    if left_behind_child:
        return visit_days_child
    return visit_days_returned if returned_minor else 0


@rule(PERSON, "留守妇女探访间隔", cites=["women-2019-86:台账", "local"], since="2019-08-02", unit="days")
def woman_interval(left_behind_woman: bool, visit_days_woman: int) -> int:
    return visit_days_woman if left_behind_woman else 0


@rule(PERSON, "按风险等级的探访间隔", cites=["visits-2022-73:月探访率", "local"], since="2022-10-26", unit="days")
def tier_interval(visit_tier: int, visit_days_red: int, visit_days_yellow: int) -> int:
    if visit_tier == RED:
        return visit_days_red
    return visit_days_yellow if visit_tier == YELLOW else 0


@rule(
    PERSON,
    "老年人和妇女的探访间隔",
    cites=["visits-2022-73:月探访率", "women-2019-86:台账"],
    since="2022-10-26",
    unit="days",
)
def adult_interval(elder_interval: int, woman_interval: int) -> int:
    """An elder may be a left-behind woman too: the shorter interval holds."""
    if elder_interval > 0 and woman_interval > 0:
        return min(elder_interval, woman_interval)
    return max(elder_interval, woman_interval)


@rule(
    PERSON,
    "按人员类别的探访间隔",
    cites=["visits-2022-73:月探访率", "children-2019-62:三(四)"],
    since="2022-10-26",
    unit="days",
)
def class_interval(adult_interval: int, minor_interval: int) -> int:
    if adult_interval > 0 and minor_interval > 0:
        return min(adult_interval, minor_interval)
    return max(adult_interval, minor_interval)


@rule(
    PERSON, "应探访间隔", cites=["visits-2022-73:月探访率", "children-2019-62:三(四)"], since="2022-10-26", unit="days"
)
def visit_interval_days(class_interval: int, tier_interval: int) -> int:
    """The shorter of the two; 0 for who need not be visited."""
    if class_interval > 0 and tier_interval > 0:
        return min(class_interval, tier_interval)
    return max(class_interval, tier_interval)


@rule(PERSON, "应当探访", cites=["visits-2022-73:月探访率", "children-2019-62:三(四)"], since="2022-10-26")
def visit_required(visit_interval_days: int) -> bool:
    return visit_interval_days > 0


@rule(PERSON, "探访逾期", cites=["visits-2022-73:月探访率", "children-2019-62:三(四)"], since="2022-10-26")
def visit_overdue(visit_interval_days: int, ever_visited: bool, days_since_visit: int) -> bool:
    """到期当日仍算按时。"""
    return visit_interval_days > 0 and (not ever_visited or days_since_visit > visit_interval_days)


@rule(PERSON, "父母应联系的间隔", cites="minors-law:23", since="2021-06-01", unit="days")
def parent_contact_interval(left_behind_child: bool, parent_contact_days: int) -> int:
    """委托照护期间，父母与未成年人、被委托人至少每周联系。"""
    return parent_contact_days if left_behind_child else 0

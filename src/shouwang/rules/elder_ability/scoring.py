"""得分、等级与调整 (GB/T 42195—2022). Maxima of the items are the form's own scale; lines between levels are parameters."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

FOUR, THREE, TWO, ONE = 4, 3, 2, 1
"""The highest score an item can have."""
INTACT, MILD, MODERATE, SEVERE, COMPLETE = 0, 1, 2, 3, 4


@rule(PERSON, "自理能力各项得分在范围内", cites="gbt-42195-2022:B.1", since="2022-12-30")
def ability_self_care_valid(
    ability_eating: int,
    ability_grooming: int,
    ability_bathing: int,
    ability_upper_dressing: int,
    ability_lower_dressing: int,
    ability_urination: int,
    ability_defecation: int,
    ability_toileting: int,
) -> bool:
    return (
        0 <= ability_eating <= FOUR
        and 0 <= ability_grooming <= FOUR
        and 0 <= ability_bathing <= FOUR
        and 0 <= ability_upper_dressing <= FOUR
        and 0 <= ability_lower_dressing <= FOUR
        and 0 <= ability_urination <= FOUR
        and 0 <= ability_defecation <= FOUR
        and 0 <= ability_toileting <= FOUR
    )


@rule(PERSON, "自理能力小计", cites="gbt-42195-2022:B.1", since="2022-12-30", unit="count")
def ability_self_care_score(
    ability_eating: int,
    ability_grooming: int,
    ability_bathing: int,
    ability_upper_dressing: int,
    ability_lower_dressing: int,
    ability_urination: int,
    ability_defecation: int,
    ability_toileting: int,
) -> int:
    """满分32。"""
    return (
        ability_eating
        + ability_grooming
        + ability_bathing
        + ability_upper_dressing
        + ability_lower_dressing
        + ability_urination
        + ability_defecation
        + ability_toileting
    )


@rule(PERSON, "基础运动能力各项得分在范围内", cites="gbt-42195-2022:B.2", since="2022-12-30")
def ability_movement_valid(
    ability_bed_moving: int,
    ability_transfer: int,
    ability_walking: int,
    ability_stairs: int,
) -> bool:
    return (
        0 <= ability_bed_moving <= FOUR
        and 0 <= ability_transfer <= FOUR
        and 0 <= ability_walking <= FOUR
        and 0 <= ability_stairs <= THREE
    )


@rule(PERSON, "基础运动能力小计", cites="gbt-42195-2022:B.2", since="2022-12-30", unit="count")
def ability_movement_score(
    ability_bed_moving: int,
    ability_transfer: int,
    ability_walking: int,
    ability_stairs: int,
) -> int:
    """满分15。"""
    return ability_bed_moving + ability_transfer + ability_walking + ability_stairs


@rule(PERSON, "精神状态各项得分在范围内", cites="gbt-42195-2022:B.3", since="2022-12-30")
def ability_mind_valid(
    ability_time: int,
    ability_place: int,
    ability_persons: int,
    ability_memory: int,
    ability_understanding: int,
    ability_expression: int,
    ability_aggression: int,
    ability_depression: int,
    ability_consciousness: int,
) -> bool:
    return (
        0 <= ability_time <= FOUR
        and 0 <= ability_place <= FOUR
        and 0 <= ability_persons <= FOUR
        and 0 <= ability_memory <= FOUR
        and 0 <= ability_understanding <= FOUR
        and 0 <= ability_expression <= FOUR
        and 0 <= ability_aggression <= ONE
        and 0 <= ability_depression <= ONE
        and 0 <= ability_consciousness <= TWO
    )


@rule(PERSON, "精神状态小计", cites="gbt-42195-2022:B.3", since="2022-12-30", unit="count")
def ability_mind_score(
    ability_time: int,
    ability_place: int,
    ability_persons: int,
    ability_memory: int,
    ability_understanding: int,
    ability_expression: int,
    ability_aggression: int,
    ability_depression: int,
    ability_consciousness: int,
) -> int:
    """满分28。"""
    return (
        ability_time
        + ability_place
        + ability_persons
        + ability_memory
        + ability_understanding
        + ability_expression
        + ability_aggression
        + ability_depression
        + ability_consciousness
    )


@rule(PERSON, "感知觉与社会参与各项得分在范围内", cites="gbt-42195-2022:B.4", since="2022-12-30")
def ability_senses_valid(
    ability_sight: int,
    ability_hearing: int,
    ability_daily_affairs: int,
    ability_transport: int,
    ability_social: int,
) -> bool:
    return (
        0 <= ability_sight <= TWO
        and 0 <= ability_hearing <= TWO
        and 0 <= ability_daily_affairs <= FOUR
        and 0 <= ability_transport <= THREE
        and 0 <= ability_social <= FOUR
    )


@rule(PERSON, "感知觉与社会参与小计", cites="gbt-42195-2022:B.4", since="2022-12-30", unit="count")
def ability_senses_score(
    ability_sight: int,
    ability_hearing: int,
    ability_daily_affairs: int,
    ability_transport: int,
    ability_social: int,
) -> int:
    """满分15。"""
    return ability_sight + ability_hearing + ability_daily_affairs + ability_transport + ability_social


@rule(PERSON, "能力评估各项得分均在范围内", cites="gbt-42195-2022:表B", since="2022-12-30")
def ability_items_valid(
    ability_self_care_valid: bool, ability_movement_valid: bool, ability_mind_valid: bool, ability_senses_valid: bool
) -> bool:
    """26项都不超过满分（上下楼梯、交通外出3，意识水平、视力、听力2，攻击、抑郁1，其余4）。"""
    return ability_self_care_valid and ability_movement_valid and ability_mind_valid and ability_senses_valid


@rule(PERSON, "能力评估总分", cites="gbt-42195-2022:表B", since="2022-12-30", unit="count")
def ability_score(
    ability_items_valid: bool,
    ability_self_care_score: int,
    ability_movement_score: int,
    ability_mind_score: int,
    ability_senses_score: int,
) -> int:
    """满分90。A score outside its range is a slip of the pen: dividing by zero makes the total 'cannot tell'."""
    usable = 1 if ability_items_valid else 0
    return (ability_self_care_score + ability_movement_score + ability_mind_score + ability_senses_score) // usable


@rule(
    PERSON,
    "能力初步等级（0完好1轻度2中度3重度4完全失能）",
    cites="gbt-42195-2022:能力等级划分",
    since="2022-12-30",
    unit="code",
)
def ability_first_level(
    ability_score: int,
    ability_intact_score: int,
    ability_mild_score: int,
    ability_moderate_score: int,
    ability_severe_score: int,
) -> int:
    if ability_score >= ability_intact_score:
        return INTACT
    if ability_score >= ability_mild_score:
        return MILD
    if ability_score >= ability_moderate_score:
        return MODERATE
    return SEVERE if ability_score >= ability_severe_score else COMPLETE


@rule(PERSON, "能力等级须加重一级", cites="gbt-42195-2022:能力等级调整", since="2022-12-30")
def ability_one_level_worse(dementia_or_mental: bool, risk_events_30_days: int, ability_risk_events: int) -> bool:
    """确诊痴呆或其他精神行为障碍，或近30天照护风险事件两次以上；多个条件是否累加未核实，只加一级。"""
    return dementia_or_mental or risk_events_30_days >= ability_risk_events


@rule(
    PERSON,
    "能力等级（0完好1轻度2中度3重度4完全失能）",
    cites="gbt-42195-2022:能力等级调整",
    since="2022-12-30",
    unit="code",
)
def ability_level(
    ability_first_level: int, ability_one_level_worse: bool, ability_coma: bool, ability_coma_level: int
) -> int:
    """加重后最高为完全失能。昏迷直接评定为重度还是完全失能，两源冲突，由当地参数定；不因此轻于按分数评出的等级。"""
    by_score = min(ability_first_level + (1 if ability_one_level_worse else 0), COMPLETE)
    if ability_coma and ability_coma_level == COMPLETE:
        return COMPLETE
    return max(by_score, ability_coma_level) if ability_coma else by_score

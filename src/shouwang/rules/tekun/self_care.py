"""自理能力 (特困人员认定办法第20至23条): six items; another scale than GB/T 42195, neither stands for the other."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

NOT_ASSESSED, FULL, HALF, TOTAL = 0, 1, 2, 3
SELF, PARTLY_LOST, WHOLLY_LOST = 0, 1, 2


@rule(PERSON, "六项中有不能自主完成的", cites="tekun-2021-43:22", since="2021-07-01")
def some_self_care_lost(
    can_eat: bool, can_dress: bool, can_leave_bed: bool, can_use_toilet: bool, can_walk_indoors: bool, can_bathe: bool
) -> bool:
    return not (can_eat and can_dress and can_leave_bed and can_use_toilet and can_walk_indoors and can_bathe)


@rule(PERSON, "六项中四项以上不能自主完成", cites="tekun-2021-43:22", since="2021-07-01")
def most_self_care_lost(
    can_eat: bool, can_dress: bool, can_leave_bed: bool, can_use_toilet: bool, can_walk_indoors: bool, can_bathe: bool
) -> bool:
    """3+1, 2+2 or 1+3 of two threes: so that four items known to be lost decide, whatever the others are."""
    first_three = not can_eat and not can_dress and not can_leave_bed
    first_two = (
        (not can_eat and not can_dress) or (not can_eat and not can_leave_bed) or (not can_dress and not can_leave_bed)
    )
    first_one = not can_eat or not can_dress or not can_leave_bed
    last_three = not can_use_toilet and not can_walk_indoors and not can_bathe
    last_two = (
        (not can_use_toilet and not can_walk_indoors)
        or (not can_use_toilet and not can_bathe)
        or (not can_walk_indoors and not can_bathe)
    )
    last_one = not can_use_toilet or not can_walk_indoors or not can_bathe
    return (first_three and last_one) or (first_two and last_two) or (first_one and last_three)


@rule(
    PERSON,
    "自理能力等级（0全自理1半护理2全护理）",
    cites=["tekun-2021-43:21", "tekun-2021-43:22"],
    since="2021-07-01",
    unit="code",
)
def self_care_level(self_care_finding: int, some_self_care_lost: bool, most_self_care_lost: bool) -> int:
    """不能自主完成0项全自理，1至3项部分丧失，4项以上完全丧失；已有评估结论的按结论。"""
    if self_care_finding in (FULL, HALF, TOTAL):
        return self_care_finding - FULL
    if most_self_care_lost:
        return WHOLLY_LOST
    return PARTLY_LOST if some_self_care_lost else SELF

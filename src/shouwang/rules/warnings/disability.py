"""残疾 (2022通知三(三): 残疾). ``重残`` has a legal meaning of its own here and is shared with no other scheme."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, Warns, any_of, rule

SEVERE_GRADES = (1, 2)


@rule(
    PERSON,
    "新办残疾人证",
    cites="notice-2022-83:三(三)",
    since="2022-10-20",
    warns=Warns(
        level="黄",
        direction="in",
        action="告知残疾人两项补贴和康复政策并协助申请；家庭困难的核对经济状况，重残人员看是否可单独申请低保。",
        feeds=("disability",),
    ),
)
def disability_new(disability_grade: int, disability_grade_before: int, disability_days: int, recent_days: int) -> bool:
    return disability_grade > 0 and disability_grade_before == 0 and disability_days <= recent_days


@rule(
    PERSON,
    "残疾等级加重",
    cites="notice-2022-83:三(三)",
    since="2022-10-20",
    warns=Warns(
        level="橙",
        direction="in",
        action="入户了解照护需要；重新核定两项补贴档次，特困人员复核生活自理能力，未纳入救助的核对家庭经济状况。",
        feeds=("disability",),
    ),
)
def disability_upgraded(
    disability_grade: int, disability_grade_before: int, disability_days: int, recent_days: int
) -> bool:
    """Grade 1 is the gravest: a smaller number than before is a worse condition."""
    return 0 < disability_grade < disability_grade_before and disability_days <= recent_days


@rule(PERSON, "在家的重残老年人", cites=["tekun-2021-43:5", "local"], since="2023-10-08")
def severely_disabled_elder(present_member: bool, age: int, disability_grade: int, elder_age: int) -> bool:
    """Any kind of disability of grade 1 or 2: this warning's own reading of 重残, which no published text gives it."""
    return present_member and age >= elder_age and disability_grade in SEVERE_GRADES


any_of(
    "any_severely_disabled_elder",
    "户内有在家的重残老年人",
    where="severely_disabled_elder",
    cites=["tekun-2021-43:5", "local"],
    since="2023-10-08",
)


@rule(
    HOUSEHOLD,
    "独居重残老年人",
    cites=["monitoring-2023-39:四(四)", "local"],
    since="2023-10-08",
    warns=Warns(
        level="橙",
        direction="in",
        action="入户探访，落实照护和探访责任人；评估生活自理能力，符合特困或低保条件的协助申请。",
        feeds=("disability", "death", "custody", "register"),
    ),
)
def elder_alone_severe_disability(present_members: int, any_severely_disabled_elder: bool) -> bool:
    """One person left at home, and that one an elder of the gravest grades."""
    return present_members == 1 and any_severely_disabled_elder

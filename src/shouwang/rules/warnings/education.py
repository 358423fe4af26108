"""就学 (2022通知三(三): 就学; 义务教育法第2、11、13条)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, Warns, rule

SENIOR_SECONDARY = (3, 4)
LEFT_SCHOOL = (2, 3)


@rule(
    PERSON,
    "高中阶段就学负担较重",
    cites=["notice-2022-83:三(三)", "county-early-warning-sample:高中中职学年自付"],
    since="2022-10-20",
    warns=Warns(
        level="黄",
        direction="in",
        action="核实就学支出；转教育部门落实助学金、学费减免，家庭因学困难的核对刚性支出或办理临时救助。",
        feeds=("school",),
    ),
)
def education_cost(school_stage: int, school_self_paid_year: int, education_cost_line: int) -> bool:
    """“超过1万元”：恰为一万元不触发。学段3普通高中、4中职。"""
    return school_stage in SENIOR_SECONDARY and school_self_paid_year > education_cost_line


@rule(PERSON, "义务教育适龄", cites=["yiwu-jiaoyu:2", "yiwu-jiaoyu:11"], since="2021-07-01")
def of_compulsory_age(age: int, compulsory_age_first: int, compulsory_age_last: int) -> bool:
    return compulsory_age_first <= age <= compulsory_age_last


@rule(
    PERSON,
    "义务教育阶段休学或退学",
    cites=["notice-2022-83:三(三)", "yiwu-jiaoyu:11", "yiwu-jiaoyu:13"],
    since="2022-10-20",
    warns=Warns(
        level="橙",
        direction="in",
        action="尽快入户了解原因；会同学校劝返复学，因贫因病因残的转教育、残联部门并核实家庭困难。",
        feeds=("school", "register"),
    ),
)
def school_leaving(of_compulsory_age: bool, school_status: int, school_status_days: int, recent_days: int) -> bool:
    """学籍状态2休学、3退学。"""
    return of_compulsory_age and school_status in LEFT_SCHOOL and school_status_days <= recent_days

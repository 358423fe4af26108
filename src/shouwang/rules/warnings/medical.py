"""重病与医疗支出 (2022通知三(三): 重病)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, Warns, rule


@rule(
    PERSON,
    "在册人员住院自付较高",
    cites=["notice-2022-83:三(三)", "county-early-warning-sample:住院自付（脱贫户）"],
    since="2022-10-20",
    warns=Warns(
        level="橙",
        direction="in",
        action="入户核实住院花费和家庭负担；符合条件的转医保部门办理医疗救助，基本生活困难的办理临时救助。",
        feeds=("medical", "register"),
    ),
)
def medical_spending_registered(registered: bool, inpatient_self_paid_year: int, medical_registered_line: int) -> bool:
    """“超(含)5,000元”：达到即触发。"""
    return registered and inpatient_self_paid_year >= medical_registered_line


@rule(
    PERSON,
    "一般农户住院自付较高",
    cites=["notice-2022-83:三(三)", "county-early-warning-sample:住院自付（一般农户）"],
    since="2022-10-20",
    warns=Warns(
        level="橙",
        direction="in",
        action="入户核实家庭收入、财产和医疗支出；可能符合低保、低保边缘或刚性支出困难的，告知政策并协助申请。",
        feeds=("medical", "register"),
    ),
)
def medical_spending_general(registered: bool, inpatient_self_paid_year: int, medical_general_line: int) -> bool:
    return not registered and inpatient_self_paid_year >= medical_general_line


@rule(
    PERSON,
    "门诊费用持续较高",
    cites=["notice-2022-83:三(三)", "county-early-warning-sample:门诊月费用"],
    since="2022-10-20",
    warns=Warns(
        level="黄",
        direction="in",
        action="电话或入户了解是否长期服药；符合门诊慢特病条件的转医保部门办理，负担较重的核实家庭支出。",
        feeds=("medical",),
    ),
)
def outpatient_recurring(outpatient_cost_last_month: int, outpatient_month_line: int) -> bool:
    return outpatient_cost_last_month >= outpatient_month_line


@rule(
    PERSON,
    "新增大病专项救治",
    cites=["notice-2022-83:三(三)", "county-early-warning-sample:新增大病专项救治"],
    since="2022-10-20",
    warns=Warns(
        level="橙",
        direction="in",
        action="入户了解治疗安排和费用缺口；转医保部门落实医疗救助，未纳入救助的核对家庭经济状况。",
        feeds=("medical",),
    ),
)
def serious_illness_new(serious_illness: bool, serious_illness_days: int, recent_days: int) -> bool:
    return serious_illness and serious_illness_days <= recent_days

"""可能不再符合: payments that should have ended, income above what was declared (39号文三(四): 核查后依程序处理)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, Warns, rule


@rule(
    PERSON,
    "死亡后仍在发放",
    cites=["notice-2022-83:一(三)", "tekun-2021-43:24"],
    since="2022-10-20",
    warns=Warns(
        level="红",
        direction="out",
        action="核实死亡信息；属实的停发本人份额，自死亡之日起三个月内办结家庭增减停手续，多发部分依规追回。",
        feeds=("death", "benefit"),
    ),
)
def paid_after_death(deceased: bool, death_day: int, benefit_last_month_start: int) -> bool:
    """The month of death itself is due; the first month that starts after it is not."""
    return deceased and benefit_last_month_start > death_day


@rule(
    PERSON,
    "服刑或强制戒毒期间仍在发放",
    cites=["dibao-2021-57:7", "tekun-2021-43:24"],
    since="2021-07-01",
    warns=Warns(
        level="红",
        direction="out",
        action="向司法、公安部门核实；属实的按程序调整家庭人口和金额，特困人员服刑的依规终止，多发部分追回。",
        feeds=("custody", "benefit"),
    ),
)
def custody_while_paid(custody_kind: int, custody_day: int, benefit_last_month_start: int) -> bool:
    return custody_kind > 0 and benefit_last_month_start > custody_day


@rule(
    PERSON,
    "两地重复享受",
    cites=["notice-2022-83:三(一)", "monitoring-2023-39:三(一)"],
    since="2022-10-20",
    warns=Warns(
        level="红",
        direction="out",
        action="与另一地民政部门核对人员和发放记录；确属重复的由两地商定保留一方，另一方停发并追回。",
        feeds=("benefit",),
    ),
)
def duplicate_enrolment(benefit_places_last_month: int) -> bool:
    return benefit_places_last_month > 1


@rule(
    PERSON,
    "养老金高于申报",
    cites=["dibao-2021-57:13", "dibao-2021-57:31", "local"],
    since="2021-07-01",
    warns=Warns(
        level="黄",
        direction="out",
        action="向本人核对养老金到账情况；属实的重算家庭收入和补差，减发停发须告知并说明理由。",
        feeds=("pension", "register"),
    ),
)
def pension_above_declared(
    on_benefit: bool, pension_last_month: int, declared_pension_month: int, pension_tolerance: int
) -> bool:
    return on_benefit and pension_last_month > declared_pension_month + pension_tolerance

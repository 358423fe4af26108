"""失业、主要劳动力去世、受灾、收入接近低保线而未纳入 (2022通知三(三)、39号文三(三))."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, Warns, any_of, rule

EMPLOYED = 1
UNEMPLOYED = 2


@rule(PERSON, "劳动年龄", cites="tekun-2021-43:5", since="2021-07-01")
def of_working_age(age: int, working_age_first: int, elder_age: int) -> bool:
    return working_age_first <= age < elder_age


@rule(
    PERSON,
    "新登记失业",
    cites="notice-2022-83:三(三)",
    since="2022-10-20",
    warns=Warns(
        level="黄",
        direction="in",
        action="了解失业原因和家庭收入变化；转人社部门就业帮扶、落实失业保险，收入明显下降的告知救助政策。",
        feeds=("employment", "register"),
    ),
)
def unemployment_new(
    of_working_age: bool, employment_status: int, employment_status_days: int, recent_days: int
) -> bool:
    return of_working_age and employment_status == UNEMPLOYED and employment_status_days <= recent_days


@rule(PERSON, "有劳动收入", cites="notice-2022-83:三(三)", since="2022-10-20")
def had_labour_income(wage_income_year: int, employment_status: int, employment_wage_month: int) -> bool:
    """By declaration or by the employment register: either is enough."""
    return wage_income_year > 0 or employment_wage_month > 0 or employment_status == EMPLOYED


@rule(PERSON, "近期去世的有劳动收入成员", cites="notice-2022-83:一(三)", since="2022-10-20")
def earner_died_recently(deceased: bool, days_since_death: int, recent_days: int, had_labour_income: bool) -> bool:
    return deceased and days_since_death <= recent_days and had_labour_income


any_of(
    "any_earner_died_recently",
    "户内近期有劳动收入成员去世",
    where="earner_died_recently",
    cites="notice-2022-83:一(三)",
    since="2022-10-20",
)


@rule(
    HOUSEHOLD,
    "主要劳动力去世",
    cites=["monitoring-2023-39:三(三)", "notice-2022-83:一(三)", "local"],
    since="2022-10-20",
    warns=Warns(
        level="红",
        direction="in",
        action="立即入户慰问；重算家庭收入和人口，可能符合低保、临时救助或事实无人抚养儿童条件的协助申请。",
        feeds=("death", "employment", "register"),
    ),
)
def earner_death(any_earner_died_recently: bool) -> bool:
    return any_earner_died_recently


@rule(
    HOUSEHOLD,
    "家庭受灾",
    cites=["monitoring-2023-39:四(二)", "county-early-warning-sample:灾害"],
    since="2023-10-08",
    warns=Warns(
        level="红",
        direction="in",
        action="入户核灾，转应急部门落实受灾救助；基本生活一时困难的按先行救助办理临时救助。",
        feeds=("disaster",),
    ),
)
def disaster_loss(disaster_loss_latest: int, disaster_days: int, recent_days: int) -> bool:
    """The losses of one day are one sum, and a later disaster without loss does not take an earlier loss away."""
    return disaster_loss_latest > 0 and disaster_days <= recent_days

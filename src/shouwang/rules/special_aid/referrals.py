"""教育、住房、就业、受灾和其他专项的转介提示 (39号文四)."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, rule

DIBAO = 2
RIGID = 4
UNEMPLOYED = 2
IN_SCHOOL = 1


@rule(PERSON, "可转介教育救助", cites="monitoring-2023-39:四", since="2023-10-08")
def education_aid_hint(
    in_special_aid_class: bool, school_stage: int, school_status: int, age: int, compulsory_age_first: int
) -> bool:
    """四类对象的在园在校生；未到入学年龄的可能在园。"""
    return in_special_aid_class and ((school_stage > 0 and school_status == IN_SCHOOL) or age < compulsory_age_first)


@rule(HOUSEHOLD, "可转介农村危房改造", cites="monitoring-2023-39:四", since="2023-10-08")
def rural_housing_hint(household_in_special_aid: bool, urban_household: bool, housing_unsafe: bool) -> bool:
    return household_in_special_aid and not urban_household and housing_unsafe


@rule(HOUSEHOLD, "可转介公租房或租赁补贴", cites="monitoring-2023-39:四", since="2023-10-08")
def urban_housing_hint(
    household_in_special_aid: bool, urban_household: bool, housing_none: bool, housing_unsafe: bool
) -> bool:
    return household_in_special_aid and urban_household and (housing_none or housing_unsafe)


@rule(PERSON, "可转介就业救助", cites="monitoring-2023-39:四", since="2023-10-08")
def employment_aid_hint(special_aid_class: int, of_working_age: bool, employment_status: int) -> bool:
    """低保、低保边缘、刚性支出困难；特困人员不在此列。"""
    return DIBAO <= special_aid_class <= RIGID and of_working_age and employment_status == UNEMPLOYED


@rule(HOUSEHOLD, "可转介受灾救助", cites="monitoring-2023-39:四", since="2023-10-08")
def disaster_aid_hint(household_in_special_aid: bool, disaster_loss_latest: int) -> bool:
    return household_in_special_aid and disaster_loss_latest > 0


@rule(HOUSEHOLD, "可转介取暖救助", cites=["monitoring-2023-39:四", "local"], since="2023-10-08")
def heating_aid_hint(household_in_special_aid: bool, heating_aid_offered: bool) -> bool:
    return household_in_special_aid and heating_aid_offered


@rule(PERSON, "可转介殡葬费用减免", cites=["monitoring-2023-39:四", "local"], since="2023-10-08")
def funeral_aid_hint(deceased: bool, in_special_aid_class: bool, funeral_aid_offered: bool) -> bool:
    return deceased and in_special_aid_class and funeral_aid_offered

"""在享家庭新增车辆、房产、市场主体: a reason to look, never by itself a reason to refuse (2022通知一(二))."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, Warns, any_of, rule

CITES = ("dibao-2021-57:14", "dibao-2021-57:31", "notice-2022-83:一(二)", "local")


@rule(PERSON, "近期新登记市场主体", cites="dibao-2021-57:17", since="2021-07-01")
def new_business(lives_apart: bool, business_registered: bool, business_days: int, asset_recent_days: int) -> bool:
    return not lives_apart and business_registered and business_days <= asset_recent_days


@rule(PERSON, "近期新登记机动车", cites="dibao-2021-57:14", since="2021-07-01")
def new_vehicle(lives_apart: bool, vehicle_registered: bool, vehicle_days: int, asset_recent_days: int) -> bool:
    """残疾人代步车 arrives as another item and is not counted here."""
    return not lives_apart and vehicle_registered and vehicle_days <= asset_recent_days


@rule(PERSON, "近期新登记不动产", cites="dibao-2021-57:14", since="2021-07-01")
def new_property(lives_apart: bool, realestate_registered: bool, realestate_days: int, asset_recent_days: int) -> bool:
    return not lives_apart and realestate_registered and realestate_days <= asset_recent_days


any_of("any_new_business", "户内近期新登记市场主体", where="new_business", cites="dibao-2021-57:17", since="2021-07-01")
any_of("any_new_vehicle", "户内近期新登记机动车", where="new_vehicle", cites="dibao-2021-57:14", since="2021-07-01")
any_of("any_new_property", "户内近期新登记不动产", where="new_property", cites="dibao-2021-57:14", since="2021-07-01")


@rule(
    HOUSEHOLD,
    "在享家庭新办市场主体",
    cites=CITES,
    since="2022-10-20",
    warns=Warns(
        level="黄",
        direction="out",
        action="入户了解是否实际经营、有无被冒名登记；按实际营收重核收入财产，不得仅凭登记直接停保。",
        feeds=("market", "register"),
    ),
)
def new_business_on_benefit(household_on_benefit: bool, any_new_business: bool) -> bool:
    return household_on_benefit and any_new_business


@rule(
    HOUSEHOLD,
    "在享家庭新购机动车",
    cites=CITES,
    since="2022-10-20",
    warns=Warns(
        level="黄",
        direction="out",
        action="核实车辆来源、价值和用途（残疾人代步车、生产经营必需车辆依规豁免）；综合评估财产后再作结论。",
        feeds=("vehicle", "register"),
    ),
)
def new_vehicle_on_benefit(household_on_benefit: bool, any_new_vehicle: bool) -> bool:
    return household_on_benefit and any_new_vehicle


@rule(
    HOUSEHOLD,
    "在享家庭新增不动产",
    cites=CITES,
    since="2022-10-20",
    warns=Warns(
        level="黄",
        direction="out",
        action="核实房产来源（继承、安置、危改、购置）和居住情况；按当地财产规定重新评估后再作结论。",
        feeds=("realestate", "register"),
    ),
)
def new_property_on_benefit(household_on_benefit: bool, any_new_property: bool) -> bool:
    return household_on_benefit and any_new_property

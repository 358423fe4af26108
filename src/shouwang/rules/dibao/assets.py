"""家庭财产 (57号文第14条、2022通知一(二)): items against local limits, with what is exempt; a finding goes before them.

No item refuses anybody: over a limit, and as long as nobody has judged the whole, the answer is 'cannot tell'.
"""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, rule

MONTHS = 12


@rule(HOUSEHOLD, "计入的机动车数", cites="dibao-2021-57:14", since="2021-07-01", unit="count")
def counted_vehicles(vehicles: int, vehicles_exempt: int, vehicle_exemption: int) -> int:
    """Nothing is exempt without its reason."""
    return vehicles if vehicle_exemption == 0 else max(vehicles - vehicles_exempt, 0)


@rule(HOUSEHOLD, "计入的房屋套数", cites="dibao-2021-57:14", since="2021-07-01", unit="count")
def counted_houses(houses: int, houses_exempt: int, house_exemption: int) -> int:
    return houses if house_exemption == 0 else max(houses - houses_exempt, 0)


@rule(HOUSEHOLD, "计入的大型农机具数", cites="dibao-2021-57:14", since="2021-07-01", unit="count")
def counted_machines(machines: int, machines_exempt: int, machine_exemption: int) -> int:
    return machines if machine_exemption == 0 else max(machines - machines_exempt, 0)


@rule(HOUSEHOLD, "计入的货币财产", cites="dibao-2021-57:14", since="2021-07-01", unit="fen")
def counted_financial(financial_assets: int, financial_exempt: int, financial_exemption: int) -> int:
    return financial_assets if financial_exemption == 0 else max(financial_assets - financial_exempt, 0)


@rule(HOUSEHOLD, "货币财产超过限额", cites=["dibao-2021-57:14", "local"], since="2021-07-01")
def financial_over_limit(counted_financial: int, dibao_line: int, deposit_limit_months: int, unit_size: int) -> bool:
    """人均不超过若干个月低保标准；按年标准、按户比较，不先除。没有货币财产的不问限额。"""
    return counted_financial > 0 and counted_financial * MONTHS > dibao_line * deposit_limit_months * unit_size


@rule(HOUSEHOLD, "逐项核对的财产超过限额", cites=["dibao-2021-57:14", "local"], since="2021-07-01")
def assets_over_limit(
    counted_vehicles: int,
    vehicle_limit: int,
    counted_houses: int,
    house_limit: int,
    counted_machines: int,
    machine_limit: int,
    financial_over_limit: bool,
) -> bool:
    """Where a family has none of a thing, its limit need not be known."""
    vehicles_over = counted_vehicles > 0 and counted_vehicles > vehicle_limit
    houses_over = counted_houses > 0 and counted_houses > house_limit
    machines_over = counted_machines > 0 and counted_machines > machine_limit
    return vehicles_over or houses_over or machines_over or financial_over_limit


@rule(
    HOUSEHOLD,
    "财产须综合认定",
    cites=["dibao-2021-57:14", "notice-2022-83:一(二)"],
    since="2021-07-01",
    notice="财产逐项核对超过当地限额：不得只凭有车、有房认定不符合，须综合市值、经营和实际生活作出财产认定。",
)
def assets_await_finding(property_findings: int, assets_investigated: bool, assets_over_limit: bool) -> bool:
    return property_findings == 0 and assets_investigated and assets_over_limit


@rule(HOUSEHOLD, "财产符合规定", cites=["shjzzxbf:9", "dibao-2021-57:14"], since="2021-07-01")
def property_ok(
    property_findings: int, assets_investigated: bool, assets_await_finding: bool, property_compliant: bool
) -> bool:
    """The area's own method decides (第10条): the recorded finding, else items that all stay within its limits.

    Neither looked into nor judged stays 'cannot tell', and so does what is over a limit until somebody judges it.
    """
    if property_findings == 0 and assets_investigated and not assets_await_finding:
        return True
    return property_compliant

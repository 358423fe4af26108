from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, Warns, rule, total

PLENTY = 1_000_000
HALF = 2


@rule(HOUSEHOLD, "每人净收成", cites="bread-law:2", since="2030-01-01", unit="fen")
def harvest_per_head(household_harvest: int, eaters: int) -> int:
    return household_harvest // eaters


@rule(HOUSEHOLD, "可以领月饼", cites="bread-law:3", since="2030-01-01")
def bread_eligible(  # noqa: PLR0917 - arguments are the graph
    eaters: int, household_harvest: int, bread_line: int, line_included: bool, roof_whole: bool, debt: int
) -> bool:
    due = bread_line * eaters
    within = household_harvest <= due if line_included else household_harvest < due
    return eaters > 0 and within and not (roof_whole and debt == 0)


@rule(HOUSEHOLD, "可以领月饼", cites="local", since="2031-07-01", area="970200")
def bread_eligible(eaters: int, household_harvest: int, bread_line: int) -> bool:  # noqa: F811 - one city's own rule
    """The city of bells does not look at roofs."""
    return eaters > 0 and household_harvest < bread_line * eaters


@rule(HOUSEHOLD, "月饼钱", cites="bread-law:4", since="2030-01-01", unit="fen")
def bread_money(  # noqa: PLR0917 - arguments are the graph
    bread_eligible: bool, any_child: bool, eaters: int, bread_line: int, household_harvest: int, flood_loss: int
) -> int:
    """The gap to the line; a flooded household with a child gets half its loss on top, within limits."""
    if not bread_eligible:
        return 0
    if flood_loss > 0 and any_child:
        extra = min(flood_loss // HALF, PLENTY)
    elif flood_loss > PLENTY:
        extra = PLENTY
    else:
        extra = 0
    gap = max(bread_line * eaters - household_harvest, 0)
    return gap + extra


@rule(PERSON, "个人月饼", cites="bread-law:4", since="2030-01-01", unit="fen")
def bread_share(counted: bool, bread_money: int, eaters: int, age: int, elder_age: int) -> int:
    return (bread_money // eaters) * (2 if age >= elder_age else 1) if counted else 0


total("shares", "月饼合计", of="bread_share", where="counted", cites="bread-law:4", since="2030-01-01")


@rule(
    HOUSEHOLD,
    "发多了月饼",
    cites=("bread-law:4", "local"),
    since="2030-01-01",
    warns=Warns("橙", "out", "核对发放名册", ("bakery",)),
    notice="月饼发多了，须核对发放名册。",
)
def overbaked(shares: int, bread_money: int, residents: int, barn_harvest: int) -> bool:
    return shares > bread_money and (residents != 1 or -barn_harvest < 0)


@rule(HOUSEHOLD, "开月饼宴", cites="bread-law:3", since="2030-01-01")
def feast(bread_eligible: bool, roof_whole: bool, residents: int) -> bool:
    return bread_eligible and roof_whole and residents != 0


@rule(HOUSEHOLD, "下月照发", cites="bread-law:4", since="2030-01-01")
def baked_again(overbaked: bool, bread_eligible: bool) -> bool:
    return bread_eligible and not overbaked


@rule(PERSON, "种子钱（每两贝壳）", cites="local", since="2030-01-01", unit="fen")
def seed_price(seed_cost: int) -> int:
    return seed_cost * 2


@rule(PERSON, "买得起种子", cites="local", since="2030-01-01")
def may_plant(harvest: int, seed_price: int) -> bool:
    return harvest >= seed_price

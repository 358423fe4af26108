from __future__ import annotations

from shouwang.engine.rule import PERSON, any_of, count, rule, total

MASTERS = (1, 2)


@rule(PERSON, "算一口人", cites="bread-law:1", since="2030-01-01")
def counted(away: bool, age: int, elder_age: int, grade: int) -> bool:
    """An elder counts even when away, and so does a master."""
    return not away or age >= elder_age or grade in MASTERS


@rule(PERSON, "净收成", cites="bread-law:2", since="2030-01-01", until="2031-01-01", unit="fen")
def net_harvest(harvest: int, rent: int) -> int:
    return harvest - rent


@rule(PERSON, "净收成", cites="bread-law:2", since="2031-01-01", unit="fen")
def net_harvest(harvest: int, rent: int, seed_cost: int, shells: int) -> int:  # noqa: F811 - the later version
    return harvest - rent - seed_cost * shells


@rule(PERSON, "每仓净收成", cites="bread-law:2", since="2030-01-01", unit="fen")
def harvest_per_barn(net_harvest: int, barns: int) -> int:
    return net_harvest // barns


@rule(PERSON, "小孩", cites="bread-law:1", since="2030-01-01", notice="小孩的年龄由监护人申报")
def child(age: int) -> bool:
    return 0 <= age < 16


count("eaters", "吃饭人数", where="counted", cites="bread-law:1", since="2030-01-01")
count("residents", "户内人数", where=None, cites="bread-law:1", since="2030-01-01")
total("household_harvest", "全家净收成", of="net_harvest", where="counted", cites="bread-law:2", since="2030-01-01")
total("barn_harvest", "全家每仓净收成", of="harvest_per_barn", where=None, cites="bread-law:2", since="2030-01-01")
any_of("any_child", "有小孩", where="child", cites="bread-law:1", since="2030-01-01")

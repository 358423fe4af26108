"""急难发生地改革以前: until 2022通知四(三) gave the emergency to the place where it happens."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, rule


@rule(
    HOUSEHOLD,
    "符合急难型临时救助条件",
    cites=["linshi-2018-23:二(一)", "linshi-2014-47:申请受理"],
    since="2018-01-23",
    until="2022-10-20",
)
def linshi_emergency_eligible(emergency_occurred: bool, linshi_local_resident: bool) -> bool:
    """Others were helped to turn to a 救助管理机构 in those years."""
    return emergency_occurred and linshi_local_resident

"""适用哪个统计数: which of an area's figures a household is measured by."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, rule


@rule(
    HOUSEHOLD,
    "适用的上年人均可支配收入",
    cites=["tekun-2021-43:8", "linshi-2018-23:二(一)"],
    since="2018-01-23",
    unit="fen",
)
def disposable_income_line(urban_household: bool, disposable_income_urban: int, disposable_income_rural: int) -> int:
    return disposable_income_urban if urban_household else disposable_income_rural

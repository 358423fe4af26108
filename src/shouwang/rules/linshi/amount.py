"""给多少、谁能定 (社救办法第48、49条, 2018意见二(三)). 一事一议 beyond the cap is a decision of people, not of this rule."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, rule

MONTHS = 12


@rule(HOUSEHOLD, "适用的临时救助上限倍数", cites="linshi-2018-23:二(三)", since="2018-01-23", unit="count")
def linshi_multiple(
    special_hardship: bool,
    linshi_emergency_eligible: bool,
    linshi_special_multiple: int,
    linshi_emergency_multiple: int,
    linshi_expenditure_multiple: int,
) -> int:
    if special_hardship:
        return linshi_special_multiple
    return linshi_emergency_multiple if linshi_emergency_eligible else linshi_expenditure_multiple


@rule(HOUSEHOLD, "每次临时救助上限", cites="linshi-2018-23:二(三)", since="2018-01-23", unit="fen")
def linshi_cap(dibao_line: int, unit_size: int, linshi_multiple: int) -> int:
    """倍数×每人每月低保标准×人数，向下取到分，不突破上限；0 为不设上限。"""
    return dibao_line * unit_size * linshi_multiple // MONTHS


@rule(
    HOUSEHOLD,
    "临时救助金额（一次）",
    cites=["shjzzxbf:49", "linshi-2018-23:二(三)"],
    since="2018-01-23",
    unit="fen",
)
def linshi_amount(
    linshi_emergency_eligible: bool,
    linshi_expenditure_eligible: bool,
    assessed_need: int,
    linshi_multiple: int,
    linshi_cap: int,
) -> int:
    if not (linshi_emergency_eligible or linshi_expenditure_eligible):
        return 0
    if linshi_multiple == 0:
        return assessed_need
    return min(assessed_need, linshi_cap)


@rule(HOUSEHOLD, "乡镇可以直接审批临时救助", cites="shjzzxbf:48", since="2018-01-23")
def linshi_township_may_decide(linshi_amount: int, linshi_township_limit: int) -> bool:
    return 0 < linshi_amount <= linshi_township_limit

"""物价联动 (发改价格〔2021〕1553号): whether a month's prices start the temporary subsidy, and who is in it."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, rule


@rule(HOUSEHOLD, "启动物价联动补贴", cites="price-link-2021-1553:启动条件", since="2021-10-26")
def price_link_started(
    cpi_rise: int, price_link_cpi_line: int, food_price_rise: int, price_link_food_line: int
) -> bool:
    """任一指数达到即启动，按单月；指数由当地逐月登记。"""
    return cpi_rise >= price_link_cpi_line or food_price_rise >= price_link_food_line


@rule(PERSON, "领取物价联动补贴", cites="price-link-2021-1553:保障对象", since="2021-10-26")
def price_link_member(
    price_link_started: bool, dibao_member: bool, marginal_member: bool, price_link_marginal: bool
) -> bool:
    """Of the schemes here; 特困 and others are added by their own."""
    return price_link_started and (dibao_member or (price_link_marginal and marginal_member))

"""重庆市城乡居民最低生活保障条例."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

CLERGY_YEARS = 1


@rule(
    PERSON,
    "属省定不计入成员",
    cites=["chongqing-dibao:共同生活的家庭成员", "dibao-2021-57:7"],
    since="2021-07-01",
    area="500000",
)
def left_out_by_province(member_left_out_locally: bool, unmarried_soldier: bool, clergy_years: int) -> bool:
    """未婚现役军人、脱离家庭一年以上的教职人员也不计入。"""
    return member_left_out_locally or unmarried_soldier or clergy_years >= CLERGY_YEARS

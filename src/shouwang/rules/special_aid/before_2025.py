"""刚性支出办法施行以前: until 刚性支出困难家庭 had a national definition: only whom the place had recognised."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

RIGID = 4


@rule(
    PERSON,
    "专项救助对象类别（1特困2低保3低保边缘4刚性支出困难0均不是）",
    cites=["medical-2021-42:救助对象", "dibao-2021-57:8"],
    since="2021-10-28",
    until="2025-01-01",
    unit="code",
)
def special_aid_class(basic_aid_class: int, on_rigid_expenditure: bool) -> int:
    if basic_aid_class > 0:
        return basic_aid_class
    return RIGID if on_rigid_expenditure else 0

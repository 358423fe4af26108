"""The same groups since 刚性支出困难家庭 has a national definition."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

TEKUN = 1
DIBAO = 2
MARGINAL = 3
RIGID = 4


@rule(
    PERSON,
    "专项救助对象类别（1特困2低保3低保边缘4刚性支出困难0均不是）",
    cites=["monitoring-2023-39:四", "rigid-2024-57:10"],
    since="2025-01-01",
    unit="code",
)
def special_aid_class(
    on_tekun: bool,
    on_dibao: bool,
    on_dibao_marginal: bool,
    counted_member: bool,
    dibao_eligible: bool,
    dibao_marginal_eligible: bool,
    rigid_member: bool,
) -> int:
    if on_tekun:
        return TEKUN
    if on_dibao or (counted_member and dibao_eligible):
        return DIBAO
    if on_dibao_marginal or (counted_member and dibao_marginal_eligible):
        return MARGINAL
    return RIGID if rigid_member else 0

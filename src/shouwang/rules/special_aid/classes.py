"""救助对象类别: which of the four groups of 39号文二 a person belongs to, for the matrix of 39号文四."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, any_of, rule

TEKUN = 1
DIBAO = 2
MARGINAL = 3
RIGID = 4


@rule(
    PERSON,
    "特困、低保、低保边缘的类别（1特困2低保3低保边缘0均不是）",
    cites=["medical-2021-42:救助对象", "dibao-2021-57:8"],
    since="2021-10-28",
    unit="code",
)
def basic_aid_class(
    on_tekun: bool,
    on_dibao: bool,
    on_dibao_marginal: bool,
    counted_member: bool,
    dibao_eligible: bool,
    dibao_marginal_eligible: bool,
) -> int:
    """Recognised, or by the facts entitled to be."""
    if on_tekun:
        return TEKUN
    if on_dibao or (counted_member and dibao_eligible):
        return DIBAO
    return MARGINAL if on_dibao_marginal or (counted_member and dibao_marginal_eligible) else 0


@rule(
    PERSON,
    "专项救助对象类别（1特困2低保3低保边缘4刚性支出困难0均不是）",
    cites=["monitoring-2023-39:四", "rigid-2024-57:10"],
    since="2025-01-01",
    unit="code",
)
def special_aid_class(basic_aid_class: int, rigid_member: bool) -> int:
    if basic_aid_class > 0:
        return basic_aid_class
    return RIGID if rigid_member else 0


@rule(PERSON, "属于四类专项救助对象", cites="monitoring-2023-39:四", since="2023-10-08")
def in_special_aid_class(special_aid_class: int) -> bool:
    return special_aid_class > 0


@rule(PERSON, "本户的专项救助对象", cites="monitoring-2023-39:四", since="2023-10-08")
def special_aid_member_here(in_special_aid_class: bool, lives_apart: bool) -> bool:
    """Not a supporter who lives elsewhere."""
    return in_special_aid_class and not lives_apart


any_of(
    "household_in_special_aid",
    "户内有四类专项救助对象",
    where="special_aid_member_here",
    cites="monitoring-2023-39:四",
    since="2023-10-08",
)

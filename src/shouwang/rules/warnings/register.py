"""在册与在家: who stands in the register, and what households take over from their members."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, any_of, count, rule


@rule(PERSON, "在册低收入人口", cites=["notice-2022-83:三(三)", "monitoring-2023-39:二"], since="2021-07-01")
def registered(
    on_dibao: bool, on_tekun: bool, on_dibao_marginal: bool, on_rigid_expenditure: bool, on_anti_poverty: bool
) -> bool:
    return on_dibao or on_tekun or on_dibao_marginal or on_rigid_expenditure or on_anti_poverty


@rule(PERSON, "在享基本生活救助", cites=["dibao-2021-57:31", "tekun-2021-43:25"], since="2021-07-01")
def on_benefit(on_dibao: bool, on_tekun: bool) -> bool:
    return on_dibao or on_tekun


@rule(PERSON, "本户的在册低收入人口", cites=["notice-2022-83:三(三)", "monitoring-2023-39:二"], since="2021-07-01")
def registered_here(registered: bool, lives_apart: bool) -> bool:
    """A supporter who lives elsewhere does not put this family into the register."""
    return registered and not lives_apart


@rule(PERSON, "本户在享基本生活救助的成员", cites=["dibao-2021-57:31", "tekun-2021-43:25"], since="2021-07-01")
def on_benefit_here(on_benefit: bool, lives_apart: bool) -> bool:
    return on_benefit and not lives_apart


@rule(PERSON, "在家成员", cites="monitoring-2023-39:四(四)", since="2023-10-08")
def present_member(deceased: bool, custody_kind: int, lives_apart: bool) -> bool:
    """Whoever is still there to look after the others."""
    return not deceased and custody_kind == 0 and not lives_apart


any_of(
    "household_registered",
    "户内有在册低收入人口",
    where="registered_here",
    cites=["notice-2022-83:三(三)", "monitoring-2023-39:二"],
    since="2021-07-01",
)
any_of(
    "household_on_benefit",
    "户内有人在享基本生活救助",
    where="on_benefit_here",
    cites=["dibao-2021-57:31", "tekun-2021-43:25"],
    since="2021-07-01",
)
count(
    "present_members",
    "在家成员人数",
    where="present_member",
    cites="monitoring-2023-39:四(四)",
    since="2023-10-08",
)

"""扩面以前的两项补贴: the two subsidies from 2016 until 16号文(七) named the groups to be added: 低保 families, and grades 1 and 2.

What single areas had added by then is not kept here: no text of theirs could be read.
"""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule


@rule(PERSON, "低保家庭中的残疾人", cites="disability-2015-52:一", since="2016-01-01", until="2021-07-01")
def living_dibao(certified: bool, dibao_member: bool) -> bool:
    return certified and dibao_member


@rule(PERSON, "符合困难残疾人生活补贴条件", cites="disability-2015-52:一", since="2016-01-01", until="2021-07-01")
def living_subsidy_eligible(living_dibao: bool) -> bool:
    return living_dibao


@rule(
    PERSON,
    "适用的生活补贴标准（每人每年）",
    cites=["disability-2015-52:二", "disability-samples:金额"],
    since="2016-01-01",
    until="2021-07-01",
    unit="fen",
)
def living_standard(living_standard_first: int) -> int:
    return living_standard_first


@rule(PERSON, "符合重度残疾人护理补贴条件", cites="disability-2015-52:一", since="2016-01-01", until="2021-07-01")
def care_subsidy_eligible(severe_for_subsidies: bool, long_term_care_needed: bool) -> bool:
    return severe_for_subsidies and long_term_care_needed

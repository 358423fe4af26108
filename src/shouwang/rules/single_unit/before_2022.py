"""2022年10月以前的单人户: until the notice of October 2022 let 成年无业重度残疾人 apply alone."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule


@rule(PERSON, "单人户个人年收入", cites="dibao-2021-57:8", since="2021-07-01", until="2022-10-20", unit="fen")
def single_unit_income(countable_income: int) -> int:
    return max(countable_income, 0)


@rule(PERSON, "符合单人户申请条件", cites="dibao-2021-57:8", since="2021-07-01", until="2022-10-20")
def single_unit_eligible(
    dibao_eligible: bool,
    single_by_disability: bool,
    single_by_illness: bool,
    single_by_clergy: bool,
    single_by_recognition: bool,
    own_property_compliant: bool,
    single_unit_income: int,
    dibao_line: int,
) -> bool:
    out_of_margin = (single_by_disability or single_by_illness) and not dibao_eligible
    alone = single_by_clergy or (single_by_recognition and not dibao_eligible)
    return single_unit_income < dibao_line and (out_of_margin or (alone and own_property_compliant))

"""单人户: own income and property, and 差额, 全额 or 固定额 as the area says."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

MONTHS = 12
GAP = 1
FULL = 2
FIXED = 3
CITES = ["dibao-2021-57:8", "notice-2022-83:一(一)"]


@rule(PERSON, "单人户个人年收入", cites=CITES, since="2022-10-20", unit="fen")
def single_unit_income(
    countable_income: int, jobless_severely_disabled: bool, family_support_year: int, family_support_waived: bool
) -> int:
    """供养费用 of brothers, sisters or parents of 60 may be waived for the jobless severely disabled, by a recorded decision."""
    waived = family_support_year if family_support_waived and jobless_severely_disabled else 0
    return max(countable_income - waived, 0)


@rule(PERSON, "符合单人户申请条件", cites=CITES, since="2022-10-20")
def single_unit_eligible(
    dibao_eligible: bool,
    single_by_disability: bool,
    single_by_illness: bool,
    single_by_clergy: bool,
    single_by_recognition: bool,
    jobless_severely_disabled: bool,
    own_property_compliant: bool,
    single_unit_income: int,
    dibao_line: int,
) -> bool:
    """A family that qualifies goes in as a whole. A 低保边缘 family's property has been judged; the others' own is asked."""
    out_of_margin = (single_by_disability or single_by_illness) and not dibao_eligible
    alone = single_by_clergy or ((single_by_recognition or jobless_severely_disabled) and not dibao_eligible)
    return single_unit_income < dibao_line and (out_of_margin or (alone and own_property_compliant))


@rule(PERSON, "单人户月保障金", cites=["dibao-2021-57:8", "local"], since="2021-07-01", unit="fen")
def single_unit_amount(
    single_unit_eligible: bool,
    single_unit_amount_mode: int,
    single_unit_income: int,
    dibao_line: int,
    single_unit_fixed_amount: int,
    gap_rounding_unit: int,
) -> int:
    step = gap_rounding_unit * MONTHS
    if not single_unit_eligible:
        return 0
    if single_unit_amount_mode == GAP:
        return (dibao_line - single_unit_income + step - 1) // step * gap_rounding_unit
    if single_unit_amount_mode == FULL:
        return (dibao_line + step - 1) // step * gap_rounding_unit
    return (single_unit_fixed_amount + step - 1) // step * gap_rounding_unit

"""不计入收入的各项: what 57号文第13条 leaves out, and until when; each is part of the transfers as declared, and is taken out of them."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, rule

MONTHS = 12


@rule(
    HOUSEHOLD,
    "基础养老金不计入收入已到期",
    cites="dibao-2021-57:13",
    since="2021-07-01",
    notice="基础养老金不计入收入的规定只写到2025年12月31日，当地没有登记延续，已按计入收入计算，须确认地方口径。",
)
def basic_pension_exemption_lapsed(
    household_declared_pension: int,
    household_basic_pension: int,
    exempt_basic_pension: bool,
    basic_pension_counted_confirmed: bool,
) -> bool:
    """Art. 13 exempts the basic pension for 十四五 only. What comes after is counted until the area says which."""
    draws_pension = household_declared_pension > 0 or household_basic_pension > 0
    return not exempt_basic_pension and not basic_pension_counted_confirmed and draws_pension


@rule(PERSON, "不计入的基础养老金", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def basic_pension_left_out(
    basic_pension_year: int, exempt_basic_pension: bool, basic_pension_exemption_lapsed: bool
) -> int:
    if basic_pension_exemption_lapsed:
        return 0
    return basic_pension_year if exempt_basic_pension else 0


@rule(PERSON, "不计入的高龄津贴", cites="dibao-2021-57:13", since="2021-07-01", unit="fen")
def high_age_allowance_left_out(high_age_allowance_year: int, exclude_high_age_allowance: bool) -> int:
    """No national text names it for 低保: a city may, under the last item of the list (第13条第四项)."""
    return high_age_allowance_year if exclude_high_age_allowance else 0


@rule(
    PERSON,
    "不计入的残疾人两项补贴",
    cites=["dibao-2021-57:13", "disability-2015-52:二"],
    since="2021-07-01",
    unit="fen",
)
def disability_subsidy_left_out(disability_subsidy_year: int, exclude_disability_subsidy: bool) -> int:
    if disability_subsidy_year == 0:
        return 0
    return disability_subsidy_year if exclude_disability_subsidy else 0


@rule(
    PERSON,
    "不计入的儿童基本生活补贴",
    cites=["dibao-2021-57:13", "children-2019-62:三(一)"],
    since="2021-07-01",
    unit="fen",
)
def child_grants_left_out(unsupported_child_grant_year: int, orphan_grant_year: int, exclude_orphan_grant: bool) -> int:
    """That of 事实无人抚养儿童 is left out by name; of an orphan's no text we could read says it."""
    if orphan_grant_year == 0:
        return unsupported_child_grant_year
    return unsupported_child_grant_year + (orphan_grant_year if exclude_orphan_grant else 0)


@rule(PERSON, "不计入的就业新增收入", cites=["dibao-2021-57:13", "local"], since="2021-07-01", unit="fen")
def new_job_left_out(
    new_job_income_month: int,
    new_job_months: int,
    new_job_exclusion_months: int,
    new_job_exclusion_multiple: int,
    dibao_line: int,
    wage_income_year: int,
) -> int:
    """Where the area says so: what a new job brings, for some months, up to so many times the standard a month."""
    if new_job_income_month == 0 or new_job_months >= new_job_exclusion_months:
        return 0
    cap = dibao_line * new_job_exclusion_multiple
    return max(min(new_job_income_month * MONTHS, cap, wage_income_year), 0)

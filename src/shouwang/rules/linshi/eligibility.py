"""谁能得到临时救助 (2018意见二(一)(二), 2022通知四(三))."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, any_of, rule


@rule(
    HOUSEHOLD,
    "符合急难型临时救助条件",
    cites=["linshi-2018-23:二(一)", "notice-2022-83:四(三)"],
    since="2022-10-20",
)
def linshi_emergency_eligible(emergency_occurred: bool, emergency_here: bool) -> bool:
    """由急难发生地直接实施：不查户籍和居住地，也不查收入和财产。"""
    return emergency_occurred and emergency_here


@rule(HOUSEHOLD, "可以先行救助", cites="linshi-2018-23:二(二)", since="2018-01-23")
def linshi_aid_first_allowed(linshi_emergency_eligible: bool) -> bool:
    """核对、评议、公示可以简化，缓解后补办登记和签章。"""
    return linshi_emergency_eligible


@rule(PERSON, "低保对象或特困人员（临时救助）", cites="linshi-2018-23:二(二)", since="2018-01-23")
def known_poor(on_dibao: bool, on_tekun: bool, lives_apart: bool) -> bool:
    """A supporter who lives elsewhere says nothing of this family's means."""
    return (on_dibao or on_tekun) and not lives_apart


any_of(
    "household_known_poor",
    "低保家庭或特困人员家庭（临时救助）",
    where="known_poor",
    cites="linshi-2018-23:二(二)",
    since="2018-01-23",
)


@rule(HOUSEHOLD, "收入财产符合支出型临时救助规定", cites="linshi-2018-23:二(一)", since="2018-01-23")
def linshi_means_ok(
    household_known_poor: bool, household_income: int, disposable_income_line: int, unit_size: int, property_ok: bool
) -> bool:
    """低保家庭、特困人员重点核实支出，不重复查收入和财产。"""
    return household_known_poor or (household_income < disposable_income_line * unit_size and property_ok)


@rule(HOUSEHOLD, "符合支出型临时救助条件", cites="linshi-2018-23:二(一)", since="2018-01-23")
def linshi_expenditure_eligible(spending_burden: bool, linshi_means_ok: bool) -> bool:
    return spending_burden and linshi_means_ok

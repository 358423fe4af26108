"""刚性支出困难家庭认定 (办法第4条): five conditions at once, in the order of the article."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, any_of, rule

RATIO_PARTS = 360_000


@rule(PERSON, "已在低保、特困或低保边缘范围的成员", cites="rigid-2024-57:第4条(一)", since="2025-01-01")
def in_prior_scheme(
    counted_member: bool, on_dibao: bool, on_single_unit: bool, on_tekun: bool, on_dibao_marginal: bool
) -> bool:
    """单独施保的人不使全家成为低保家庭。"""
    with_the_family = on_dibao and not on_single_unit
    return counted_member and (with_the_family or on_tekun or on_dibao_marginal)


any_of(
    "prior_scheme_in_household",
    "户内有低保、特困或低保边缘对象",
    where="in_prior_scheme",
    cites="rigid-2024-57:第4条(一)",
    since="2025-01-01",
)


@rule(HOUSEHOLD, "不属于低保、特困、低保边缘家庭", cites="rigid-2024-57:第4条(一)", since="2025-01-01")
def outside_prior_schemes(
    prior_scheme_in_household: bool, has_tekun_member: bool, dibao_eligible: bool, dibao_marginal_eligible: bool
) -> bool:
    """特困、低保、边缘在先：已纳入的，或者按条件应当纳入的，都不在此认定。"""
    prior = prior_scheme_in_household or has_tekun_member or dibao_eligible or dibao_marginal_eligible
    return not prior


@rule(HOUSEHOLD, "人均收入低于上年人均可支配收入", cites="rigid-2024-57:第4条(二)", since="2025-01-01")
def income_below_disposable_line(household_income: int, disposable_income_line: int, unit_size: int) -> bool:
    """低于，不含等于；按年、按户比较。"""
    return household_income < disposable_income_line * unit_size


@rule(HOUSEHOLD, "财产符合刚性支出困难家庭规定", cites="rigid-2024-57:第4条(三)", since="2025-01-01")
def rigid_property_ok(rigid_property_own_standard: bool, rigid_property_compliant: bool, property_ok: bool) -> bool:
    """Where the area relaxes the test, its own finding counts; elsewhere the one for 低保边缘."""
    return rigid_property_compliant if rigid_property_own_standard else property_ok


@rule(HOUSEHOLD, "刚性支出超出当地规定", cites=["rigid-2024-57:第4条(四)", "rigid-2024-57:5"], since="2025-01-01")
def rigid_spending_exceeds(
    documented_spending: int,
    dibao_line: int,
    unit_size: int,
    rigid_living_ratio: int,
    household_total_income: int,
    rigid_ratio: int,
    rigid_inclusive: bool,
) -> bool:
    """超出，不含恰好达到；写“达到或者超过”的地方改参数。两边各乘成整数比较，不先除。"""
    spent = documented_spending * RATIO_PARTS + dibao_line * unit_size * rigid_living_ratio
    allowed = household_total_income * rigid_ratio
    return spent > allowed or (rigid_inclusive and spent == allowed)


@rule(HOUSEHOLD, "符合当地其他条件", cites="rigid-2024-57:第4条(五)", since="2025-01-01")
def rigid_other_ok(rigid_other_conditions: bool, rigid_other_conditions_met: bool) -> bool:
    return not rigid_other_conditions or rigid_other_conditions_met


@rule(HOUSEHOLD, "符合刚性支出困难家庭条件", cites="rigid-2024-57:4", since="2025-01-01")
def rigid_eligible(
    unit_size: int,
    outside_prior_schemes: bool,
    income_below_disposable_line: bool,
    rigid_property_ok: bool,
    rigid_spending_exceeds: bool,
    rigid_other_ok: bool,
) -> bool:
    return (
        unit_size > 0
        and outside_prior_schemes
        and income_below_disposable_line
        and rigid_property_ok
        and rigid_spending_exceeds
        and rigid_other_ok
    )


@rule(PERSON, "刚性支出困难家庭的成员", cites=["rigid-2024-57:4", "rigid-2024-57:11"], since="2025-01-01")
def rigid_member(on_rigid_expenditure: bool, counted_member: bool, rigid_eligible: bool) -> bool:
    return on_rigid_expenditure or (counted_member and rigid_eligible)


@rule(PERSON, "本户已认定刚性支出困难的成员", cites="rigid-2024-57:10", since="2025-01-01")
def recognised_here(on_rigid_expenditure: bool, lives_apart: bool) -> bool:
    return on_rigid_expenditure and not lives_apart


any_of(
    "household_on_rigid",
    "户内已认定刚性支出困难",
    where="recognised_here",
    cites="rigid-2024-57:10",
    since="2025-01-01",
)


@rule(HOUSEHOLD, "刚性支出困难认定已过有效期", cites="rigid-2024-57:10", since="2025-01-01")
def rigid_recognition_lapsed(household_on_rigid: bool, rigid_days_left: int) -> bool:
    """期满须重新申请；有效期至哪一日由认定时按 rigid.validity 时限算出并录入。"""
    return household_on_rigid and rigid_days_left < 0

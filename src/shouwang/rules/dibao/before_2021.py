"""2021年7月以前的低保: what stood in 民发〔2012〕220号 until 57号文 replaced it, so that an older decision recomputes as it was made."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, PERSON, count, rule, total

SERVING_SENTENCE = 1
COUNTED = 1
LEFT_OUT = 2


@rule(PERSON, "计入共同生活家庭成员", cites="dibao-2012-220:5", since="2012-12-12", until="2021-07-01")
def counted_member(
    deceased: bool,
    lives_apart: bool,
    member_finding: int,
    custody_kind: int,
    member_separated: bool,
    clergy_years: int,
    clergy_years_least: int,
) -> bool:
    """The older text left out prisoners (and 劳动教养), not those held for 强制隔离戒毒, and did not name the missing."""
    if deceased or lives_apart:
        return False
    if member_finding == COUNTED:
        return True
    if member_finding == LEFT_OUT:
        return False
    return custody_kind != SERVING_SENTENCE and not member_separated and clergy_years < clergy_years_least


count(
    "unit_size",
    "共同生活家庭人数",
    where="counted_member",
    cites="dibao-2012-220:5",
    since="2012-12-12",
    until="2021-07-01",
)


@rule(PERSON, "除工资外的年可计入收入", cites="dibao-2012-220:16", since="2012-12-12", until="2021-07-01", unit="fen")
def other_countable_income(
    business_income_year: int, property_income_year: int, transfer_income_year: int, excluded_income_year: int
) -> int:
    """The older text knew no deduction for 刚性支出."""
    return business_income_year + property_income_year + transfer_income_year - excluded_income_year


@rule(PERSON, "个人年可计入收入", cites="dibao-2012-220:16", since="2012-12-12", until="2021-07-01", unit="fen")
def countable_income(wage_income_year: int, other_countable_income: int) -> int:
    """Nor one for 就业成本."""
    return wage_income_year + other_countable_income


total(
    "household_wage_income",
    "家庭年工资性收入",
    of="wage_income_year",
    where="counted_member",
    cites="dibao-2012-220:16",
    since="2012-12-12",
    until="2021-07-01",
)
total(
    "household_other_income",
    "家庭除工资外的年可计入收入",
    of="other_countable_income",
    where="counted_member",
    cites="dibao-2012-220:16",
    since="2012-12-12",
    until="2021-07-01",
)


@rule(HOUSEHOLD, "家庭年可计入收入", cites="dibao-2012-220:16", since="2012-12-12", until="2021-07-01", unit="fen")
def household_income(household_wage_income: int, household_other_income: int) -> int:
    """A household that lost more than it earned counts as without income."""
    return max(household_wage_income + household_other_income, 0)


@rule(HOUSEHOLD, "财产符合规定", cites="shjzzxbf:9", since="2014-05-01", until="2021-07-01")
def property_ok(property_compliant: bool) -> bool:
    """The area's own method decided (第10条); the clerk records its outcome. Not yet judged stays 'cannot tell'."""
    return property_compliant


@rule(HOUSEHOLD, "发放低保金", cites="shjzzxbf:12", since="2014-05-01", until="2021-07-01")
def dibao_paid(dibao_eligible: bool) -> bool:
    """Neither 渐退期 nor a choice of 补差 or 分档 was in the text."""
    return dibao_eligible


@rule(HOUSEHOLD, "低保月保障金", cites="shjzzxbf:12", since="2014-05-01", until="2021-07-01", unit="fen")
def dibao_amount(dibao_gap_amount: int, supplement_amount: int) -> int:
    return dibao_gap_amount + supplement_amount

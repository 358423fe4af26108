"""转介提示：基本型辅具补贴、残疾儿童康复救助、福康工程、托养照护 (手册6.4、6.5)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

LIMB, MULTIPLE = 4, 7
REHAB_KINDS = (0, 1, 2, 3, 4, 5, 7)
"""视力、听力、言语、肢体、智力; 多重 holds at least one of them; a grade whose kind was not reported is worth a check."""
NO_GRADE, SECOND = 0, 2


@rule(PERSON, "可申请基本型辅助器具补贴", cites="disability-rehab-rules:26", since="2017-07-01")
def device_subsidy_hint(disability_grade: int, device_needed: bool, device_listed: bool) -> bool:
    """持证、经评估需要、在当地目录内。目录和金额地方定。"""
    return disability_grade > NO_GRADE and device_needed and device_listed


@rule(PERSON, "基本型辅助器具补贴金额（一次）", cites="disability-rehab-rules:26", since="2017-07-01", unit="fen")
def device_subsidy_amount(device_subsidy_hint: bool, device_price: int, device_subsidy_cap: int) -> int:
    """不超过价格，也不超过当地上限。"""
    return min(device_price, device_subsidy_cap) if device_subsidy_hint else 0


@rule(PERSON, "属康复救助的残疾类别", cites="rehab-2018-20:二(三)", since="2018-10-01")
def rehab_condition(
    disability_kind: int, disability_grade: int, autism_diagnosed: bool, disability_diagnosed: bool
) -> bool:
    """视力、听力、言语、肢体、智力残疾和孤独症；精神残疾证以外另须孤独症诊断。"""
    certified = disability_grade > NO_GRADE and disability_kind in REHAB_KINDS
    return certified or autism_diagnosed or disability_diagnosed


@rule(PERSON, "在康复救助年龄内", cites="rehab-2018-20:二(三)", since="2018-10-01")
def rehab_age_ok(age: int, rehab_age_limit: int) -> bool:
    """0至6岁。"""
    return age < rehab_age_limit


@rule(PERSON, "康复救助的困难家庭儿童", cites="rehab-2018-20:二(三)", since="2018-10-01")
def rehab_hardship(
    on_dibao: bool,
    on_tekun: bool,
    on_anti_poverty: bool,
    on_dibao_marginal: bool,
    on_orphan: bool,
    in_welfare_home: bool,
) -> bool:
    """低保、特困、防止返贫监测对象、低保边缘家庭，残疾孤儿，和福利机构收留抚养的。"""
    known = on_dibao or on_tekun or on_anti_poverty or on_dibao_marginal
    return known or on_orphan or in_welfare_home


@rule(PERSON, "可申请残疾儿童康复救助", cites="rehab-2018-20:二(三)", since="2018-10-01")
def child_rehab_hint(rehab_age_ok: bool, rehab_condition: bool, rehab_hardship: bool, rehab_any_income: bool) -> bool:
    """其他家庭是否放宽由当地定，当地没有设定的不能判断。县残联受理（户籍地或居住证发放地）。"""
    return rehab_age_ok and rehab_condition and (rehab_hardship or rehab_any_income)


@rule(PERSON, "可转介福康工程", cites="fukang-sample:资助对象", since="2021-01-01")
def fukang_hint(
    disability_kind: int, on_dibao: bool, on_tekun: bool, on_anti_poverty: bool, prosthesis_needed: bool
) -> bool:
    """困难的肢体残疾人配置假肢、矫形器；对象口径只见一地样例。"""
    return (disability_kind in (LIMB, MULTIPLE)) and (on_dibao or on_tekun or on_anti_poverty) and prosthesis_needed


@rule(PERSON, "可转介托养照护服务", cites="care-2025-75:服务对象", since="2025-07-01")
def residential_care_hint(disability_grade: int, care_wanted: bool) -> bool:
    """一、二级（任何类别）且有托养照护需求；经济困难的优先。"""
    return NO_GRADE < disability_grade <= SECOND and care_wanted

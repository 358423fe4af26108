"""孤儿 (国办发〔2010〕54号)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

MONTHS = 12
INSTITUTION, ADOPTION = 2, 4
NO_SCHOOL = 0


@rule(PERSON, "在世未成年人", cites="orphan-2010-54:一", since="2010-11-16")
def child_alive(deceased: bool, age: int, child_age_limit: int) -> bool:
    return age < child_age_limit and not deceased


@rule(PERSON, "父母均死亡或失踪", cites="orphan-2010-54:一", since="2010-11-16")
def both_parents_gone(father_gone: bool, mother_gone: bool) -> bool:
    """双亡; 一方死亡、一方失踪; 双方失踪."""
    return father_gone and mother_gone


@rule(PERSON, "孤儿身份", cites="orphan-2010-54:一", since="2010-11-16")
def orphan(child_alive: bool, on_orphan: bool, both_parents_gone: bool, parents_not_found: bool) -> bool:
    """Recognised already, or in one of the four situations."""
    return child_alive and (on_orphan or both_parents_gone or parents_not_found)


@rule(PERSON, "已成年的孤儿", cites="orphan-2010-54:二(三)", since="2010-11-16")
def orphan_of_age(on_orphan: bool, deceased: bool, age: int, child_age_limit: int) -> bool:
    return on_orphan and age >= child_age_limit and not deceased


@rule(PERSON, "成年后在校继续发给的孤儿", cites=["orphan-2010-54:二(三)", "local"], since="2010-11-16")
def orphan_at_school(orphan_of_age: bool, school_stage: int, orphan_paid_at_school: bool) -> bool:
    """Those of age who are still at school keep the policies that go with it; whether the allowance, the area says."""
    return orphan_of_age and school_stage > NO_SCHOOL and orphan_paid_at_school


@rule(PERSON, "符合孤儿基本生活费条件", cites=["orphan-2010-54:二(一)", "local"], since="2010-11-16")
def orphan_allowance_eligible(
    orphan: bool, orphan_at_school: bool, orphan_placement: int, orphan_paid_after_adoption: bool
) -> bool:
    """Of an adopted child the national text does not say whether it is still paid."""
    return (orphan or orphan_at_school) and (orphan_placement != ADOPTION or orphan_paid_after_adoption)


@rule(PERSON, "孤儿基本生活费月金额（并享前）", cites="orphan-2010-54:二(一)", since="2010-11-16", unit="fen")
def orphan_amount(
    orphan_allowance_eligible: bool, orphan_placement: int, orphan_institution: int, orphan_dispersed: int
) -> int:
    """机构养育 has its own, higher standard; with relatives or a foster family the child is 散居."""
    standard = orphan_institution if orphan_placement == INSTITUTION else orphan_dispersed
    if orphan_allowance_eligible:
        return (standard + MONTHS - 1) // MONTHS
    return 0

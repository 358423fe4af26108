"""事实无人抚养儿童: what the 62号文 and its supplement say of the mother (the text for the other parent is in ``father.py``)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

GRADE_2 = 2
INTELLECTUAL, MENTAL = 5, 6
NONE = 0


@rule(PERSON, "母亲死亡或失踪", cites="orphan-2010-54:一", since="2010-11-16")
def mother_gone(mother_dead: bool, mother_declared_missing: bool) -> bool:
    """死亡: of nature or declared; 失踪: declared by a court, and nothing less."""
    return mother_dead or mother_declared_missing


@rule(PERSON, "母亲重残", cites="children-2019-62:一", since="2020-01-01")
def mother_severely_disabled(mother_disability_grade: int, mother_disability_kind: int) -> bool:
    """Wider than 重残 elsewhere: grades 3 and 4 of 智力 and 精神 are in."""
    gravest = 0 < mother_disability_grade <= GRADE_2
    return gravest or (mother_disability_grade > GRADE_2 and INTELLECTUAL <= mother_disability_kind <= MENTAL)


@rule(PERSON, "母亲服刑、强戒或被限制人身自由达到期限", cites="children-2019-62:一", since="2020-01-01")
def mother_detained(mother_custody_kind: int, mother_custody_months: int, custody_months_least: int) -> bool:
    return mother_custody_kind > NONE and mother_custody_months >= custody_months_least


@rule(PERSON, "母亲失联达到期限", cites=["children-2019-62:一", "children-2020-125:一"], since="2020-01-01")
def mother_out_of_contact(
    mother_lost_contact_months: int, mother_duty_unfulfilled: bool, lost_contact_months_least: int
) -> bool:
    """Out of contact and not looking after the child, both for the term."""
    return mother_lost_contact_months >= lost_contact_months_least and mother_duty_unfulfilled


@rule(PERSON, "母亲重残或重病", cites="children-2019-62:一", since="2020-01-01")
def mother_unfit(mother_severely_disabled: bool, mother_serious_illness: bool) -> bool:
    """重病 as the area defines it: the clerk records that the parent has one."""
    return mother_severely_disabled or mother_serious_illness


@rule(PERSON, "母亲被撤销监护资格，或被遣送出境且未履行抚养义务", cites="children-2020-125:一", since="2020-12-24")
def mother_removed(mother_guardianship_revoked: bool, mother_deported: bool, mother_duty_unfulfilled: bool) -> bool:
    return mother_guardianship_revoked or (mother_deported and mother_duty_unfulfilled)


@rule(
    PERSON,
    "母亲不能履行监护抚养责任",
    cites=["children-2019-62:一", "children-2020-125:一"],
    since="2020-12-24",
)
def mother_unable(
    mother_gone: bool, mother_unfit: bool, mother_detained: bool, mother_out_of_contact: bool, mother_removed: bool
) -> bool:
    """民发〔2020〕125号 added the last."""
    return mother_gone or mother_unfit or mother_detained or mother_out_of_contact or mother_removed

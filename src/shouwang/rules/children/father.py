"""事实无人抚养儿童: what the 62号文 and its supplement say of the father (the text for the other parent is in ``mother.py``)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

GRADE_2 = 2
INTELLECTUAL, MENTAL = 5, 6
NONE = 0


@rule(PERSON, "父亲死亡或失踪", cites="orphan-2010-54:一", since="2010-11-16")
def father_gone(father_dead: bool, father_declared_missing: bool) -> bool:
    """死亡: of nature or declared; 失踪: declared by a court, and nothing less."""
    return father_dead or father_declared_missing


@rule(PERSON, "父亲重残", cites="children-2019-62:一", since="2020-01-01")
def father_severely_disabled(father_disability_grade: int, father_disability_kind: int) -> bool:
    """Wider than 重残 elsewhere: grades 3 and 4 of 智力 and 精神 are in."""
    gravest = 0 < father_disability_grade <= GRADE_2
    return gravest or (father_disability_grade > GRADE_2 and INTELLECTUAL <= father_disability_kind <= MENTAL)


@rule(PERSON, "父亲服刑、强戒或被限制人身自由达到期限", cites="children-2019-62:一", since="2020-01-01")
def father_detained(father_custody_kind: int, father_custody_months: int, custody_months_least: int) -> bool:
    return father_custody_kind > NONE and father_custody_months >= custody_months_least


@rule(PERSON, "父亲失联达到期限", cites=["children-2019-62:一", "children-2020-125:一"], since="2020-01-01")
def father_out_of_contact(
    father_lost_contact_months: int, father_duty_unfulfilled: bool, lost_contact_months_least: int
) -> bool:
    """Out of contact and not looking after the child, both for the term."""
    return father_lost_contact_months >= lost_contact_months_least and father_duty_unfulfilled


@rule(PERSON, "父亲重残或重病", cites="children-2019-62:一", since="2020-01-01")
def father_unfit(father_severely_disabled: bool, father_serious_illness: bool) -> bool:
    """重病 as the area defines it: the clerk records that the parent has one."""
    return father_severely_disabled or father_serious_illness


@rule(PERSON, "父亲被撤销监护资格，或被遣送出境且未履行抚养义务", cites="children-2020-125:一", since="2020-12-24")
def father_removed(father_guardianship_revoked: bool, father_deported: bool, father_duty_unfulfilled: bool) -> bool:
    return father_guardianship_revoked or (father_deported and father_duty_unfulfilled)


@rule(
    PERSON,
    "父亲不能履行监护抚养责任",
    cites=["children-2019-62:一", "children-2020-125:一"],
    since="2020-12-24",
)
def father_unable(
    father_gone: bool, father_unfit: bool, father_detained: bool, father_out_of_contact: bool, father_removed: bool
) -> bool:
    """民发〔2020〕125号 added the last."""
    return father_gone or father_unfit or father_detained or father_out_of_contact or father_removed

"""困境儿童 (国发〔2016〕36号): whom the township keeps a file of. It decides no money; orphans and 事实无人抚养儿童 have their own."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule


@rule(PERSON, "因家庭贫困的困境儿童", cites="children-2016-36:一", since="2021-07-01")
def difficulty_by_poverty(child_alive: bool, dibao_member: bool, tekun_member: bool, marginal_member: bool) -> bool:
    return child_alive and (dibao_member or tekun_member or marginal_member)


@rule(PERSON, "因自身残疾的困境儿童", cites="children-2016-36:一", since="2021-07-01")
def difficulty_by_disability(child_alive: bool, disability_grade: int) -> bool:
    return child_alive and disability_grade > 0


@rule(PERSON, "因监护缺失的困境儿童", cites="children-2016-36:一", since="2021-07-01")
def difficulty_by_guardianship(
    child_alive: bool, orphan: bool, unsupported_child: bool, father_unable: bool, mother_unable: bool
) -> bool:
    """One parent cannot look after the child, and the child is neither an orphan nor 事实无人抚养."""
    return child_alive and not orphan and not unsupported_child and (father_unable or mother_unable)


@rule(PERSON, "困境儿童", cites="children-2016-36:一", since="2021-07-01")
def child_in_difficulty(
    difficulty_by_poverty: bool, difficulty_by_disability: bool, difficulty_by_guardianship: bool
) -> bool:
    """A lead for the children's director: 一人一档, guardianship and help, 临时救助 where it is needed."""
    return difficulty_by_poverty or difficulty_by_disability or difficulty_by_guardianship

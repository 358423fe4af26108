"""持证和等级: who holds a certificate, and of what severity (these readings belong to the two subsidies and to no other scheme)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

GRADE_2 = 2
INTELLECTUAL, MENTAL, MULTIPLE = 5, 6, 7


@rule(PERSON, "在世持证残疾人", cites="disability-2015-52:一", since="2016-01-01")
def certified(deceased: bool, disability_grade: int) -> bool:
    """Payment stops with the month after a death; a cancelled certificate is grade 0."""
    return disability_grade > 0 and not deceased


@rule(PERSON, "一、二级残疾（两项补贴口径）", cites="disability-2015-52:一", since="2016-01-01")
def severe_for_subsidies(certified: bool, disability_grade: int) -> bool:
    return certified and disability_grade <= GRADE_2


@rule(PERSON, "智力或精神残疾", cites="disability-2015-52:一", since="2016-01-01")
def intellectual_or_mental(certified: bool, disability_kind: int, multiple_includes_mental: bool) -> bool:
    """A certificate of 多重残疾 does not say which kinds: the clerk records whether one of them is 智力 or 精神."""
    if disability_kind == MULTIPLE:
        return certified and multiple_includes_mental
    return certified and INTELLECTUAL <= disability_kind <= MENTAL

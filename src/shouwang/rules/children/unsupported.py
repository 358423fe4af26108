"""事实无人抚养儿童 (民发〔2019〕62号, 民发〔2020〕125号)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

MONTHS = 12


@rule(PERSON, "父母属于事实无人抚养的情形", cites="children-2019-62:一", since="2020-01-01")
def parents_fail(
    father_unable: bool,
    mother_unable: bool,
    both_parents_gone: bool,
    father_looked_into_days: int,
    mother_looked_into_days: int,
) -> bool:
    """Both unable, and not both gone (those are orphans).

    Where one parent is unable and nothing is recorded of the other, silence is no finding: until somebody has looked
    into the other parent it is 'cannot tell'. Once looked into, the comparison with 0 is false, and so is the answer.
    """
    if father_unable and mother_unable:
        return not both_parents_gone
    if father_unable:
        return mother_looked_into_days < 0
    if mother_unable:
        return father_looked_into_days < 0
    return False


@rule(PERSON, "事实无人抚养儿童身份", cites="children-2019-62:一", since="2020-01-01")
def unsupported_child(child_alive: bool, orphan: bool, on_unsupported_child: bool, parents_fail: bool) -> bool:
    return child_alive and not orphan and (on_unsupported_child or parents_fail)


@rule(
    PERSON,
    "事实无人抚养儿童补贴月金额（补差前）",
    cites="children-2019-62:三(一)",
    since="2020-01-01",
    unit="fen",
)
def unsupported_child_amount(unsupported_child: bool, child_without_carer: int) -> int:
    """The full standard; what the child already draws is set against it in ``stacking``."""
    if unsupported_child:
        return (child_without_carer + MONTHS - 1) // MONTHS
    return 0


@rule(PERSON, "名单不得公示", cites="children-2019-62:二(二)", since="2020-01-01")
def kept_from_notice(unsupported_child: bool) -> bool:
    """To protect the child the recognition is never put up for public notice, in the village or anywhere."""
    return unsupported_child

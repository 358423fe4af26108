"""近亲属单独登记备案、县级必须入户 (57号文第11、20条)."""

from __future__ import annotations

from shouwang.engine.rule import HOUSEHOLD, rule

SPOUSE = 1
GRANDCHILD_BY_DAUGHTER = 8


@rule(HOUSEHOLD, "应当单独登记备案", cites="dibao-2021-57:11", since="2021-07-01")
def kin_registration_required(staff_relative: int) -> bool:
    """近亲属：配偶、父母、子女、兄弟姐妹、祖父母、外祖父母、孙子女、外孙子女；其他亲属不在其列。"""
    return SPOUSE <= staff_relative <= GRANDCHILD_BY_DAUGHTER


@rule(HOUSEHOLD, "县级必须入户调查", cites="dibao-2021-57:20", since="2021-07-01")
def county_visit_required(kin_registration_required: bool, complaint_in_review: bool) -> bool:
    return kin_registration_required or complaint_in_review

"""山东：2026年起持证不满18岁，或持诊断不满7岁 (鲁政字〔2025〕188号)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule

NO_GRADE = 0


@rule(PERSON, "在康复救助年龄内", cites="shandong-2025-188:救助对象", since="2026-01-01", area="370000")
def rehab_age_ok(
    age: int, disability_grade: int, rehab_age_limit: int, rehab_certified_age_limit_shandong: int
) -> bool:
    certified = disability_grade > NO_GRADE and age < rehab_certified_age_limit_shandong
    return certified or age < rehab_age_limit

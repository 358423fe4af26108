"""The demo county's own parameters in the layout of the parameter CSV."""

from __future__ import annotations

import csv
from pathlib import Path

from shouwang.synth.divisions import COUNTY

HEADERS = (
    "area_code",
    "item",
    "amount_fen",
    "per",
    "valid_from",
    "valid_to",
    "observed_on",
    "source",
    "article",
    "last_confirmed",
)
SOURCE, CONFIRMED = "示范数据（虚构）", "2026-01-05"
PROVINCE, NEXT_COUNTY = "990000000000", "990102000000"
YEAR, SINCE = "2025-01-01", "2026-01-01"
WHOLE = 360_000
# 虚构：数字取自手册演算案例的示例县，只用于演示和测试。
VALUES = (
    ("dibao_rural", 57_000, "person-month", "2025-01-01", "2026-01-01"),
    ("dibao_rural", 60_000, "person-month", "2026-01-01", ""),
    ("employment_cost_percent", 30, "percent", "2025-01-01", ""),
    ("near_permille", 100, "permille", "2025-01-01", ""),
    ("recent_days", 62, "days", "2025-01-01", ""),
    ("asset_recent_days", 92, "days", "2025-01-01", ""),
    ("authorisation_notice_days", 30, "days", "2025-01-01", ""),
    ("pension_tolerance", 0, "person-month", "2025-01-01", ""),
    ("alert_cooldown_days", 30, "days", "2025-01-01", ""),
    ("gate_share_permille", 50, "permille", "2025-01-01", ""),
    *((item, value, per, YEAR, "") for item, value, per in (
        ("min_wage", 180_000, "person-month"),
        ("disposable_income_rural", 2_000_000, "person-year"),
        ("consumption_rural", 1_650_000, "person-year"),
        ("tekun_basic_ratio", WHOLE * 13 // 10, "ratio"),
        ("tekun_care_self_ratio", WHOLE // 10, "ratio"),
        ("tekun_care_half_ratio", WHOLE // 6, "ratio"),
        ("tekun_care_full_ratio", WHOLE // 3, "ratio"),
        ("single_unit_amount_mode", 1, "code"),
        ("single_unit_grade_three", 1, "bool"),
        ("exclude_disability_subsidy", 1, "bool"),
        ("exclude_orphan_grant", 1, "bool"),
        ("refusal_share_percent", 100, "percent"),
        ("rigid_ratio", WHOLE * 6 // 10, "ratio"),
        ("rigid_living_ratio", 0, "ratio"),
        ("linshi_emergency_multiple", 6, "count"),
        ("linshi_expenditure_multiple", 6, "count"),
        ("linshi_special_multiple", 12, "count"),
        ("linshi_township_limit", 200_000, "fen"),
        ("dis_living", 10_000, "person-month"),
        ("dis_nursing_grade1", 11_000, "person-month"),
        ("dis_nursing_grade2", 10_000, "person-month"),
        ("living_covers_no_fixed_income", 0, "bool"),
        ("living_covers_low_income", 0, "bool"),
        ("living_covers_marginal", 1, "bool"),
        ("living_covers_jobless_severe", 0, "bool"),
        ("living_covers_several_disabled", 0, "bool"),
        ("living_covers_old_disabled", 0, "bool"),
        ("living_covers_kept_by_old_parents", 0, "bool"),
        ("care_extension_grade", 2, "code"),
        ("veteran_pension_excludes_subsidies", 1, "bool"),
        ("orphan_dispersed", 120_000, "person-month"),
        ("orphan_institution", 160_000, "person-month"),
        ("orphan_shares_dibao", 0, "bool"),
        ("orphan_excludes_living_subsidy", 1, "bool"),
        ("orphan_paid_after_adoption", 0, "bool"),
        ("orphan_paid_at_school", 1, "bool"),
        ("medical_aid_ratio_poor", WHOLE * 7 // 10, "ratio"),
        ("medical_aid_ratio_other", WHOLE * 65 // 100, "ratio"),
        ("medical_deductible_rigid", WHOLE // 10, "ratio"),
        ("illness_poverty_ratio", WHOLE, "ratio"),
        ("heating_aid_offered", 0, "bool"),
        ("funeral_aid_offered", 1, "bool"),
        ("left_behind_elder_days", 183, "days"),
        ("visit_days_child", 90, "days"),
        ("visit_days_woman", 90, "days"),
        ("ability_coma_level", 4, "code"),
    )),
)  # fmt: skip
ELSEWHERE = (
    (PROVINCE, "dibao_rural_floor", 55_000, "person-month", SINCE),
    (NEXT_COUNTY, "dibao_rural", 58_500, "person-month", SINCE),
)


def write_standards(path: Path) -> None:
    """Write ``standards.csv``: 低保 standard 570 yuan a month from 2025 and 600 from 2026, what else the county set, its
    province's floor and its neighbour's line."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADERS)
        for item, amount, per, valid_from, valid_to in VALUES:
            writer.writerow((COUNTY, item, amount, per, valid_from, valid_to, "", SOURCE, "", CONFIRMED))
        for area_code, item, amount, per, valid_from in ELSEWHERE:
            writer.writerow((area_code, item, amount, per, valid_from, "", "", SOURCE, "", CONFIRMED))

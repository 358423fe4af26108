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
SOURCE, CONFIRMED = "demo-local", "2026-01-05"
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
)


def write_standards(path: Path) -> None:
    """Write ``standards.csv``: 低保 standard 570 yuan a month from 2025 and 600 from 2026, and the thresholds the county chose."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADERS)
        for item, amount, per, valid_from, valid_to in VALUES:
            writer.writerow((COUNTY, item, amount, per, valid_from, valid_to, "", SOURCE, "", CONFIRMED))

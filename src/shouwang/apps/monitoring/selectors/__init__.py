"""Reads without side effects: the worklist, why an alert stands, a household's alerts, the quality of rules."""

from __future__ import annotations

from shouwang.apps.monitoring.selectors.coverage import CoverageFilters, CoveragePage, CoverageRow, coverage_page
from shouwang.apps.monitoring.selectors.household import alerts_for_household, steps_for_household
from shouwang.apps.monitoring.selectors.listing import Filters, Page, Row, rows_of, rule_choices, rule_label, worklist
from shouwang.apps.monitoring.selectors.page import (
    bar_of,
    outcomes_offered,
    received_by,
    reports_of,
    running_clock,
    timeline_of,
)
from shouwang.apps.monitoring.selectors.quality import RuleQuality, daily_counts, rule_quality
from shouwang.apps.monitoring.selectors.why import Why, why_of

__all__ = [
    "CoverageFilters",
    "CoveragePage",
    "CoverageRow",
    "Filters",
    "Page",
    "Row",
    "RuleQuality",
    "Why",
    "alerts_for_household",
    "bar_of",
    "coverage_page",
    "daily_counts",
    "outcomes_offered",
    "received_by",
    "reports_of",
    "rows_of",
    "rule_choices",
    "rule_label",
    "rule_quality",
    "running_clock",
    "steps_for_household",
    "timeline_of",
    "why_of",
    "worklist",
]

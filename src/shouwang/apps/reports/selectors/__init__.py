"""Figures for the dashboard, in the actor's range, through other offices' doors; as the post's level may see them."""

from __future__ import annotations

from shouwang.apps.reports.selectors.alerts import Overview, StateCount, Trend, overview, states_now, trend
from shouwang.apps.reports.selectors.deliveries import FeedLine, deliveries
from shouwang.apps.reports.selectors.population import Population, population
from shouwang.apps.reports.selectors.summary import RuleLine, SummaryPage, summary_page

__all__ = [
    "FeedLine",
    "Overview",
    "Population",
    "RuleLine",
    "StateCount",
    "SummaryPage",
    "Trend",
    "deliveries",
    "overview",
    "population",
    "states_now",
    "summary_page",
    "trend",
]

"""Everything that writes an alert: machine runs open them, people carry them to the end."""

from __future__ import annotations

from shouwang.apps.monitoring.services.assigning import ASSIGNERS, RECEIVERS, assign
from shouwang.apps.monitoring.services.escalation import escalate_overdue
from shouwang.apps.monitoring.services.handling import (
    close,
    decide,
    dismiss,
    refer_up,
    report_back,
    return_back,
    take_step,
    triage,
)
from shouwang.apps.monitoring.services.opening import open_alerts
from shouwang.apps.monitoring.services.outcomes import Conflict, Refused
from shouwang.apps.monitoring.services.reporting import Finding, report_household
from shouwang.apps.monitoring.services.taking_up import TAKERS, take_up

__all__ = [
    "ASSIGNERS",
    "RECEIVERS",
    "TAKERS",
    "Conflict",
    "Finding",
    "Refused",
    "assign",
    "close",
    "decide",
    "dismiss",
    "escalate_overdue",
    "open_alerts",
    "refer_up",
    "report_back",
    "report_household",
    "return_back",
    "take_step",
    "take_up",
    "triage",
]

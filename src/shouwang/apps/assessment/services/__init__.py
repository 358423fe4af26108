"""Everything that writes standards, runs and determinations."""

from __future__ import annotations

from shouwang.apps.assessment.services.determining import DeterminationRefused, store_determination
from shouwang.apps.assessment.services.outcomes import StandardMoved, StandardRefused
from shouwang.apps.assessment.services.procedure import (
    approve_standard,
    confirm_end,
    draft_standard,
    propose_end,
    refuse_end,
    revise_standard,
    send_back_standard,
    take_standard_step,
    withdraw_standard,
)
from shouwang.apps.assessment.services.running import RunMoved, RunRefused, finish_run, note_taken, run_warnings
from shouwang.apps.assessment.services.screening import screen_register
from shouwang.apps.assessment.services.simulating import SimulationRefused, note_export, simulate, simulate_now
from shouwang.apps.assessment.services.standards import (
    StandardsReceipt,
    StandardsRefused,
    draft_standards,
    import_standards,
)

__all__ = [
    "DeterminationRefused",
    "RunMoved",
    "RunRefused",
    "SimulationRefused",
    "StandardMoved",
    "StandardRefused",
    "StandardsReceipt",
    "StandardsRefused",
    "approve_standard",
    "confirm_end",
    "draft_standard",
    "draft_standards",
    "finish_run",
    "import_standards",
    "note_export",
    "note_taken",
    "propose_end",
    "refuse_end",
    "revise_standard",
    "run_warnings",
    "screen_register",
    "send_back_standard",
    "simulate",
    "simulate_now",
    "store_determination",
    "take_standard_step",
    "withdraw_standard",
]

"""Everything that writes standards, runs and determinations."""

from __future__ import annotations

from shouwang.apps.assessment.services.determining import DeterminationRefused, store_determination
from shouwang.apps.assessment.services.running import RunMoved, RunRefused, finish_run, note_taken, run_warnings
from shouwang.apps.assessment.services.screening import screen_register
from shouwang.apps.assessment.services.standards import StandardsReceipt, StandardsRefused, import_standards

__all__ = [
    "DeterminationRefused",
    "RunMoved",
    "RunRefused",
    "StandardsReceipt",
    "StandardsRefused",
    "finish_run",
    "import_standards",
    "note_taken",
    "run_warnings",
    "screen_register",
    "store_determination",
]

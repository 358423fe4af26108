"""Everything that writes standards and runs."""

from __future__ import annotations

from shouwang.apps.assessment.services.running import RunMoved, RunRefused, finish_run, note_taken, run_warnings
from shouwang.apps.assessment.services.screening import screen_register
from shouwang.apps.assessment.services.standards import StandardsReceipt, StandardsRefused, import_standards

__all__ = [
    "RunMoved",
    "RunRefused",
    "StandardsReceipt",
    "StandardsRefused",
    "finish_run",
    "import_standards",
    "note_taken",
    "run_warnings",
    "screen_register",
]

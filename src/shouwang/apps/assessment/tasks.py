"""What the worker does for this office."""

from __future__ import annotations

from typing import Any

from shouwang.apps.assessment.models import Simulation
from shouwang.apps.assessment.services import simulating
from shouwang.apps.jobs.registry import JobFailed, Progress, task


@task(simulating.TASK)
def simulate(progress: Progress, *, uuid: str) -> dict[str, Any]:
    """Compute one simulation. Repeat-safe: its figures are stored once."""
    if not Simulation.objects.filter(uuid=uuid).exists():
        raise JobFailed("这次测算已不存在。")
    return {"total": simulating.compute(uuid, progress)}

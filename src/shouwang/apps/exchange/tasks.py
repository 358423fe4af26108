"""What the worker does for this office."""

from __future__ import annotations

from typing import Any

from shouwang.apps.exchange.models import Delivery
from shouwang.apps.exchange.services import suggesting
from shouwang.apps.jobs.registry import JobFailed, Progress, task


@task(suggesting.TASK)
def suggest_links(progress: Progress, *, uuid: str) -> dict[str, Any]:
    """Look for whom a delivery's doubtful records may be about. Repeat-safe: a question is asked once."""
    delivery = Delivery.objects.filter(uuid=uuid).first()
    if delivery is None:
        raise JobFailed("这个批次已不存在。")
    return {"questions": suggesting.suggest_links(delivery, progress)}

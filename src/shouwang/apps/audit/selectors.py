"""Reads of the event log: how often somebody did something, whether an act is known, and whether anybody touched the log itself."""

from __future__ import annotations

from datetime import datetime

from shouwang.apps.audit.models import Event
from shouwang.apps.audit.verify import Problem, verify_log

__all__ = ["Problem", "acts_since", "is_noted", "verify_log"]


def acts_since(user_id: int, verb: str, since: datetime) -> int:
    """Return how many events of one verb a user left since a moment."""
    return Event.objects.filter(actor_id=user_id, verb=verb, at__gte=since).count()


def is_noted(verb: str, subject_uuid: str) -> bool:
    """Say whether the log of this database knows an act on a subject."""
    return bool(subject_uuid) and Event.objects.filter(verb=verb, subject_uuid=subject_uuid).exists()

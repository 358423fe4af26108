"""The one way to write the event log: inside the transaction of the act, or not at all."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection

from shouwang.apps.audit.models import Event
from shouwang.apps.audit.vault import vault
from shouwang.lib import clock

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor


class AuditOutsideTransaction(Exception):
    """An act tried to write its audit row outside a transaction: it could then stand without its record."""


class AuditUnavailable(Exception):
    """The event log cannot be written, so the act may not happen and the file may not be shown (fail closed)."""


def event_bytes(event: Event) -> bytes:
    """Return the bytes an event's MAC covers: every column but the MAC, the row number included."""
    parts = [
        event.pk,
        event.at.astimezone(UTC).isoformat(),
        event.actor_id,
        event.post_id,
        event.verb,
        event.subject_kind,
        event.subject_uuid,
        event.area_code,
        event.details,
    ]
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def record(
    actor: Actor | None,
    verb: str,
    *,
    subject_kind: str,
    subject_uuid: object = "",
    area_code: str = "",
    details: dict[str, Any] | None = None,
) -> Event:
    """Write one event for an act or a look; ``actor`` None means the system itself (a command).

    Raises AuditOutsideTransaction outside ``transaction.atomic`` and AuditUnavailable where the row cannot be written;
    both roll the act back.
    """
    if not connection.in_atomic_block:
        raise AuditOutsideTransaction(verb)
    event = Event(
        at=clock.now(),
        actor_id=actor.user_id if actor else None,
        post_id=actor.post_id if actor else None,
        verb=verb,
        subject_kind=subject_kind,
        subject_uuid=str(subject_uuid),
        area_code=area_code,
        details=json.loads(json.dumps(details or {}, default=str)),
    )
    try:
        event.pk = _next_number()
        event.mac = vault().mac(event_bytes(event))
        event.save(force_insert=True)
    except (DatabaseError, OSError) as error:
        raise AuditUnavailable(verb) from error
    return event


def _next_number() -> int:
    """Take the row's number before it is written, since the MAC covers it.

    PostgreSQL: ``audit_next_event`` locks the table against sealing first, so no number below a seal comes late.
    SQLite: the writing transaction is alone.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT audit_next_event()")
        else:
            cursor.execute("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'audit_event'")
        return int(cursor.fetchone()[0])

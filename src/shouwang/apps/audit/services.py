"""Sealing: closes what was logged so far, batch by batch, each seal chained to the one before."""

from __future__ import annotations

from datetime import UTC

from django.db import connection, transaction

from shouwang.apps.audit.models import Event, Seal
from shouwang.apps.audit.sealing import FIRST_PREVIOUS, note_heads, seal_digest
from shouwang.lib import clock

ROWS_PER_SEAL = 10_000


def seal_events() -> int:
    """Seal every event written so far and note the seals outside the database; return how many events were sealed.

    Safe to run again or side by side. On PostgreSQL the log is locked for a moment, so that no act still under way can
    add a row below a seal.
    """
    sealed = 0
    while rows := _seal_batch():
        sealed += rows
    note_heads()
    return sealed


def _seal_batch() -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '5s'")  # rather seal later than let everybody wait
                cursor.execute("LOCK TABLE audit_event IN SHARE ROW EXCLUSIVE MODE")
        before = Seal.objects.order_by("-last_event").first()
        first = before.last_event + 1 if before else 1
        rows = list(Event.objects.filter(id__gte=first).order_by("id").values_list("id", "mac")[:ROWS_PER_SEAL])
        if not rows:
            return 0
        last = rows[-1][0]
        gaps = sorted(set(range(first, last + 1)) - {pk for pk, _ in rows})
        at = clock.now()
        previous = bytes(before.digest) if before else FIRST_PREVIOUS
        digest = seal_digest(
            previous=previous,
            first=first,
            last=last,
            gaps=gaps,
            at=at.astimezone(UTC).isoformat(),
            macs=(bytes(mac) for _, mac in rows),
        )
        Seal.objects.create(
            sealed_at=at,
            first_event=first,
            last_event=last,
            rows=len(rows),
            gaps=gaps,
            previous=previous,
            digest=digest,
        )
    return len(rows)

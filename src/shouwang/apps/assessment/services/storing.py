"""What every verb on standards shares: being alone at the table, the rows in force, the step and the audit row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import connection

from shouwang.apps.assessment import selectors, states
from shouwang.apps.assessment.access import SUBJECT
from shouwang.apps.assessment.models import LocalStandard, StandardStep
from shouwang.apps.assessment.standards import assertion_from
from shouwang.apps.audit.record import record
from shouwang.engine.parameters import Assertion, ParameterTable
from shouwang.lib import clock

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

Key = tuple[str, str]


def stand_alone() -> None:
    """Keep every other writer of standards out until the transaction ends: two values that fit alone may not fit together.

    Readers go on. SQLite's writing transaction is alone already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE assessment_localstandard IN SHARE ROW EXCLUSIVE MODE")


class InForce:
    """The local standards in force as one reading of the table: the parameters they make, and the values by division and item."""

    def __init__(self, rows: Iterable[LocalStandard] | None = None) -> None:
        if rows is None:
            rows = LocalStandard.objects.filter(state__in=states.IN_FORCE).order_by("item", "area_code", "starts_on")
        self._by_key: dict[Key, list[Assertion]] = defaultdict(list)
        for row in rows:
            self._by_key[row.item, row.area_code].append(assertion_from(row))
        self.table: ParameterTable = selectors.book().table(row for rows in self._by_key.values() for row in rows)

    def of(self, assertion: Assertion) -> list[Assertion]:
        """Return the values of the same division and parameter."""
        return self._by_key.get((assertion.item, assertion.area_code), [])


def note_step(
    row: LocalStandard,
    actor: Actor | None,
    verb: str,
    *,
    before: str,
    note: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Write the step in a row's life; ``row.state`` is the state after it."""
    StandardStep.objects.create(
        standard=row,
        at=clock.now(),
        verb=verb,
        from_state=before,
        to_state=row.state,
        post_id=actor.post_id if actor else None,
        note=note,
        details=details or {},
    )


def note_act(row: LocalStandard, actor: Actor, verb: str, *, before: str, details: dict[str, Any]) -> None:
    """Write the audit row of one act on one standard."""
    record(
        actor,
        f"standard.{verb}",
        subject_kind=SUBJECT,
        subject_uuid=row.uuid,
        area_code=row.area_code,
        details={"item": row.item, "from": before, "to": row.state} | details,
    )

"""The log can only grow, whatever tries to change it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from shouwang.apps.audit.models import Event, Seal
from shouwang.apps.audit.record import AuditOutsideTransaction, record
from shouwang.apps.audit.services import seal_events

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [Event, Seal])
def test_nobody_changes_or_deletes_a_row(model: type, write: Callable[[int], list[int]]) -> None:
    write(2)
    seal_events()
    for change in (lambda: model.objects.update(id=99), lambda: model.objects.all().delete()):
        with pytest.raises(DatabaseError, match="只可追加"), transaction.atomic():
            change()
    assert model.objects.exists()


def test_saving_an_event_again_is_refused(write: Callable[[int], list[int]]) -> None:
    event = Event.objects.get(pk=write(1)[0])
    event.verb = "nothing"
    with pytest.raises(DatabaseError), transaction.atomic():
        event.save()


@pytest.mark.django_db(transaction=True)
def test_act_without_transaction_is_refused() -> None:
    with pytest.raises(AuditOutsideTransaction):
        record(None, "view", subject_kind="person")
    assert not Event.objects.exists()


def test_rolled_back_act_leaves_no_event() -> None:
    with transaction.atomic():
        record(None, "view", subject_kind="person")
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_details_hold_what_json_can(write: Callable[[int], list[int]]) -> None:
    from datetime import date
    from uuid import UUID

    with transaction.atomic():
        event = record(None, "view", subject_kind="person", details={"on": date(2026, 1, 2), "uuid": UUID(int=1)})
    assert Event.objects.get(pk=event.pk).details == {"on": "2026-01-02", "uuid": str(UUID(int=1))}

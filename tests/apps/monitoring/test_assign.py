"""Bulk assignment: all or none, within the range, harmless when repeated."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.audit.models import Event
from shouwang.apps.monitoring import services, states
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.monitoring.services import Conflict, Refused
from tests.apps.scene import reported
from tests.cast import NEXT_VILLAGE

pytestmark = pytest.mark.django_db


@pytest.fixture
def alerts(zhen: Actor) -> list[Alert]:
    return [reported(zhen, name=f"户主{number}") for number in range(3)]


def test_township_hands_several_to_the_village(alerts: list[Alert], zhen: Actor, cun: Actor) -> None:
    assert services.assign(zhen, [alert.uuid for alert in alerts], cun) == 3
    assert set(Alert.objects.values_list("assignee_id", "version")) == {(cun.post_id, 1)}
    assert Event.objects.filter(verb="alert.assign").count() == 3


def test_same_assignment_again_changes_nothing(alerts: list[Alert], zhen: Actor, cun: Actor) -> None:
    services.assign(zhen, [alerts[0].uuid], cun)
    assert services.assign(zhen, [alerts[0].uuid], cun) == 0
    assert Alert.objects.get(pk=alerts[0].pk).version == 1


def test_village_may_not_assign(alerts: list[Alert], cun: Actor) -> None:
    with pytest.raises(NotPermitted):
        services.assign(cun, [alerts[0].uuid], cun)


def test_nothing_goes_to_a_post_outside_the_range(alerts: list[Alert], zhen: Actor, linxiang: Actor) -> None:
    with pytest.raises(NotPermitted):
        services.assign(zhen, [alerts[0].uuid], linxiang)


def test_one_alert_out_of_sight_refuses_all(alerts: list[Alert], zhen: Actor, linxiang: Actor, cun: Actor) -> None:
    elsewhere = reported(linxiang, area_code=NEXT_VILLAGE)
    with pytest.raises(Refused):
        services.assign(zhen, [alerts[0].uuid, elsewhere.uuid], cun)
    assert not Alert.objects.filter(assignee__isnull=False).exists()


def test_closed_alert_refuses_all(alerts: list[Alert], zhen: Actor, xian: Actor, cun: Actor) -> None:
    services.dismiss(zhen, alerts[0].uuid, note="无风险。", version=0)
    services.close(xian, alerts[0].uuid, note="同意。", version=1)
    with pytest.raises(Conflict):
        services.assign(zhen, [alert.uuid for alert in alerts], cun)
    assert Alert.objects.exclude(state=states.CLOSED).filter(assignee__isnull=True).count() == 2


@pytest.mark.parametrize("many", [0, 201])
def test_none_or_too_many_are_refused(zhen: Actor, cun: Actor, many: int) -> None:
    with pytest.raises(Refused):
        services.assign(zhen, [uuid4() for _ in range(many)], cun)

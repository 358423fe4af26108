"""The procedure as a whole: who may do what, and what stays true however people press the buttons."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db.models import F, Sum
from django.http import Http404

from shouwang.apps.accounts.access import NotPermitted
from shouwang.apps.audit.models import Event
from shouwang.apps.monitoring import services, states
from shouwang.apps.monitoring.models import Alert, DailyCount, Step
from shouwang.apps.monitoring.services import Conflict, Refused
from shouwang.lib import clock
from tests.apps.scene import reported
from tests.cast import TODAY, Cast

WHO_MAY = {
    "triage": {"township", "county"},
    "refer_up": {"township", "county"},
    "dismiss": {"township", "county"},
    "report_back": {"village", "township", "county"},
    "decide": {"county"},
    "close": {"county"},
    "return_back": {"county"},
    "reject_dismissal": {"county"},
}


def test_table_of_posts_and_verbs() -> None:
    found = {
        step.verb: {level for level in states.LEVELS if states.may_take(step, level, states.DUTIES[source].level)}
        for step in states.TRANSITIONS
        for source in step.sources
    }
    assert found == WHO_MAY


def test_every_state_but_the_last_has_a_duty_and_a_way_on() -> None:
    for state, _ in states.CHOICES:
        ways = states.steps_from(state, states.MAY_QUALIFY)
        assert bool(ways) == (state in states.DUTIES) == (state != states.CLOSED)


def test_closed_is_reached_from_everywhere() -> None:
    reached = {states.CLOSED}
    for _ in states.CHOICES:
        reached |= {source for step in states.TRANSITIONS if step.target in reached for source in step.sources}
    assert reached == {state for state, _ in states.CHOICES}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_nothing_breaks_however_the_buttons_are_pressed(cast: Cast, seed: int) -> None:
    chance = random.Random(seed)
    alerts = [reported(cast.zhen, name=f"户主{number}") for number in range(3)]
    verbs = ("triage", "refer_up", "dismiss", "report_back", "decide", "return_back", "close")
    for day in range(120):
        actor = chance.choice([*cast.all(), cast.zhen, cast.xian, cast.xian])
        alert = chance.choice(alerts)
        before = Alert.objects.get(pk=alert.pk)
        fitting = [step.page_verb for step in states.steps_from(before.state, before.disposition)]
        with clock.pinned(TODAY + timedelta(days=day // 6)), suppress(Conflict, Refused, NotPermitted, Http404):
            if chance.random() < 0.1:
                services.escalate_overdue(clock.today())
            elif chance.random() < 0.1:
                services.assign(actor, [alert.uuid], cast.cun)
            else:
                services.take_step(
                    actor,
                    alert.uuid,
                    chance.choice(fitting if fitting and chance.random() < 0.7 else verbs),
                    disposition=chance.choice([outcome for outcome, _ in states.DISPOSITIONS]),
                    note="已核实。",
                    version=before.version - (chance.random() < 0.2),
                )
        if before.state == states.CLOSED:
            assert Alert.objects.get(pk=alert.pk) == before
            assert Alert.objects.get(pk=alert.pk).version == before.version
    check_what_always_holds()
    assert Step.objects.count() > 15


def check_what_always_holds() -> None:
    for alert in Alert.objects.all():
        steps = list(alert.steps.order_by("id"))
        assert alert.version == len(steps) - 1  # the first step is the report itself
        assert [step.from_state for step in steps[1:]] == [step.to_state for step in steps[:-1]]
        assert steps[-1].to_state == alert.state
        assert Event.objects.filter(subject_uuid=str(alert.uuid)).count() == len(steps)
        assert (alert.escalate_after is None) == (
            alert.state == states.CLOSED or alert.handling_level == "city" or alert.due_on is None
        )
    sums = DailyCount.objects.aggregate(opened=Sum("opened"), closed=Sum("closed"), days=Sum("days_to_close"))
    closed = Alert.objects.filter(state=states.CLOSED)
    assert (sums["opened"], sums["closed"]) == (Alert.objects.count(), closed.count())
    assert not DailyCount.objects.exclude(closed=F("confirmed") + F("false_alarms")).exists()
    assert sums["days"] == sum((alert.closed_on - alert.opened_on).days for alert in closed)
    assert not Step.objects.filter(note__contains="99010119").exists()

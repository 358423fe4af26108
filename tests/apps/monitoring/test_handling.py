"""研判 → 处置 → 反馈 → 办结: each verb once, each refusal beside it."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import Http404

from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.audit.models import Event
from shouwang.apps.monitoring import services, states
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.monitoring.services import Conflict, Refused
from shouwang.lib import clock
from tests.apps.scene import reported
from tests.cast import OTHER_VILLAGE, TODAY

pytestmark = pytest.mark.django_db

QUALIFIES = states.MAY_QUALIFY


@pytest.fixture
def alert(cun: Actor) -> Alert:
    return reported(cun)


def triaged(alert: Alert, actor: Actor) -> Alert:
    return services.triage(actor, alert.uuid, disposition=QUALIFIES, note="入户核实，情况属实。", version=alert.version)


def fed_back(alert: Alert, township: Actor) -> Alert:
    alert = triaged(alert, township)
    return services.report_back(township, alert.uuid, note="已协助申请低保。", version=alert.version)


def test_township_triages_and_the_clock_starts_anew(alert: Alert, zhen: Actor) -> None:
    done = triaged(alert, zhen)
    assert (done.state, done.disposition, done.version) == ("handling", QUALIFIES, 1)
    assert (done.clock_from, done.due_on) == (TODAY, date(2026, 11, 16))
    step = done.steps.get(verb="triage")
    assert (step.from_state, step.to_state, step.post_id) == ("open", "handling", zhen.post_id)
    event = Event.objects.get(verb="alert.triage")
    assert (event.subject_uuid, event.actor_id, event.area_code) == (str(alert.uuid), zhen.user_id, alert.area_code)


@pytest.mark.parametrize("outcome", states.CONFIRMED)
def test_each_legal_outcome_goes_its_way(alert: Alert, zhen: Actor, outcome: str) -> None:
    done = services.take_step(zhen, alert.uuid, "triage", disposition=outcome, note="已核实。", version=0)
    assert (done.disposition, done.state) == (outcome, "coordination" if outcome == states.COMPLEX else "handling")


def test_whole_way_to_the_end(alert: Alert, cun: Actor, zhen: Actor, xian: Actor) -> None:
    triaged(alert, zhen)
    services.report_back(cun, alert.uuid, note="已陪同办理。", version=1)
    done = services.close(xian, alert.uuid, note="同意办结。", version=2)
    assert (done.state, done.closed_on, done.escalate_after) == ("closed", TODAY, None)
    assert list(done.steps.order_by("id").values_list("verb", flat=True)) == [
        "report",
        "triage",
        "report_back",
        "close",
    ]


def test_county_sends_feedback_back(alert: Alert, zhen: Actor, xian: Actor) -> None:
    waiting = fed_back(alert, zhen)
    done = services.return_back(xian, alert.uuid, note="请补充入户照片说明。", version=waiting.version)
    assert (done.state, done.disposition, done.handling_level) == ("handling", QUALIFIES, "township")


def test_county_sends_a_dismissal_back_to_be_judged_anew(alert: Alert, zhen: Actor, xian: Actor) -> None:
    services.dismiss(zhen, alert.uuid, note="电话核实无异常。", version=0)
    done = services.return_back(xian, alert.uuid, note="请入户核实。", version=1)
    assert (done.state, done.disposition, done.reason) == ("open", "", "")


def test_coordination_ends_in_handling(alert: Alert, zhen: Actor, xian: Actor) -> None:
    services.refer_up(zhen, alert.uuid, note="涉及多部门。", version=0)
    with pytest.raises(NotPermitted):
        services.decide(zhen, alert.uuid, note="按临时救助办理。", version=1)
    assert services.decide(xian, alert.uuid, note="按临时救助办理。", version=1).state == "handling"


def test_village_post_may_not_triage(alert: Alert, cun: Actor) -> None:
    with pytest.raises(NotPermitted, match="村级"):
        triaged(alert, cun)
    assert Alert.objects.get().state == "open"


def test_next_countys_alert_is_as_if_absent(alert: Alert, linxiang: Actor) -> None:
    with pytest.raises(Http404):
        triaged(alert, linxiang)


def test_other_villages_alert_is_absent_for_a_village_post_until_assigned(cun: Actor, zhen: Actor) -> None:
    other = triaged(reported(zhen, area_code=OTHER_VILLAGE), zhen)
    with pytest.raises(Http404):
        services.report_back(cun, other.uuid, note="已办理。", version=1)
    services.assign(zhen, [other.uuid], cun)
    assert services.report_back(cun, other.uuid, note="已办理。", version=2).state == "feedback"


def test_wrong_state_is_a_conflict(alert: Alert, xian: Actor) -> None:
    with pytest.raises(Conflict):
        services.close(xian, alert.uuid, note="办结。", version=0)


def test_stale_version_is_a_conflict_and_leaves_no_trace(alert: Alert, zhen: Actor, xian: Actor) -> None:
    triaged(alert, zhen)
    before = Event.objects.count()
    with pytest.raises(Conflict, match="已被他人办理"):
        services.report_back(xian, alert.uuid, note="已办理。", version=0)
    assert (Event.objects.count(), Alert.objects.get().version) == (before, 1)


def test_same_click_twice_says_it_was_done(alert: Alert, zhen: Actor) -> None:
    triaged(alert, zhen)
    with pytest.raises(Conflict, match="已经办理成功"):
        triaged(alert, zhen)


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("  ", "请填写说明"),
        ("字" * 1001, "最多"),
        ("身份证 990101197005170012 已核", "身份证号"),
        ("１１０１０１７００５１７００１", "身份证号"),
    ],
)
def test_note_that_cannot_be_kept_is_refused(alert: Alert, zhen: Actor, note: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        services.triage(zhen, alert.uuid, disposition=QUALIFIES, note=note, version=0)


@pytest.mark.parametrize("note", ["电话13800138000，10月已付3000元", "编号2026110200012345"])
def test_ordinary_numbers_in_a_note_are_kept(alert: Alert, zhen: Actor, note: str) -> None:
    assert services.triage(zhen, alert.uuid, disposition=QUALIFIES, note=note, version=0).reason == note


def test_triage_without_an_outcome_is_refused(alert: Alert, zhen: Actor) -> None:
    with pytest.raises(Refused, match="研判结论"):
        services.triage(zhen, alert.uuid, disposition=states.FALSE_ALARM, note="无风险。", version=0)


def test_province_sees_but_does_not_act(alert: Alert, sheng: Actor) -> None:
    with pytest.raises(NotPermitted):
        triaged(alert, sheng)


def test_deadline_counts_working_days_over_a_holiday(cun: Actor) -> None:
    with clock.pinned(date(2026, 9, 29)):  # Tuesday; 1–7 October are holidays
        assert reported(cun).due_on == date(2026, 10, 9)


def test_unpublished_year_leaves_the_deadline_open(alert: Alert, cun: Actor) -> None:
    with clock.pinned(date(2026, 12, 31)):
        assert reported(cun, name="孙二嫂").due_on is None

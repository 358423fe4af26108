"""主动发现: from the phone into the same worklist, harmless when sent twice."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.http import Http404

from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.monitoring import selectors, services
from shouwang.apps.monitoring.models import Alert, DailyCount, Report
from shouwang.apps.monitoring.services import Finding, Refused
from shouwang.apps.registry.models import Household
from tests.apps.scene import reported
from tests.cast import NEXT_VILLAGE, OTHER_VILLAGE, TOWNSHIP, member, register

pytestmark = pytest.mark.django_db


def household(area_code: str, serial: int = 1) -> UUID:
    person = register(member(serial, household=f"AH{serial}", area_code=area_code, name="张大爷"))[0]
    return Household.objects.get(pk=person.household_id).uuid


def finding(**given: object) -> Finding:
    return Finding(**{"uuid": uuid4(), "difficulty": "illness", "note": "突发脑梗住院，无人照料。"} | given)


def test_household_outside_the_register_enters_the_worklist(cun: Actor) -> None:
    alert = reported(cun)
    row = selectors.worklist(cun).rows[0]
    assert (alert.household_id, alert.level, row.rule_label, row.name) == (None, "橙", "主动发现", "赵**")
    assert DailyCount.objects.get().opened == 1


def test_household_of_the_register_keeps_its_head_for_search(cun: Actor) -> None:
    from tests.cast import VILLAGE

    alert = services.report_household(cun, finding(household=household(VILLAGE)))
    assert (alert.subject_name, alert.area_code) == ("张大爷", VILLAGE)
    assert [row.uuid for row in selectors.worklist(cun, {"text": "大爷"}).rows] == [alert.uuid]


def test_same_uuid_twice_is_one_report(cun: Actor) -> None:
    uuid = uuid4()
    assert reported(cun, uuid=uuid).pk == reported(cun, uuid=uuid).pk
    assert (Alert.objects.count(), Report.objects.count(), DailyCount.objects.get().opened) == (1, 1, 1)


def test_second_report_of_a_household_is_one_more_sighting(cun: Actor, zhen: Actor) -> None:
    from tests.cast import VILLAGE

    home = household(VILLAGE)
    first = services.report_household(cun, finding(household=home))
    again = services.report_household(zhen, finding(household=home))
    alert = Alert.objects.get()
    assert (again.pk, alert.times_seen, alert.reports.count(), alert.version) == (first.pk, 2, 2, 0)


def test_another_posts_uuid_is_refused(cun: Actor, zhen: Actor) -> None:
    uuid = uuid4()
    reported(cun, uuid=uuid)
    with pytest.raises(Refused):
        reported(zhen, uuid=uuid)


def test_household_of_another_village_is_absent(cun: Actor) -> None:
    with pytest.raises(Http404):
        services.report_household(cun, finding(household=household(OTHER_VILLAGE)))


def test_place_outside_the_range_is_not_permitted(cun: Actor) -> None:
    with pytest.raises(NotPermitted):
        reported(cun, area_code=NEXT_VILLAGE)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"difficulty": "x"}, "困难情形"),
        ({"note": ""}, "说明"),
        ({"name": " "}, "户主姓名"),
        ({"place": ""}, "住址"),
        ({"area_code": TOWNSHIP}, "所在村"),
        ({"name": "990101197005170012"}, "身份证号"),
    ],
)
def test_incomplete_report_is_refused_with_what_to_correct(zhen: Actor, wrong: dict[str, str], said: str) -> None:
    whole = {"name": "赵大山", "place": "三组", "area_code": OTHER_VILLAGE}
    with pytest.raises(Refused, match=said):
        services.report_household(zhen, finding(**(whole | wrong)))
    assert not Alert.objects.exists()

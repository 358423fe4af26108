"""应保尽保 as a worklist source: seen in range only, taken up once, handled like any other alert."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import reverse

from shouwang.apps.accounts.access import Actor, NotPermitted
from shouwang.apps.assessment.models import Finding
from shouwang.apps.assessment.services import import_standards, screen_register
from shouwang.apps.audit.models import Event
from shouwang.apps.monitoring import services
from shouwang.apps.monitoring.models import Alert, DailyCount
from shouwang.apps.registry.models import Membership
from tests.apps.assessment.test_screening import LINES
from tests.apps.scene import OCTOBER, family, rostered, standards_file
from tests.cast import COUNTY, OTHER_TOWNSHIP, OTHER_VILLAGE, Cast

pytestmark = pytest.mark.django_db
ELSEWHERE = f"{OTHER_TOWNSHIP[:9]}201"


@pytest.fixture
def screened(tmp_path: Path, db: None) -> None:
    import_standards(standards_file(tmp_path, LINES))
    rostered(
        tmp_path,
        family(1, "3600"),
        family(2, "20000", category="低保", village=OTHER_VILLAGE),
        family(3, "1200", village=ELSEWHERE),
    )
    screen_register(COUNTY, OCTOBER)


def finding(number: int) -> Finding:
    return Finding.objects.filter(scheme="dibao").order_by("household_id")[number - 1]


def test_the_clerk_sees_her_township_and_what_to_do(sign_in, zhen: Actor, screened: None) -> None:
    body = sign_in(zhen).get(reverse("monitoring:coverage")).content.decode()
    assert "H1" in body
    assert "H2" in body
    assert "H3" not in body
    assert "符合条件未纳入" in body
    assert "300.00元" in body
    assert "协助提出申请" in body
    assert Event.objects.filter(verb="list", subject_kind="finding").count() == 1


def test_every_row_leads_to_its_reason_on_the_day_of_the_screening(sign_in, xian: Actor, screened: None) -> None:
    client, found = sign_in(xian), Finding.objects.get(pk=finding(1).pk)
    of_member = Membership.objects.filter(household_id=found.household_id).first().person
    Finding.objects.create(
        screening=found.screening,
        scheme="single_unit",
        verdict=1,
        rank=1,
        area_code=found.area_code,
        household_id=found.household_id,
        person_id=of_member.pk,
    )
    body = client.get(reverse("monitoring:coverage")).content.decode()
    links = set(re.findall(r'href="(/households/[^"]+/why/[^"]*)"', body))
    assert any(f"/why/single_unit_eligible/{of_member.uuid}/" in link for link in links)
    assert any("/why/dibao_eligible/?" in link for link in links)
    for link in links:
        assert link.endswith(f"?on={OCTOBER.isoformat()}")
        assert "理由" in client.get(link).content.decode()


@pytest.mark.parametrize("who", ["shi", "sheng"])
def test_city_and_province_see_the_screening_of_a_county_below_and_which(
    sign_in, cast: Cast, screened: None, who: str
) -> None:
    body = sign_in(getattr(cast, who)).get(reverse("monitoring:coverage")).content.decode()
    assert "H1" in body
    assert "990101" in body.split("的登记册")[0] or "安禾县" in body.split("的登记册")[0]


def test_the_next_county_sees_nothing(sign_in, linxiang: Actor, screened: None) -> None:
    body = sign_in(linxiang).get(reverse("monitoring:coverage")).content.decode()
    assert "还没有筛查过" in body


def test_filters_narrow_the_list_and_nonsense_counts_as_none(sign_in, xian: Actor, screened: None) -> None:
    client = sign_in(xian)
    only_out = client.get(reverse("monitoring:coverage"), {"scheme": "dibao", "verdict": "4"}).content.decode()
    assert "H2" in only_out
    assert "H1" not in only_out
    garbage = client.get(
        reverse("monitoring:coverage"), {"scheme": "x", "verdict": "绿", "area": "1", "after": "9" * 40}
    )
    assert "H1" in garbage.content.decode()


def test_the_clerk_takes_a_finding_into_the_worklist(zhen: Actor, screened: None) -> None:
    assert services.take_up(zhen, [finding(1).uuid]) == 1
    alert = Alert.objects.get()
    assert (alert.rule, alert.level, alert.direction, alert.state) == ("coverage.dibao.in", "橙", "in", "open")
    assert alert.evidence["amount"] == 30_000
    assert alert.due_on is not None
    assert alert.steps.get().verb == "take_up"
    assert DailyCount.objects.get().opened == 1
    assert Event.objects.get(verb="alert.take_up").subject_uuid == str(alert.uuid)


def test_a_repeat_opens_nothing_more(zhen: Actor, xian: Actor, screened: None) -> None:
    services.take_up(zhen, [finding(1).uuid])
    assert services.take_up(xian, [finding(1).uuid, finding(2).uuid]) == 1
    assert Alert.objects.count() == 2


@pytest.mark.parametrize("who", ["cun", "shi", "sheng"])
def test_posts_that_do_not_handle_may_not_take_up(cast, who: str, screened: None) -> None:
    with pytest.raises(NotPermitted):
        services.take_up(getattr(cast, who), [finding(1).uuid])
    assert not Alert.objects.exists()


def test_out_of_range_or_gone_is_refused_whole(zhen: Actor, screened: None) -> None:
    for wanted in ([finding(1).uuid, finding(3).uuid], [uuid4()], []):
        with pytest.raises(services.Refused):
            services.take_up(zhen, wanted)
    assert not Alert.objects.exists()


def test_the_alert_page_tells_why_and_what_to_do(sign_in, zhen: Actor, screened: None) -> None:
    client = sign_in(zhen)
    client.post(reverse("monitoring:take_up"), {"finding": [str(finding(1).uuid)]})
    alert = Alert.objects.get()
    body = client.get(reverse("monitoring:alert", args=[alert.uuid])).content.decode()
    assert "应保未保：最低生活保障" in body
    assert "每月应享" in body
    assert "动态监测" in body
    assert "已在工作台" in client.get(reverse("monitoring:coverage")).content.decode()
    assert "应保未保" in client.get(reverse("monitoring:worklist")).content.decode()


def test_nothing_chosen_is_said(sign_in, zhen: Actor, screened: None) -> None:
    answer = sign_in(zhen).post(reverse("monitoring:take_up"), {"finding": ["不是编号"]}, follow=True)
    assert "请先选择筛查结果" in answer.content.decode()


def test_the_list_asks_the_database_equally_often_for_one_and_for_many(
    sign_in, xian: Actor, screened: None, django_assert_max_num_queries
) -> None:
    client = sign_in(xian)
    with django_assert_max_num_queries(22):
        client.get(reverse("monitoring:coverage"))


def test_a_finding_of_a_wider_screening_is_outdated_once_the_county_has_its_own(zhen: Actor, screened: None) -> None:
    screen_register("990000000000", OCTOBER)
    older = Finding.objects.filter(scheme="dibao").order_by("household_id")[0].uuid
    screen_register(COUNTY, OCTOBER)
    assert Finding.objects.filter(uuid=older).exists()
    with pytest.raises(services.Refused):
        services.take_up(zhen, [older])
    assert not Alert.objects.exists()

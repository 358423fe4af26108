"""The alert's pages: who may see what, what they say, what a stale or wrong form gets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client

from shouwang.apps.accounts.access import Actor
from shouwang.apps.assessment.services import import_standards
from shouwang.apps.audit.models import Event
from shouwang.apps.monitoring import services, states
from shouwang.apps.monitoring.models import Alert, Report
from shouwang.apps.registry.models import Household
from shouwang.lib import clock
from tests.apps.scene import OCTOBER, ill_person, places, reported, run_once, standards_file
from tests.cast import OTHER_VILLAGE, VILLAGE, id_number, member, register

pytestmark = pytest.mark.django_db

SignIn = Callable[[Actor], Client]


@pytest.fixture
def warned(tmp_path: Path) -> Alert:
    import_standards(standards_file(tmp_path))
    with clock.pinned(OCTOBER):
        ill_person()
        run_once()
    return Alert.objects.get()


def page(client: Client, alert: Alert) -> str:
    answer = client.get(f"/alerts/{alert.uuid}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_page_tells_why_with_value_line_and_article(warned: Alert, zhen: Actor, sign_in: SignIn) -> None:
    text = page(sign_in(zhen), warned)
    assert "6,000.00元" in text
    assert "5,000.00元" in text
    assert "依据" in text
    assert "低保对象" in text
    assert "2026-11-04" in text


def test_name_is_whole_for_those_who_go_there_and_masked_above(
    warned: Alert, zhen: Actor, shi: Actor, sign_in: SignIn
) -> None:
    assert "测试1" in page(sign_in(zhen), warned)
    above = page(sign_in(shi), warned)
    assert "测试1" not in above
    assert "测**" in above


def test_identity_number_is_masked_for_everyone(warned: Alert, cun: Actor, sign_in: SignIn) -> None:
    text = page(sign_in(cun), warned)
    assert id_number(1) not in text
    assert "990101********" in text


def test_page_takes_few_queries(
    warned: Alert, zhen: Actor, sign_in: SignIn, django_assert_max_num_queries: Callable[..., object]
) -> None:
    client = sign_in(zhen)
    page(client, warned)
    with django_assert_max_num_queries(28):
        page(client, warned)


def test_look_leaves_one_audit_row(warned: Alert, zhen: Actor, sign_in: SignIn) -> None:
    page(sign_in(zhen), warned)
    event = Event.objects.get(verb="view", subject_kind="alert")
    assert (event.subject_uuid, event.post_id) == (str(warned.uuid), zhen.post_id)


def test_next_county_gets_the_same_404_as_for_nothing(warned: Alert, linxiang: Actor, sign_in: SignIn) -> None:
    client = sign_in(linxiang)
    foreign, absent = client.get(f"/alerts/{warned.uuid}/"), client.get(f"/alerts/{uuid4()}/")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.content == absent.content
    assert client.post(f"/alerts/{warned.uuid}/triage", {"version": 0, "note": "x"}).status_code == 404


def test_township_triages_from_the_page(warned: Alert, zhen: Actor, sign_in: SignIn) -> None:
    sent = {"version": 0, "disposition": states.MAY_QUALIFY, "note": "入户核实，情况属实。"}
    answer = sign_in(zhen).post(f"/alerts/{warned.uuid}/triage", sent)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/alerts/{warned.uuid}/")
    warned.refresh_from_db()
    assert warned.state == "handling"


def test_stale_page_gets_409_with_the_way_back(warned: Alert, zhen: Actor, xian: Actor, sign_in: SignIn) -> None:
    services.triage(xian, warned.uuid, disposition=states.MAY_QUALIFY, note="县级已研判。", version=0)
    sent = {"version": 0, "disposition": states.FALSE_ALARM, "note": "误报。"}
    answer = sign_in(zhen).post(f"/alerts/{warned.uuid}/triage", sent)
    assert answer.status_code == 409
    assert f"/alerts/{warned.uuid}/" in answer.content.decode()
    assert "已被他人办理" in answer.content.decode()


def test_village_post_gets_403_for_triage(warned: Alert, cun: Actor, sign_in: SignIn) -> None:
    sent = {"version": 0, "disposition": states.MAY_QUALIFY, "note": "属实。"}
    assert sign_in(cun).post(f"/alerts/{warned.uuid}/triage", sent).status_code == 403


@pytest.mark.parametrize(
    ("sent", "said"),
    [({"version": 0, "note": "属实。"}, "请选择研判结论"), ({"version": 0, "disposition": "may_exit"}, "请填写说明")],
)
def test_incomplete_form_comes_back_with_what_to_correct(
    warned: Alert, zhen: Actor, sign_in: SignIn, sent: dict[str, object], said: str
) -> None:
    answer = sign_in(zhen).post(f"/alerts/{warned.uuid}/triage", sent)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("note", [f"本人 {id_number(1)} 属实。", "属\x00实"])
def test_refused_note_comes_back_with_what_was_written(warned: Alert, zhen: Actor, sign_in: SignIn, note: str) -> None:
    sent = {"version": 0, "disposition": states.MAY_QUALIFY, "note": note}
    answer = sign_in(zhen).post(f"/alerts/{warned.uuid}/triage", sent)
    assert (answer.status_code, "属" in answer.content.decode()) == (422, True)
    assert "invalid-feedback" in answer.content.decode()
    assert Alert.objects.get().version == 0


def test_unknown_verb_changes_nothing(warned: Alert, zhen: Actor, sign_in: SignIn) -> None:
    answer = sign_in(zhen).post(f"/alerts/{warned.uuid}/erase", {"version": 0, "note": "x"})
    assert answer.status_code == 404
    assert Alert.objects.get().version == 0


def test_posts_are_offered_only_what_they_may_do(warned: Alert, cun: Actor, zhen: Actor, sign_in: SignIn) -> None:
    assert "提交研判" in page(sign_in(zhen), warned)
    village = page(sign_in(cun), warned)
    assert "提交研判" not in village
    assert "由乡镇级办理" in village


def test_unpublished_calendar_is_said_on_the_page(cun: Actor, sign_in: SignIn) -> None:
    with clock.pinned(date(2026, 12, 31)):
        alert = reported(cun)
        assert "该年节假日安排尚未发布，期限待定" in page(sign_in(cun), alert)


def test_bulk_assignment_goes_back_to_the_same_list(warned: Alert, zhen: Actor, cun: Actor, sign_in: SignIn) -> None:
    sent = {"alert": [str(warned.uuid)], "post": cun.post_id, "back": "/?level=橙"}
    answer = sign_in(zhen).post("/alerts/assign", sent)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/?level=")
    assert Alert.objects.get().assignee_id == cun.post_id


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_bulk_assignment_never_leads_off_the_site(
    warned: Alert, zhen: Actor, cun: Actor, sign_in: SignIn, back: str
) -> None:
    answer = sign_in(zhen).post("/alerts/assign", {"alert": [str(warned.uuid)], "post": cun.post_id, "back": back})
    assert answer.headers["Location"] == "/"


def test_report_from_the_phone_twice_is_one(cun: Actor, sign_in: SignIn, tmp_path: Path) -> None:
    client = sign_in(cun)
    sent = {
        "uuid": str(uuid4()),
        "difficulty": "unattended",
        "note": "独居老人三天未出门。",
        "name": "钱老太",
        "place": "五组",
        "area_code": VILLAGE,
    }
    places(tmp_path)
    first, again = client.post("/report/", sent), client.post("/report/", sent)
    assert (first.status_code, again.status_code, first.headers["Location"]) == (302, 302, again.headers["Location"])
    assert (Alert.objects.count(), Report.objects.count()) == (1, 1)


def test_report_finds_a_household_by_number_and_by_name(cun: Actor, sign_in: SignIn) -> None:
    register(member(7, household="AH-007", name="欧阳大爷"))
    client = sign_in(cun)
    for text in ("AH-007", "欧阳"):
        found = client.post("/report/", {"q": text}).content.decode()
        assert "AH-007" in found
        assert "欧阳大爷" in found


def test_incomplete_report_keeps_what_was_written(cun: Actor, sign_in: SignIn) -> None:
    answer = sign_in(cun).post("/report/", {"uuid": str(uuid4()), "note": "塌了一间房。"})
    text = answer.content.decode()
    assert (answer.status_code, "请选择困难情形" in text, "塌了一间房。" in text) == (422, True, True)


@pytest.mark.parametrize("path", ["/?q=%00", "/?after=9.9", "/?level=x&rule=%00", "/report/?q=%00%01", "/?area=xx"])
def test_odd_addresses_are_answered_calmly(zhen: Actor, sign_in: SignIn, path: str) -> None:
    assert sign_in(zhen).get(path).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [{"alert": ["x"], "post": "1"}, {"alert": [str(uuid4())], "post": "9" * 40}, {"post": "1"}, {"alert": ["\x00"]}],
)
def test_odd_assignments_change_nothing(zhen: Actor, sign_in: SignIn, sent: dict[str, object]) -> None:
    assert sign_in(zhen).post("/alerts/assign", sent).status_code == 302


def test_going_back_in_the_browser_gets_the_whole_page(zhen: Actor, sign_in: SignIn) -> None:
    asked = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in sign_in(zhen).get("/", headers=asked).content.decode()


def test_pages_need_a_sign_in(client: Client) -> None:
    for path in ("/", "/report/", "/quality/", f"/alerts/{uuid4()}/"):
        answer = client.get(path)
        assert (answer.status_code, "/login" in answer.headers["Location"]) == (302, True)


def test_name_searched_for_in_vain_leaves_a_row_without_the_name(zhen: Actor, sign_in: SignIn) -> None:
    client = sign_in(zhen)
    client.get("/", {"level": "红"})
    assert not Event.objects.filter(verb="list").exists()
    client.get("/", {"q": "无此人"})
    assert Event.objects.get(verb="list").details == {"uuids": []}


def test_report_of_a_registered_household_is_one_act_and_no_look(cun: Actor, sign_in: SignIn) -> None:
    register(member(7, household="AH-007"))
    household = Household.objects.get(number="AH-007").uuid
    sent = {"uuid": uuid4(), "household": household, "difficulty": "illness", "note": "老人卧床。"}
    assert sign_in(cun).post("/report/", sent).status_code == 302
    assert list(Event.objects.filter(actor_id=cun.user_id).values_list("verb", flat=True)) == ["alert.report"]


def test_alert_assigned_from_the_next_village_offers_no_file_that_would_not_open(
    warned: Alert, zhen: Actor, cun: Actor, sign_in: SignIn
) -> None:
    assert "打开一户一档" in page(sign_in(cun), warned)
    Alert.objects.filter(pk=warned.pk).update(area_code=OTHER_VILLAGE)
    Household.objects.filter(pk=warned.household_id).update(area_code=OTHER_VILLAGE)
    services.assign(zhen, [warned.uuid], cun)
    assert "打开一户一档" not in page(sign_in(cun), warned)

"""The pages of local standards: what they say, who may open what, every form they post."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shouwang.apps.accounts.access import Actor
from shouwang.apps.assessment import selectors, services, states
from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.audit.models import Event
from shouwang.engine.reform import Change, Reform
from tests.apps.assessment.offices import approved, county_with_line, wanted
from tests.apps.scene import ill_person, places, standards_file
from tests.cast import COUNTY, NEXT_COUNTY, TODAY, VILLAGE

pytestmark = pytest.mark.django_db

SignIn = Callable[[Actor], Client]
MostQueries = Callable[..., object]
DRAFT = f"/standards/draft?area={COUNTY}&item=dibao_rural"
FORM = {
    "amount": "550",
    "per": "person-month",
    "valid_from": "2027-01-01",
    "last_day": "",
    "source": "安禾民发〔2026〕31号",
    "article": "一",
    "last_confirmed": "",
}


@pytest.fixture(autouse=True)
def _county(cast: object, tmp_path: Path) -> None:
    places(tmp_path)
    county_with_line(tmp_path)


def read(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def test_list_shows_month_year_source_and_where_it_comes_from(xian: Actor, sign_in: SignIn) -> None:
    text = read(sign_in(xian), "/standards/")
    for said in (
        "农村低保标准",
        "500.00",
        "6,000.00",
        "安禾民发〔2025〕30号",
        "本级",
        "示范省",
        "未设定",
        "最低生活保障",
    ):
        assert said in text
    assert "影响" in text
    assert "城市低保标准" in text


def test_list_takes_few_queries(xian: Actor, sign_in: SignIn, django_assert_max_num_queries: MostQueries) -> None:
    client = sign_in(xian)
    read(client, "/standards/")
    with django_assert_max_num_queries(14):
        read(client, "/standards/")


def test_list_is_filtered_and_htmx_gets_the_table_alone(xian: Actor, sign_in: SignIn) -> None:
    client = sign_in(xian)
    part = client.get("/standards/", {"q": "边缘"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "低保边缘线" in part
    assert "特困" not in part
    unset = read(client, "/standards/?unset=on")
    assert "6,000.00" not in unset
    assert "800.00" not in unset
    assert "80" in read(client, "/standards/?national=on")
    assert "老年人年龄" not in read(client, "/standards/")


def test_list_as_of_a_day_before_it_began(xian: Actor, sign_in: SignIn) -> None:
    assert "6,000.00" not in read(sign_in(xian), "/standards/?on=2025-12-31")


def test_village_reads_what_holds_there_and_finds_no_button(cun: Actor, sign_in: SignIn) -> None:
    client = sign_in(cun)
    text = read(client, "/standards/")
    assert "6,000.00" in text
    assert "安禾县" in text
    assert "拟定标准" not in text
    assert "地方标准</span></a>" not in text  # no menu entry below the county
    read(client, f"/standards/history?area={COUNTY}&item=dibao_rural")
    for path in (f"/standards/draft?area={VILLAGE}", "/standards/upload", f"/standards/adjustment?area={VILLAGE}"):
        assert "只能查看" in read(client, path, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/standards/?area={0}",
        "/standards/history?area={0}&item=dibao_rural",
        "/standards/draft?area={0}&item=dibao_rural",
        "/standards/adjustment?area={0}&item=dibao_rural",
        "/standards/export.csv?area={0}",
    ],
)
def test_another_county_is_as_absent_as_no_county(xian: Actor, sign_in: SignIn, path: str) -> None:
    client = sign_in(xian)
    first, second, third = (client.get(path.format(code)) for code in (NEXT_COUNTY, "880101000000", "x"))
    assert first.status_code == second.status_code == third.status_code == 404
    assert first.content == second.content == third.content


def test_draft_goes_from_form_to_approval_by_another(xian: Actor, shi: Actor, sign_in: SignIn) -> None:
    client = sign_in(xian)
    asked = read(client, DRAFT)
    for said in ("6,000.00元/年", "省定农村低保最低标准", "元/月", "元/年"):
        assert said in asked
    answer = client.post(DRAFT, FORM)
    row = LocalStandard.objects.get(state=states.DRAFT)
    assert answer.headers["Location"] == f"/standards/{row.uuid}/"
    assert (row.amount_fen, row.published, row.published_unit, row.article) == (55000, "550", "元/月", "一")
    page = read(client, f"/standards/{row.uuid}/")
    assert "须由另一位同事复核" in page
    assert f"standards/{row.uuid}/approve" not in page
    assert "9,900.00元/年" in page  # the marginal line moves with it
    other = sign_in(shi)
    page = read(other, f"/standards/{row.uuid}/")
    for said in ("复核通过", "480.00元/月", "6,600.00元/年", "高 10.0%", "随之变动的标准"):
        assert said in page
    assert "农村低保标准" in read(other, "/standards/")
    done = other.post(f"/standards/{row.uuid}/approve", {"version": 0, "note": ""}, follow=True)
    assert "已办理：复核通过" in done.content.decode()
    assert selectors.parameters().lookup("dibao_rural", VILLAGE, date(2027, 1, 1)).value == 660000


def test_page_of_a_back_dated_draft_says_which_months(xian: Actor, shi: Actor, sign_in: SignIn) -> None:
    row = services.draft_standard(xian, wanted(since=date(2026, 7, 1)))
    page = read(sign_in(shi), f"/standards/{row.uuid}/")
    assert "追溯执行" in page
    assert "5 个月（2026年7月至2026年11月）" in page


def test_maker_who_posts_the_approval_anyway_is_told(xian: Actor, sign_in: SignIn) -> None:
    row = services.draft_standard(xian, wanted())
    answer = sign_in(xian).post(f"/standards/{row.uuid}/approve", {"version": 0})
    assert answer.status_code == 403
    assert "另一人" in answer.content.decode()
    assert LocalStandard.objects.get(pk=row.pk).state == states.DRAFT


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "47"}, "低于"),
        ({"amount": "五百"}, "不是数字"),
        ({"amount": "550.005"}, "细于一分钱"),
        ({"amount": ""}, "必填项"),
        ({"per": "person-week"}, "person-week"),
        ({"valid_from": "2026-02-30"}, "有效的日期"),
        ({"valid_from": "1949-10-01"}, "日期应在"),
        ({"last_day": "2026-12-01"}, "早于执行之日"),
        ({"source": ""}, "必填项"),
        ({"source": "@SUM(1)"}, "不能以"),
        ({"valid_from": "2026-01-01"}, "已有另一个值"),
    ],
)
def test_wrong_draft_comes_back_with_its_reason(
    xian: Actor, sign_in: SignIn, changes: dict[str, str], said: str
) -> None:
    answer = sign_in(xian).post(DRAFT, FORM | changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not LocalStandard.objects.filter(state=states.DRAFT).exists()


@pytest.mark.parametrize(
    ("item", "form", "value"),
    [
        ("dibao_rural", {"amount": "7,350", "per": "person-year"}, 735000),
        ("employment_cost_percent", {"amount": "30%"}, 30),
        ("recent_days", {"amount": "６２"}, 62),
        ("gate_share_permille", {"amount": "5‰"}, 5),
        ("exempt_basic_pension", {"amount": "1"}, 1),
    ],
)
def test_each_kind_of_value_has_its_own_control(
    xian: Actor, sign_in: SignIn, item: str, form: dict[str, str], value: int
) -> None:
    client, path = sign_in(xian), f"/standards/draft?area={COUNTY}&item={item}"
    read(client, path)
    sent = {name: text for name, text in FORM.items() if name != "per"} | form
    assert client.post(path, sent).status_code == 302
    row = LocalStandard.objects.get(state=states.DRAFT)
    assert (row.item, row.amount_fen) == (item, value)
    assert client.get(f"/standards/{row.uuid}/").status_code == 200
    assert client.get(f"/standards/{row.uuid}/revise").status_code == 200


def test_sent_back_draft_is_corrected_on_the_form(xian: Actor, shi: Actor, sign_in: SignIn) -> None:
    row = services.draft_standard(xian, wanted())
    back = sign_in(shi).post(f"/standards/{row.uuid}/send_back", {"version": 0, "note": "数字与文件不符"})
    assert back.status_code == 302
    client = sign_in(xian)
    assert "数字与文件不符" in read(client, f"/standards/{row.uuid}/")
    form = read(client, f"/standards/{row.uuid}/revise")
    assert 'value="550"' in form
    assert 'value="2027-01-01"' in form
    sent = FORM | {"amount": "560", "version": "1"}
    assert client.post(f"/standards/{row.uuid}/revise", sent).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.amount_fen, row.version) == (states.DRAFT, 56000, 2)
    assert client.post(f"/standards/{row.uuid}/revise", sent).status_code == 409


def test_withdraw_and_end_are_posted_from_the_page(xian: Actor, shi: Actor, sign_in: SignIn) -> None:
    client, other = sign_in(xian), sign_in(shi)
    row = services.draft_standard(xian, wanted())
    unsaid = client.post(f"/standards/{row.uuid}/withdraw", {"version": 0, "note": ""})
    assert (unsaid.status_code, "请填写说明" in unsaid.content.decode()) == (422, True)
    assert client.post(f"/standards/{row.uuid}/withdraw", {"version": 0, "note": "不发了"}).status_code == 302
    row = approved(xian, shi)
    path = f"/standards/{row.uuid}"
    assert "从哪天起不再执行" in read(client, f"{path}/")
    end = {"version": 1, "note": "统一到市", "day": "2027-07-01"}
    assert client.post(f"{path}/propose_end", end).status_code == 302
    assert "提请终止" in read(other, f"{path}/")
    assert client.post(f"{path}/confirm_end", {"version": 2}).status_code == 403
    assert other.post(f"{path}/refuse_end", {"version": 2, "note": "没有依据"}).status_code == 302
    assert client.post(f"{path}/propose_end", end | {"version": 3}).status_code == 302
    assert other.post(f"{path}/confirm_end", {"version": 4}).status_code == 302
    row.refresh_from_db()
    assert row.valid_to == date(2027, 7, 1)
    assert other.post(f"{path}/confirm_end", {"version": 4}).status_code == 409
    assert other.post(f"{path}/revise", FORM | {"version": 5}).status_code == 409
    assert other.post(f"{path}/no-such-verb", {"version": 5}).status_code == 404
    history = read(client, f"/standards/history?area={COUNTY}&item=dibao_rural")
    assert "2027-07-01 之前" in history
    assert "已撤销" in history


def test_pages_of_one_standard_take_few_queries(
    xian: Actor, shi: Actor, sign_in: SignIn, django_assert_max_num_queries: MostQueries
) -> None:
    client = sign_in(shi)
    row = services.draft_standard(xian, wanted())
    for path, most in (
        (f"/standards/{row.uuid}/", 12),
        (f"/standards/history?area={COUNTY}&item=dibao_rural", 12),
        (DRAFT, 16),
        (f"/standards/adjustment?area={COUNTY}&item=dibao_rural&amount=550&per=person-month&valid_from=2027-01-01", 18),
    ):
        read(client, path)
        with django_assert_max_num_queries(most):
            read(client, path)


def test_adjustment_shows_base_floor_neighbours_and_hands_on_to_the_draft(
    shi: Actor, sign_in: SignIn, tmp_path: Path
) -> None:
    map_of_two = tmp_path / "divisions.csv"
    map_of_two.write_text("code,name,level,valid_from\n990102000000,临禾县,county,2020-01-01\n", encoding="utf-8")
    from shouwang.apps.areas.services import import_local

    import_local(map_of_two)
    rows = (
        "990101,consumption_rural,1600000,person-year,2026-01-01,,,安禾县统计公报,,\n"
        "990102,dibao_rural,60000,person-month,2026-01-01,,,临禾民发,,\n"
    )
    services.import_standards(standards_file(tmp_path, rows))
    client = sign_in(shi)
    path = f"/standards/adjustment?area={COUNTY}&item=dibao_rural"
    assert "拟议标准" in read(client, path)
    text = read(client, f"{path}&amount=550&per=person-month&valid_from=2027-01-01")
    for said in (
        "上年农村居民人均消费支出",
        "16,000.00元/年",
        "37.5%",
        "41.3%",
        "临禾县",
        "高 20.0%",
        "按此拟定",
        "9,900.00元/年",
    ):
        assert said in text, said
    assert not LocalStandard.objects.filter(state=states.DRAFT).exists()
    link = next(part for part in text.split('"') if part.startswith("/standards/draft?")).replace("&amp;", "&")
    assert parse_qs(urlsplit(link).query)["amount"] == ["550"]
    assert 'value="550"' in read(client, link)
    assert "低于" in read(client, f"{path}&amount=47&per=person-month&valid_from=2027-01-01")
    read(client, f"{path}&amount=abc&per=person-month&valid_from=2027-01-01", 422)


def test_simulation_of_the_change_shows_beside_it_once_there_is_one(shi: Actor, xian: Actor, sign_in: SignIn) -> None:
    ill_person(1)
    client = sign_in(shi)
    path = f"/standards/adjustment?area={COUNTY}&item=dibao_rural&amount=550&per=person-month&valid_from=2026-11-01"
    text = read(client, path)
    assert "测算结果" not in text
    link = next(part for part in text.split('"') if part.startswith("/simulations/new/?")).replace("&amp;", "&")
    assert parse_qs(urlsplit(link).query) == {
        "area": [COUNTY],
        "item": ["dibao_rural"],
        "amount": ["550"],
        "per": ["person-month"],
        "from": ["2026-11-01"],
    }
    assert 'value="550.00元/月"' in read(client, link)
    change = Change("dibao_rural", COUNTY, 55000, "person-month")
    made = services.simulate(shi, COUNTY, TODAY, Reform((change,)))
    text = read(client, path)
    assert "测算结果" in text
    assert f"/simulations/{made.uuid}/" in text
    row = services.draft_standard(xian, wanted())
    assert "测算结果" in read(client, f"/standards/{row.uuid}/")
    other = path.replace("amount=550", "amount=560")
    assert "测算结果" not in read(client, other)


def test_upload_answers_line_by_line(xian: Actor, sign_in: SignIn) -> None:
    client = sign_in(xian)
    read(client, "/standards/upload")
    content = (
        "area_code,item,amount_fen,per,valid_from,source\n"
        "990101,dibao_rural,55000,person-month,2027-01-01,安禾民发\n"
        "990102,dibao_rural,55000,person-month,2027-01-01,临禾民发\n"
        "990101,dibao_urban,abc,person-month,2027-01-01,安禾民发\n"
    )
    answer = client.post("/standards/upload", {"file": SimpleUploadedFile("标准.csv", content.encode("gb18030"))})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "标准 3 行：拟定（待复核）1，相同 0，退回 2" in text
    assert "不在您的辖区内" in text
    assert "不是整数" in text
    assert LocalStandard.objects.get(state=states.DRAFT).maker_id == xian.user_id
    assert Event.objects.get(verb="standards.import_drafts").details["added"] == 1
    for file in (SimpleUploadedFile("x.csv", b"a,b\n1,2\n"), SimpleUploadedFile("x.csv", b"\xff\xff\xff")):
        assert client.post("/standards/upload", {"file": file}).status_code == 422
    assert client.post("/standards/upload", {}).status_code == 422


def test_export_is_the_csv_that_can_be_imported_again(
    xian: Actor, sheng: Actor, sign_in: SignIn, tmp_path: Path
) -> None:
    answer = sign_in(xian).get("/standards/export.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    path = tmp_path / "out.csv"
    path.write_bytes(answer.content)
    receipt = services.import_standards(path)
    assert (receipt.rows, receipt.same) == (1, 1)
    path.write_bytes(sign_in(sheng).get("/standards/export.csv").content)
    assert services.import_standards(path).same == 2
    services.draft_standard(xian, wanted())
    assert "55000" not in sign_in(xian).get("/standards/export.csv").content.decode()


def test_menu_leads_there_from_the_county_up(xian: Actor, zhen: Actor, sign_in: SignIn) -> None:
    assert 'href="/standards/"' in read(sign_in(xian), "/")
    assert 'href="/standards/"' not in read(sign_in(zhen), "/")


def test_what_is_written_is_shown_as_text(xian: Actor, shi: Actor, sign_in: SignIn) -> None:
    row = services.draft_standard(xian, wanted(source="<script>alert(1)</script>"))
    services.approve_standard(shi, row.uuid, version=0, note="<img src=x>")
    client = sign_in(xian)
    for path in (
        f"/standards/{row.uuid}/",
        f"/standards/history?area={COUNTY}&item=dibao_rural",
        "/standards/?on=2027-02-01",
    ):
        text = read(client, path)
        assert "<script>alert" not in text
        assert "<img" not in text.split("<main")[1]


def test_list_begins_with_dibao_and_folds_what_is_unset(xian: Actor, sign_in: SignIn) -> None:
    client = sign_in(xian)
    text = read(client, "/standards/")
    titles = re.findall(r'id="policy-(\w+)"', text)
    assert titles[0] == "dibao"
    assert re.findall(r"<details data-print-open open>", text) == ["<details data-print-open open>"]
    folded = re.search(
        r"<summary>未设定 (\d+) 项，其中 (\d+) 项影响判断</summary>\s*<ul[^>]*>(.*?)</ul>", text, re.DOTALL
    )
    assert folded is not None
    blocked = ["影响" in line for line in folded[3].split("<li>")[1:]]
    assert len(blocked) == int(folded[1])
    assert sum(blocked) == int(folded[2])
    assert blocked == sorted(blocked, reverse=True)
    unset = re.search(r'href="([^"]*unset=on[^"]*)"', text)
    only = read(client, unset[1].replace("&amp;", "&"))
    assert "<details data-print-open>" not in only
    assert "未设定" in only

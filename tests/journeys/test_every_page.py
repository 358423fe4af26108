"""Every page of the site on a desk and on a phone: WCAG 2 A/AA by axe-core, nothing wider than the screen, no stranger asked.

A new address fails here until it is walked, or named as one that shows no page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from shouwang.apps.assessment import selectors
from shouwang.apps.assessment.models import Determination, LocalStandard, Simulation
from shouwang.apps.assessment.services import draft_standard, send_back_standard
from shouwang.apps.exchange.models import Delivery, LinkQuestion
from shouwang.apps.monitoring.models import Alert
from shouwang.apps.reports.services import load_summary
from shouwang.engine.reform import Reform
from shouwang.engine.reform_text import value_from_text
from tests.apps.assessment.offices import county_with_line, wanted
from tests.apps.reports.test_summary import summary_file
from tests.apps.scene import address_names, ill_person, places, reported, run_once, standards_file
from tests.cast import COUNTY, TODAY, TOWNSHIP, Cast, id_number
from tests.journeys.conftest import PHONE, WIDE, faults_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]

NO_PAGE = {
    "dossier:decision_json",
    "dossier:decision_pdf",
    "dossier:store",
    "dossier:store_of_person",
    "dossier:why_json",
    "dossier:why_of_person_json",
    "dossier:why_of_person_pdf",
    "dossier:why_pdf",
    "accounts:logout",
    "accounts:post",
    "assessment:simulation_cancel",
    "assessment:simulation_progress",
    "assessment:simulation_table",
    "exchange:answer",
    "exchange:fix_list",
    "exchange:receipt",
    "assessment:export_standards",
    "assessment:standard_step",
    "exchange:release",
    "exchange:upload",
    "exchange:withdraw",
    "monitoring:assign",
    "monitoring:step",
    "monitoring:take_up",
}
"""Addresses that take a form and send the browser on, or give a file."""
BELOW_THE_COUNTY = {
    "exchange:delivery": 404,
    "exchange:questions": 403,
    "exchange:questions without rows": 403,
    "exchange:question": 403,
    "assessment:standard": 404,
    "assessment:revise_standard": 404,
    "assessment:draft_standard": 403,
    "assessment:draft_standard of an item": 403,
    "assessment:adjustment": 403,
    "assessment:upload_standards": 403,
    "assessment:simulations": 403,
    "assessment:simulation_new": 403,
    "assessment:simulation": 403,
    "assessment:simulation as a job": 403,
}
"""What a township gets where a county gets a page."""
FEED = """身份证号,姓名,结算日期,就诊类型,总费用(元),个人自付(元),大病专项救治病种
{0},测试1,2026-09-05,住院,2000.00,800.00,
{1},路人,2026-09-06,住院,100.00,20.00,
{0},测试1,2026-13-05,住院,2000.00,八百,
{2},測试2,2026-09-07,住院,100.00,20.00,
"""


@pytest.fixture
def county(passwords: None, cast: Cast, tmp_path: Path) -> None:
    """A county with alerts of both kinds, and a delivery with a linked, an unlinked, a quarantined and a doubtful record."""
    from shouwang.apps.assessment import services as assessment
    from shouwang.apps.exchange import services as exchange

    places(tmp_path)
    assessment.import_standards(standards_file(tmp_path))
    for serial in range(1, 5):
        ill_person(serial, yuan=5000 + serial * 1000)
    run_once()
    assessment.screen_register(COUNTY, TODAY)
    reported(cast.cun)
    county_with_line(tmp_path)
    draft_standard(cast.xian, wanted(since=date(2026, 9, 1)))
    sent_back = draft_standard(cast.xian, wanted(item="dibao_urban"))
    send_back_standard(cast.shi, sent_back.uuid, version=0, note="数字与文件不符")
    feed = tmp_path / "medical_990101_2026-09.csv"
    wrong = id_number(2)[:-1] + ("1" if id_number(2)[-1] != "1" else "2")
    feed.write_text(FEED.format(id_number(1), id_number(99), wrong), encoding="utf-8")
    exchange.import_file(feed)
    exchange.link_pending()
    exchange.suggest_pending()
    load_summary(summary_file(tmp_path), source="示范省")
    home = Alert.objects.filter(rule="medical_spending_registered").first().household
    assessment.store_determination(None, home.uuid, "dibao_eligible", TODAY)
    change = value_from_text(selectors.book(), COUNTY, "dibao_rural", "660元/月")
    for at_once in (10, 0):
        assessment.simulate(cast.xian, COUNTY, TODAY, Reform((change,)), at_once=at_once)


def addresses() -> dict[str, str]:
    """Return name → path of every page, for the people who open it."""
    by_machine = Alert.objects.filter(rule="medical_spending_registered").first()
    waiting, done = Simulation.objects.order_by("-id")
    by_hand = Alert.objects.get(rule="proactive_report")
    home = by_machine.household.uuid
    drafted = LocalStandard.objects.get(state="draft")
    sent_back = LocalStandard.objects.get(state="returned")
    in_force = LocalStandard.objects.get(item="dibao_rural", state="approved")
    return {
        "monitoring:worklist": reverse("monitoring:worklist"),
        "monitoring:worklist without rows": "/?level=红",
        "monitoring:alert": reverse("monitoring:alert", args=[by_machine.uuid]),
        "monitoring:alert by hand": reverse("monitoring:alert", args=[by_hand.uuid]),
        "monitoring:report": reverse("monitoring:report"),
        "monitoring:report of a household": f"{reverse('monitoring:report')}?household={by_machine.household.uuid}",
        "monitoring:coverage": reverse("monitoring:coverage"),
        "monitoring:quality": reverse("monitoring:quality"),
        "reports:dashboard": reverse("reports:dashboard"),
        "reports:dashboard by day": f"{reverse('reports:dashboard')}?unit=day",
        "reports:summary": reverse("reports:summary"),
        "reports:summary_of": f"{reverse('reports:summary_of', args=[TOWNSHIP])}?rule=paid_after_death",
        "dossier:household": reverse("dossier:household", args=[by_machine.household.uuid]),
        "dossier:why": reverse("dossier:why", args=[home, "dibao_gap_amount"]),
        "dossier:why on an earlier day": f"{reverse('dossier:why', args=[home, 'dibao_eligible'])}?on=2026-06-01",
        "dossier:why_of_person": reverse(
            "dossier:why_of_person", args=[home, "counted_member", by_machine.person.uuid]
        ),
        "dossier:decision": reverse("dossier:decision", args=[home, Determination.objects.get().uuid]),
        "dossier:search": reverse("dossier:search"),
        "exchange:deliveries": reverse("exchange:deliveries"),
        "exchange:delivery": reverse("exchange:delivery", args=[Delivery.objects.get().uuid]),
        "exchange:questions": reverse("exchange:questions"),
        "exchange:questions without rows": f"{reverse('exchange:questions')}?state=same",
        "exchange:question": reverse("exchange:question", args=[LinkQuestion.objects.get(fault="wrong_number").uuid]),
        "assessment:simulations": reverse("assessment:simulations"),
        "assessment:simulation_new": reverse("assessment:simulation_new"),
        "assessment:simulation": reverse("assessment:simulation", args=[done.uuid]),
        "assessment:simulation as a job": reverse("assessment:simulation", args=[waiting.uuid]),
        "assessment:standards": reverse("assessment:standards"),
        "assessment:standards without rows": f"{reverse('assessment:standards')}?q=没有这项",
        "assessment:standard_history": f"{reverse('assessment:standard_history')}?item=dibao_rural",
        "assessment:standard": reverse("assessment:standard", args=[drafted.uuid]),
        "assessment:standard in force": reverse("assessment:standard", args=[in_force.uuid]),
        "assessment:draft_standard": reverse("assessment:draft_standard"),
        "assessment:draft_standard of an item": f"{reverse('assessment:draft_standard')}?item=dibao_rural",
        "assessment:revise_standard": reverse("assessment:revise_standard", args=[sent_back.uuid]),
        "assessment:adjustment": f"{reverse('assessment:adjustment')}?amount=550&per=person-month&valid_from=2027-01-01",
        "assessment:upload_standards": reverse("assessment:upload_standards"),
        "404": f"/alerts/{uuid4()}/",
    }


def test_every_address_of_the_site_is_walked(county: None) -> None:
    walked = {name.split(" ")[0] for name in addresses()} | {"accounts:login", "dossier:reveal"}
    assert set(address_names()) - walked - NO_PAGE == set()


@pytest.mark.parametrize(
    ("username", "screen"),
    [("xian", WIDE), ("xian", PHONE), ("zhen", PHONE)],
    ids=["xian-1440", "xian-390", "zhen-390"],
)
def test_pages_are_accessible_and_fit_the_screen(
    county: None, open_browser: Open, screen: dict[str, int], username: str
) -> None:
    page = open_browser("", screen)
    page.goto("/login")
    faults = faults_of(page)
    page = open_browser(username, screen)
    answers = {"404": 404} | (BELOW_THE_COUNTY if username == "zhen" else {})
    for name, path in addresses().items():
        assert (page.goto(path).status, name) == (answers.get(name, 200), name)
        faults += faults_of(page)
    for words in ("测试", "990101"):  # found, refused
        page.goto(reverse("dossier:search"))
        page.locator("#q").fill(words)
        with page.expect_navigation():
            page.get_by_role("button", name="查询").click()
        faults += faults_of(page)
    page.goto("/")
    page.locator("details.sw-account > summary").click()
    faults += faults_of(page)
    assert faults == []


@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["1440", "390"])
def test_whole_identity_number_shows_once_for_a_reason(
    county: None, open_browser: Open, screen: dict[str, int]
) -> None:
    page = open_browser("zhen", screen)
    page.goto(addresses()["dossier:household"])
    page.get_by_text("查看完整号码").first.click()
    page.get_by_label("查看原因").first.fill("核对医疗救助申请材料")
    page.get_by_role("button", name="查看（留痕）").first.click()
    expect(page.get_by_text("9901011970")).to_be_visible()
    assert faults_of(page) == []


def test_a_doubtful_record_stands_above_the_people_on_a_phone_and_beside_them_on_a_desk(
    county: None, open_browser: Open
) -> None:
    page = open_browser("xian", PHONE)
    for screen in (PHONE, WIDE):
        page.set_viewport_size(screen)
        page.goto(addresses()["exchange:question"])
        record, someone, decision = (
            page.locator(".card", has=page.get_by_role("heading", name=name)).first.bounding_box()
            for name in ("这条记录", re.compile("^(很可能|可能)"), "核定")
        )
        if screen is PHONE:
            assert record["y"] < someone["y"] < decision["y"]
        else:
            assert record["y"] == someone["y"]
            assert someone["x"] < record["x"] == decision["x"]


def test_keyboard_reaches_the_text_first_and_focus_is_seen(county: None, open_browser: Open) -> None:
    page = open_browser("zhen")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    assert skip.evaluate("link => link === document.activeElement")
    assert skip.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"


def test_printed_page_leaves_out_menu_and_buttons(county: None, open_browser: Open) -> None:
    page = open_browser("xian")
    page.goto("/dashboard/")
    page.emulate_media(media="print")
    for selector in (".sw-top", ".sw-side", ".sw-actions"):
        assert not page.locator(selector).first.is_visible()
    assert page.get_by_role("heading", name="统计看板").is_visible()

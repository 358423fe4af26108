"""预警 → 研判 → 分派 → 反馈 → 办结, by three people at three desks; and what the next county sees of it: nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from shouwang.apps.accounts.access import Actor
from shouwang.apps.monitoring.models import Alert
from tests.apps.scene import ill_person, places, reported, run_once, standards_file
from tests.cast import OTHER_VILLAGE, Cast, id_number
from tests.journeys.conftest import PHONE, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]


@pytest.fixture
def warnings(passwords: None, cast: Cast, tmp_path: Path) -> None:
    """Two people on 低保 with hospital bills, one household reported by the next village."""
    from shouwang.apps.assessment import services as assessment

    places(tmp_path)
    assessment.import_standards(standards_file(tmp_path))
    ill_person(1, yuan=6000)
    ill_person(2, yuan=9000, area_code=OTHER_VILLAGE)
    run_once()
    reported(cast.zhen, area_code=OTHER_VILLAGE)


def at_work(page: Page, username: str) -> Page:
    """Sign the present user out and another one in, at the same desk."""
    page.locator("details.sw-account > summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="退出登录").click()
    sign_in(page, username)
    return page


def rows(page: Page) -> list[str]:
    return page.locator("#worklist tbody tr").all_inner_texts()


def test_clerk_filters_reads_why_triages_and_hands_over_and_the_county_closes(
    warnings: None, open_browser: Open, cast: Cast
) -> None:
    page = open_browser("zhen")
    expect(page.get_by_role("heading", name="预警工作台")).to_be_visible()
    assert len(rows(page)) == 3

    page.get_by_label("规则").select_option(label="在册人员住院自付较高")
    expect(page.locator("#worklist tbody tr")).to_have_count(2)
    page.get_by_label("乡镇（村）").select_option(label="上河村")
    expect(page.locator("#worklist tbody tr")).to_have_count(1)
    expect(page, "a filtered list has an address to go back to").to_have_url(re.compile("rule="))

    page.locator("#worklist tbody a").first.click()
    why = page.get_by_role("region", name="为什么预警")
    expect(why).to_contain_text("6,000.00")
    expect(why).to_contain_text("5,000.00")
    expect(page.locator("main")).not_to_contain_text("990101197005170")

    page.get_by_label("政策未落实").check()
    page.get_by_label("说明（误报须写明原因）").fill("入户核实：住院费用属实，医疗救助未申请。")
    page.get_by_role("button", name="提交研判").click()
    expect(page.get_by_role("status").filter(has_text="已办理")).to_be_visible()
    expect(page.locator("[aria-current=step]")).to_contain_text("处置")
    address = page.url

    page.goto("/?state=handling")
    hand_over = page.get_by_role("button", name="分派")
    expect(hand_over).to_be_disabled()
    page.get_by_role("checkbox", name="选择 在册人员住院自付较高").check()
    page.get_by_label("分派给").select_option(label="王小满（村级社会救助协理员）")
    hand_over.click()
    expect(page.locator("#worklist tbody tr")).to_contain_text("王小满")

    page = at_work(page, "cun")
    page.goto(address)
    page.get_by_label("处置反馈说明").fill("已陪同申请医疗救助，镇上受理。")
    page.get_by_role("button", name="处置反馈").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("反馈")
    expect(page.get_by_role("button", name="办结")).to_have_count(0)

    page = at_work(page, "xian")
    page.goto(address)
    page.get_by_label("办结说明").fill("材料齐全，同意办结。")
    page.get_by_role("button", name="办结", exact=True).click()
    expect(page.get_by_role("heading", name="已办结")).to_be_visible()
    timeline = page.get_by_role("region", name="办理经过")
    for words in ("李秋实", "王小满", "赵明远", "医疗救助未申请"):
        expect(timeline).to_contain_text(words)
    assert Alert.objects.filter(state="closed").count() == 1


def test_two_desks_at_once_the_second_is_told_who_was_first(warnings: None, open_browser: Open) -> None:
    first, second = open_browser("zhen"), open_browser("xian")
    for page in (first, second):
        page.goto("/?rule=medical_spending_registered")
        page.locator("#worklist tbody a").first.click()
        page.get_by_label("政策未落实").check()
        page.get_by_label("说明（误报须写明原因）").fill("核实属实。")
    assert first.url == second.url
    first.get_by_role("button", name="提交研判").click()
    expect(first.get_by_role("status").filter(has_text="已办理")).to_be_visible()
    with second.expect_navigation() as answer:
        second.get_by_role("button", name="提交研判").click()
    assert answer.value.status == 409
    expect(second.get_by_role("link", name="查看最新状态")).to_be_visible()


def test_clerk_of_the_next_county_sees_nothing_of_it(warnings: None, open_browser: Open, linxiang: Actor) -> None:
    alert = Alert.objects.filter(rule="medical_spending_registered").first()
    page = open_browser("linxiang")
    expect(page.get_by_text("没有符合条件的预警")).to_be_visible()
    for query in ("?state=any", f"?state=any&area={alert.area_code}", f"?state=any&q={alert.household.number}"):
        page.goto(f"/{query}")
        assert rows(page) == []

    said = []
    for uuid in (alert.uuid, uuid4()):
        answer = page.goto(f"/alerts/{uuid}/")
        said.append((answer.status, page.content()))
    assert said[0][0] == 404
    assert said[0] == said[1], "what is not yours answers like what is not there"

    assert page.goto(f"/households/{alert.household.uuid}/").status == 404
    for words in ("测试", id_number(1)):
        page.goto("/people/search")
        page.locator("#q").fill(words)
        page.get_by_role("button", name="查询").click()
        expect(page.get_by_text("没有查到")).to_be_visible()

    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="统计看板")).to_be_visible()
    assert "青坪镇" not in page.content()
    assert "上河村" not in page.content()


def test_village_worker_reports_from_a_phone(warnings: None, open_browser: Open) -> None:
    page = open_browser("cun", PHONE)
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="主动发现上报").click()
    page.get_by_label("所在村").select_option(label="上河村")
    page.get_by_label("户主姓名").fill("赵大山")
    page.get_by_label("住址").fill("三组18号")
    page.get_by_label("无人照料").check()
    page.get_by_label("情况说明").fill("老人摔伤卧床三天，家中无人。")
    send = page.get_by_role("button", name="上报")
    assert send.bounding_box()["height"] >= 48
    send.dblclick()
    expect(page.get_by_role("status").filter(has_text="已上报")).to_be_visible()
    expect(page.locator("main")).to_contain_text("主动发现")
    assert Alert.objects.filter(rule="proactive_report", area_code="990101100201").count() == 1, (
        "two taps are one report"
    )
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0

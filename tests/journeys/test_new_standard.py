"""A new line from the proposal to the household: proposed and simulated by one, approved by another, explained by date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shouwang.apps.assessment.models import LocalStandard
from shouwang.apps.registry.models import Household
from tests.apps.assessment.offices import FLOOR, LINE
from tests.apps.scene import ill_person, places, standards_file
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]
OLD, NEW = "6,000.00元/年", "6,600.00元/年"


@pytest.fixture
def county(passwords: None, cast: Cast, tmp_path: Path) -> None:
    """A county with a line, a floor and one family."""
    from shouwang.apps.assessment import services as assessment

    places(tmp_path)
    assessment.import_standards(standards_file(tmp_path))
    lines = FLOOR + LINE.replace("dibao_rural", "dibao_unified")
    assessment.import_standards(standards_file(tmp_path, lines, name="lines.csv"))
    ill_person(1)


def test_reviewer_proposes_simulates_and_drafts_another_approves_and_a_household_shows_both_lines(
    county: None, open_browser: Open
) -> None:
    page = open_browser("xian")
    page.get_by_role("link", name="地方标准").click()
    expect(page.get_by_role("region", name="最低生活保障", exact=True)).to_contain_text("6,000.00")
    page.get_by_role("link", name="动态调整").click()
    page.get_by_label("标准", exact=True).select_option(label="城乡统一低保标准")
    page.get_by_label("金额").fill("470")
    page.get_by_label("拟执行之日").fill("2026-09-01")
    page.get_by_role("button", name="核对").click()
    checks = page.get_by_role("region", name="核对")
    expect(checks).to_contain_text("不能通过")
    expect(checks).to_contain_text("示范省民发〔2025〕9号")
    page.get_by_label("金额").fill("550")
    page.get_by_role("button", name="核对").click()
    expect(checks).to_contain_text(NEW)
    expect(page.get_by_role("note")).to_contain_text("影响已经开始的 3 个月（2026年9月至2026年11月）")
    proposal = page.url

    page.get_by_role("link", name="测算受影响的家庭").click()
    expect(page.get_by_label("改为").first).to_have_value("550.00元/月")
    page.get_by_role("button", name="开始测算").click()
    page.wait_for_url(lambda url: "/simulations/" in url and "new" not in url)
    page.goto(proposal)
    expect(page.get_by_role("region", name="测算结果")).to_be_visible()

    page.get_by_role("link", name="按此拟定").click()
    expect(page.get_by_label("金额")).to_have_value("550")
    expect(page.get_by_label("执行之日")).to_have_value("2026-09-01")
    page.get_by_label("文件（名称和文号）").fill("安禾民发〔2026〕31号")
    page.get_by_role("button", name="提交复核").click()
    expect(page.get_by_role("status").filter(has_text="已拟定")).to_be_visible()
    expect(page.get_by_role("button", name="复核通过")).to_have_count(0)
    drafted = page.url

    other = open_browser("shi")
    other.get_by_role("link", name="地方标准").click()
    other.get_by_role("region", name="待办理（1）").get_by_role("link", name="城乡统一低保标准").click()
    expect(other).to_have_url(drafted)
    expect(other.get_by_role("region", name="随之变动的标准")).to_contain_text("农村低保边缘线")
    other.get_by_role("button", name="复核通过").click()
    expect(other.get_by_role("status").filter(has_text="已办理：复核通过")).to_be_visible()
    assert LocalStandard.objects.get(source="安禾民发〔2026〕31号").state == "approved"

    why = f"/households/{Household.objects.get().uuid}/why/dibao_line/"
    page.goto(f"{why}?on=2026-08-31")
    expect(page.locator("main")).to_contain_text(OLD)
    expect(page.locator("main")).not_to_contain_text(NEW)
    page.goto(f"{why}?on=2026-09-01")
    expect(page.locator("main")).to_contain_text(NEW)
    expect(page.locator("main")).to_contain_text("安禾民发〔2026〕31号")
    expect(page.locator("main")).not_to_contain_text(OLD)

"""Take the pictures of the README from a running demo: ``python frontend/screenshots.py [http://127.0.0.1:8000]``.

Writes docs/screenshots/<page>-<width>.png of windows 1440 and 390 px wide; the wide ones scaled to what a README shows.
"""

from __future__ import annotations

import shutil
import sys
import urllib.request
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Browser, Page, sync_playwright

OUT = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PHONE = 390
SIZES = {1440: 900, PHONE: 844}
PASSWORD = "shouwang-demo-2026"
TALLEST = {1440: 1080, PHONE: 1300}
SCALE = {1440: 0.75, PHONE: 1}


def sign_in(page: Page, username: str) -> None:
    """Sign in through the form."""
    page.goto("/login")
    page.get_by_label("登录名").fill(username)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: "/login" not in url)


def keep(page: Page, name: str, width: int) -> None:
    """Write the picture of the page as it stands, cut off below a length nobody scrolls in a README."""
    page.wait_for_load_state("networkidle")
    height = min(TALLEST[width], page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": max(SIZES[width], height)})
    page.screenshot(path=OUT / f"{name}-{width}.png")
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    sys.stdout.write(f"docs/screenshots/{name}-{width}.png\n")


def opened(browser: Browser, home: str, width: int) -> Page:
    """Open an empty window of a width."""
    size = {"width": width, "height": SIZES[width]}
    return browser.new_context(
        viewport=size,
        device_scale_factor=SCALE[width],
        base_url=home,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    ).new_page()


def simulate(page: Page) -> None:
    """Ask what a rural line one tenth higher would do in the county, and wait for the result."""
    page.goto("/simulations/new/")
    page.get_by_label("参数 1").select_option(label="农村低保标准")
    page.get_by_label("改为").first.fill("+10%")
    page.get_by_role("button", name="开始测算").click()
    page.get_by_role("heading", name="测算结果").wait_for(timeout=120_000)
    page.get_by_role("link", name="下载表格").wait_for(timeout=120_000)


def take(browser: Browser, home: str, width: int) -> None:
    """Walk through the demo as the township clerk, the county and the village worker."""
    page = opened(browser, home, width)
    page.goto("/login")
    keep(page, "login", width)
    sign_in(page, "zhen")
    keep(page, "worklist", width)
    page.goto("/?rule=medical_spending_registered")
    page.locator("a[href^='/alerts/']").first.click()
    keep(page, "alert", width)
    page.locator("a[href^='/households/']").first.click()
    keep(page, "dossier", width)
    page = opened(browser, home, width)
    sign_in(page, "xian")
    page.goto("/dashboard/")
    keep(page, "dashboard", width)
    page.goto("/deliveries/")
    keep(page, "deliveries", width)
    page.goto("/questions/")
    page.locator("table a").nth(1).click()
    keep(page, "question", width)
    page.goto("/coverage/?scheme=dibao")
    keep(page, "coverage", width)
    page.get_by_role("link", name="为什么").first.click()
    keep(page, "why", width)
    page.goto("/standards/")
    keep(page, "standards", width)
    simulate(page)
    keep(page, "simulation", width)
    if width == PHONE:
        page = opened(browser, home, width)
        sign_in(page, "cun")
        page.goto("/report/")
        keep(page, "report", width)


def main(home: str) -> None:
    """Take all pictures of the site at an address."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("没有 chromium：请先执行 apt-get install chromium")
    try:
        urllib.request.urlopen(home, timeout=5).close()
    except URLError as refusal:
        raise SystemExit(f"{home} 打不开（{refusal.reason}）。请先在另一个窗口执行 make demo，再来截图。") from None
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for width in SIZES:
            take(browser, home.rstrip("/"), width)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")

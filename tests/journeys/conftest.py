"""A real browser over the real site. Every page is watched: no request leaves the host, no script error, no CSP refusal."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright

from shouwang.apps.accounts import selectors, services
from shouwang.config import env
from tests.cast import PASSWORD, USERS

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000
"""How long, in ms, a page may take to show what a test waits for: a busy machine is no fault of the page."""
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def _missing() -> str:
    if shutil.which("chromium") is None:
        return "没有 chromium（Debian 包 chromium）"
    if not AXE.exists():
        return "没有 axe-core：请先运行 npm ci --ignore-scripts"
    if not (ROOT / "src/shouwang/config/static/vendor/tabler.css").exists():
        return "没有浏览器文件：请先运行 python frontend/build_assets.py"
    return ""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if missing := _missing():
        (pytest.fail if env.flag("REQUIRE_ALL") else pytest.skip)(missing)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs an event loop in this thread; the ORM calls of the tests are still ordinary blocking calls.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """What happened on the pages of one test besides what the test looks at."""

    def __init__(self, home: str) -> None:
        self.host = urlsplit(home).netloc
        self.asked = 0
        self.strangers: list[str] = []
        self.errors: list[str] = []

    def route(self, route: Route) -> None:
        """Let a request to our own host through; note and stop any other."""
        self.asked += 1
        if urlsplit(route.request.url).netloc == self.host:
            route.continue_()
        else:
            self.strangers.append(route.request.url)
            route.abort()

    def hear(self, message: ConsoleMessage) -> None:
        """Note a console error; that a page answered 4xx is what some tests ask for."""
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)


@pytest.fixture
def watch(live_server: object) -> Iterator[Watch]:
    watch = Watch(live_server.url)
    yield watch
    assert watch.asked, "the browser asked for nothing: the interception does not work"
    assert watch.strangers == []
    assert watch.errors == []


@pytest.fixture
def open_browser(chromium: Browser, live_server: object, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page for a member of the cast (by sign-in name), signed in through the form."""
    contexts: list[BrowserContext] = []

    def opened(username: str = "", viewport: dict[str, int] = WIDE) -> Page:
        context = chromium.new_context(
            viewport=viewport, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=live_server.url
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.route("**/*", watch.route)
        page = context.new_page()
        page.on("console", watch.hear)
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        if username:
            sign_in(page, username)
        return page

    yield opened
    for context in contexts:
        context.close()


def sign_in(page: Page, username: str) -> None:
    """Sign in through the sign-in page."""
    page.goto("/login")
    page.get_by_label("登录名").fill(username)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture
def passwords(cast: object) -> None:
    """Let the whole cast sign in through the form."""
    for username, *_ in USERS:
        services.set_password(None, selectors.user_by_username(username), PASSWORD)


def faults_of(page: Page) -> list[str]:
    """Return what is wrong with a page: WCAG 2 A/AA violations by axe-core, and overflow to the side."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", WCAG)
    faults = [
        f"{page.url} {violation['id']} {node['target']}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return faults + ([f"{page.url} is {over} px too wide"] if over > 0 else [])

"""The watch itself: what is planted must be caught."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Error, Page

from tests.journeys.conftest import WIDE, Watch, faults_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        ("<p style='color:#bbb;background:#fff'>浅灰小字</p>", "color-contrast"),
        ("<input type='text'>", "label"),
        ("<button></button>", "button-name"),
        ("<div style='width:3000px'>宽</div>", "px too wide"),
    ],
)
def test_a_planted_fault_is_found(open_browser: Open, planted: str, named: str) -> None:
    page = open_browser("", WIDE)
    page.goto("/login")
    assert faults_of(page) == []
    page.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", planted)
    assert any(named in fault for fault in faults_of(page))


def test_a_request_that_leaves_the_host_is_noted_and_stopped(open_browser: Open, watch: Watch) -> None:
    page = open_browser()
    page.goto("/login")
    with pytest.raises(Error):
        page.goto("http://example.org/elsewhere")
    assert watch.strangers == ["http://example.org/elsewhere"]
    watch.strangers.clear()


def refused(page: Page, script: str) -> AbstractContextManager[object]:
    """Wait until the browser has said that it refuses this script."""
    return page.expect_console_message(lambda said: "Content Security Policy" in said.text and script in said.text)


def test_the_page_policy_stops_a_script_from_elsewhere_and_an_inline_one(open_browser: Open, watch: Watch) -> None:
    page = open_browser()
    page.goto("/login")
    with refused(page, "far.js"), refused(page, "inline"):
        page.evaluate(
            """() => {
                const far = document.createElement("script");
                far.src = "http://example.org/far.js";
                const near = document.createElement("script");
                near.textContent = "window.ran = true";
                document.head.append(far, near);
            }"""
        )
    assert watch.strangers == []
    assert page.evaluate("window.ran") is None
    assert len([error for error in watch.errors if "Content Security Policy" in error]) == 2
    watch.errors.clear()

"""What a session leaves behind in a browser and on the way to it: nothing that a shared computer or a proxy could keep."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from shouwang.apps.accounts import services
from shouwang.apps.accounts.access import Actor
from shouwang.apps.accounts.selectors import user_by_username
from tests.apps.scene import refusing_log
from tests.cast import PASSWORD, Cast, signed_in

pytestmark = pytest.mark.django_db
ABSENT = "00000000-0000-4000-8000-000000000000"


def signed_in_by_form(username: str = "zhen") -> Client:
    services.set_password(None, user_by_username(username), PASSWORD)
    browser = Client()
    browser.post("/login", {"username": username, "password": PASSWORD})
    return browser


@pytest.fixture
def broken_log(cast: Cast) -> Iterator[None]:
    services.set_password(None, user_by_username("zhen"), PASSWORD)
    with refusing_log():
        yield


def test_session_cookie_is_kept_from_scripts_and_from_other_sites(cast: Cast) -> None:
    cookie = signed_in_by_form().cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "")


@pytest.mark.parametrize(
    ("who", "address", "status"),
    [
        ("zhen", "/", 200),
        ("zhen", "/people/search", 200),
        ("zhen", f"/households/{ABSENT}/", 404),
        ("cun", f"/people/{ABSENT}/identity", 405),
        ("zhen", "/no/such/page", 404),
        ("shi", "/report/", 200),
    ],
)
def test_nothing_a_signed_in_person_sees_is_kept_by_the_browser(
    cast: Cast, who: str, address: str, status: int
) -> None:
    answer = signed_in(getattr(cast, who)).get(address)
    assert (answer.status_code, answer["Cache-Control"]) == (status, "no-store")
    assert answer["Referrer-Policy"] == "same-origin"


def test_refusal_of_a_post_is_not_kept_either(cast: Cast) -> None:
    answer = signed_in(cast.cun).post(f"/people/{ABSENT}/identity", {"reason": "核对银行卡"})
    assert (answer.status_code, answer["Cache-Control"]) == (403, "no-store")


def test_signing_out_destroys_the_session_on_the_server(cast: Cast) -> None:
    browser = signed_in_by_form()
    kept = browser.cookies["sessionid"].value
    assert browser.post("/logout")["Clear-Site-Data"] == '"cache", "storage"'
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert thief.get("/people/search").status_code == 302


def test_messages_are_not_written_into_a_cookie(cast: Cast) -> None:
    browser = signed_in(cast.zhen)
    browser.post("/alerts/assign", {})
    assert "messages" not in browser.cookies
    assert "请先选择预警" in browser.get("/").content.decode()


@pytest.mark.usefixtures("broken_log")
def test_signing_in_without_a_log_is_refused_in_words() -> None:
    for password in (PASSWORD, "wrong"):
        browser = Client()
        answer = browser.post("/login", {"username": "zhen", "password": password})
        assert answer.status_code == 503
        assert "审计记录现在写不进去" in answer.content.decode()
        assert browser.get("/people/search").status_code == 302


@pytest.mark.usefixtures("broken_log")
def test_signing_out_works_even_without_a_log(zhen: Actor) -> None:
    browser = signed_in(zhen)
    assert browser.post("/logout").status_code == 503
    assert browser.get("/people/search").status_code == 302


def test_deployed_settings_pass_djangos_own_checks(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHOUWANG_")}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "shouwang.config.settings",
        "SHOUWANG_HTTPS": "1",
        "SHOUWANG_DATA_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNINGS" not in done.stderr

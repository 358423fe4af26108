"""Signing in, being locked out, signing out, switching posts."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from shouwang.apps.accounts import services
from shouwang.apps.accounts.models import Post, User
from shouwang.apps.accounts.selectors import user_by_username
from shouwang.apps.audit.models import Event
from tests.cast import OTHER_VILLAGE, PASSWORD, Cast, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/people/search"


@pytest.fixture
def zhen_user(cast: Cast) -> User:
    user = user_by_username("zhen")
    services.set_password(None, user, PASSWORD)
    return user


def sign_in(password: str, username: str = "zhen", client: Client | None = None) -> tuple[Client, object]:
    browser = client or Client()
    return browser, browser.post("/login", {"username": username, "password": password})


def is_in(browser: Client) -> bool:
    return browser.get(PAGE).status_code == 200


@pytest.mark.usefixtures("zhen_user")
def test_right_password_opens_the_house_and_leaves_a_row() -> None:
    browser, answer = sign_in(PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_in(browser)
    assert Event.objects.get(verb="session.start").subject_uuid == str(user_by_username("zhen").uuid)


def test_password_is_kept_as_argon2(zhen_user: User) -> None:
    assert zhen_user.password.startswith("argon2$argon2id$")
    assert PASSWORD not in zhen_user.password


@pytest.mark.usefixtures("zhen_user")
@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("zhen", "wrong"),
        ("nobody", PASSWORD),
        ("zhen", "\x00"),
        ("zh\x00en", PASSWORD),
        ("", ""),
        ("z" * 300, PASSWORD),
        ("zhen", "x" * 5000),
    ],
)
def test_wrong_name_or_password_stays_out_with_one_answer(username: str, password: str) -> None:
    browser, answer = sign_in(password, username)
    assert answer.status_code == 200
    assert not is_in(browser)
    if username.isalpha() and password.isprintable():
        assert "登录名或口令不对" in answer.content.decode()


@pytest.mark.usefixtures("zhen_user")
def test_account_without_password_cannot_be_entered() -> None:
    assert not is_in(sign_in("", "xian")[0])
    assert not is_in(sign_in("!", "xian")[0])


@pytest.mark.usefixtures("zhen_user")
def test_five_wrong_passwords_lock_the_name_even_against_the_right_one() -> None:
    for _ in range(5):
        browser, answer = sign_in("wrong-password")
    assert answer.status_code == 429
    assert "锁定 15 分钟" in answer.content.decode()
    browser, answer = sign_in(PASSWORD)
    assert answer.status_code == 429
    assert not is_in(browser)
    assert Event.objects.filter(verb="session.refuse").count() >= 4


@pytest.mark.usefixtures("zhen_user")
def test_signing_out_ends_the_session() -> None:
    browser, _ = sign_in(PASSWORD)
    assert browser.get("/logout").status_code == 405
    assert browser.post("/logout").status_code == 302
    assert not is_in(browser)
    assert Event.objects.filter(verb="session.end").count() == 1


def test_page_without_signing_in_leads_to_the_sign_in_page_and_back() -> None:
    answer = Client().get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/people/search")


@pytest.mark.usefixtures("zhen_user")
def test_sign_in_never_leads_off_the_house() -> None:
    answer = Client().post("/login", {"username": "zhen", "password": PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_disabled_account_is_out_on_its_next_request(cast: Cast) -> None:
    browser = signed_in(cast.zhen)
    assert is_in(browser)
    services.set_active(None, user_by_username("zhen"), False)
    assert not is_in(browser)


def test_ended_post_is_out_on_its_next_request(cast: Cast) -> None:
    browser = signed_in(cast.zhen)
    assert is_in(browser)
    services.end_post(None, Post.objects.get(pk=cast.zhen.post_id), date(2026, 11, 2))
    answer = browser.get(PAGE)
    assert answer.status_code == 403
    assert "没有在任岗位" in answer.content.decode()


def test_form_from_elsewhere_gets_a_chinese_page(cast: Cast) -> None:
    browser = signed_in(cast.zhen, Client(enforce_csrf_checks=True))
    answer = browser.post("/post", {"post": cast.zhen.post_id})
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()


def test_two_posts_can_be_switched_and_only_ones_own(cast: Cast) -> None:
    user = user_by_username("zhen")
    second = services.assign_post(
        None, user=user, title="兼任村协理员", level="village", area_code=OTHER_VILLAGE, valid_from=date(2026, 1, 1)
    )
    browser = signed_in(cast.zhen)
    assert browser.get(PAGE).context["request"].actor == cast.zhen
    assert browser.post("/post", {"post": second.pk}).status_code == 302
    assert browser.get(PAGE).context["request"].actor.area_code == OTHER_VILLAGE
    for other in (cast.xian.post_id, 10**9, "x", ""):
        assert browser.post("/post", {"post": other}).status_code == 404
    assert browser.get(PAGE).context["request"].actor.post_id == second.pk
    assert Event.objects.filter(verb="session.switch").count() == 1


def test_chosen_post_that_ended_falls_back_to_another_of_ones_own(cast: Cast) -> None:
    user = user_by_username("zhen")
    second = services.assign_post(
        None, user=user, title="兼任", level="village", area_code=OTHER_VILLAGE, valid_from=date(2026, 1, 1)
    )
    browser = signed_in(cast.zhen)
    browser.post("/post", {"post": second.pk})
    services.end_post(None, second, date(2026, 11, 2))
    assert browser.get(PAGE).context["request"].actor == cast.zhen


@pytest.mark.parametrize(
    ("who", "sees", "not_sees"),
    [
        ("cun", "主动发现上报", "数据接收"),
        ("zhen", "统计看板", "数据接收"),
        ("xian", "规则质量", "无"),
        ("sheng", "统计看板", "主动发现上报"),
    ],
)
def test_menu_follows_the_level(cast: Cast, who: str, sees: str, not_sees: str) -> None:
    menu = signed_in(getattr(cast, who)).get(PAGE).context["menu"]
    labels = {entry["label"] for entry in menu}
    assert not_sees not in labels
    assert "查户查人" in labels
    assert [entry["label"] for entry in menu if entry["current"]] == ["查户查人"]
    assert sees in labels


def test_pages_are_not_kept_by_the_browser(cast: Cast) -> None:
    assert signed_in(cast.zhen).get(PAGE)["Cache-Control"] == "no-store"


def test_every_request_costs_three_reads_for_who_acts(cast: Cast, django_assert_max_num_queries) -> None:
    browser = signed_in(cast.zhen)
    browser.get(PAGE)
    with django_assert_max_num_queries(8):
        browser.get(PAGE)

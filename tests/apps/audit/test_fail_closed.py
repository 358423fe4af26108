"""What cannot be recorded does not happen, and shows nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from shouwang.apps.accounts.models import Post, User
from shouwang.apps.accounts.services import assign_post, create_user
from shouwang.apps.audit.record import AuditUnavailable
from shouwang.apps.registry.access import household_for, identity_number_for, search_persons
from shouwang.apps.registry.models import Household
from tests.apps.scene import refusing_log
from tests.cast import Cast, member, register, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken_log(cast: Cast) -> Iterator[None]:
    """A log that refuses every row."""
    register(member(1, name="不可显示"))
    with refusing_log():
        yield


@pytest.mark.usefixtures("broken_log")
def test_act_is_rolled_back(xian: object, cast: Cast) -> None:
    with pytest.raises(AuditUnavailable):
        create_user(xian, username="neu", name="新人")
    assert not User.objects.filter(username="neu").exists()
    user = User.objects.get(username="cun")
    with pytest.raises(AuditUnavailable):
        assign_post(
            None, user=user, title="兼任", level="village", area_code="990101100202", valid_from=date(2026, 1, 1)
        )
    assert Post.objects.filter(user=user).count() == 1


@pytest.mark.usefixtures("broken_log")
def test_no_door_opens(zhen: object) -> None:
    household = Household.objects.get()
    person = household.memberships.get().person
    for look in (
        lambda: household_for(zhen, household.uuid),
        lambda: identity_number_for(zhen, person.uuid, "核对身份"),
        lambda: search_persons(zhen, "不可"),
    ):
        with pytest.raises(AuditUnavailable):
            look()


@pytest.mark.usefixtures("broken_log")
def test_page_shows_nothing_and_says_why(zhen: object) -> None:
    page = signed_in(zhen).post("/people/search", {"q": "不可"})
    assert page.status_code == 503
    assert "审计记录现在写不进去" in page.content.decode()
    assert "不可显示" not in page.content.decode()

"""Who may open accounts and fill posts, level by level."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from shouwang.apps.accounts import services
from shouwang.apps.accounts.access import APPOINTS, NotPermitted, actor_for, actor_of_post
from shouwang.apps.accounts.models import Post
from shouwang.apps.accounts.selectors import actor_by_username, posts_to_hand_to, user_by_username
from shouwang.apps.accounts.services import AccountError
from shouwang.apps.audit.models import Event
from tests.cast import COUNTY, NEXT_TOWNSHIP, OTHER_TOWNSHIP, OTHER_VILLAGE, TODAY, TOWNSHIP, Cast

pytestmark = pytest.mark.django_db

SINCE = date(2026, 10, 1)
PLACES = {
    "village": OTHER_VILLAGE,
    "township": TOWNSHIP,
    "county": COUNTY,
    "city": "990100000000",
    "province": "990000000000",
}
LEVELS = {"cun": "village", "zhen": "township", "xian": "county", "shi": "city", "sheng": "province"}


@pytest.mark.parametrize(("who", "level"), list(itertools.product(LEVELS, PLACES)))
def test_posts_are_filled_from_above_only(cast: Cast, who: str, level: str) -> None:
    actor = getattr(cast, who)
    user = services.create_user(None, username="neu", name="新人")
    if level in APPOINTS[LEVELS[who]]:
        post = services.assign_post(
            actor, user=user, title="新岗", level=level, area_code=PLACES[level], valid_from=SINCE
        )
        assert Event.objects.get(verb="post.assign", actor_id=actor.user_id).subject_uuid == str(post.uuid)
        services.end_post(actor, post, TODAY)
        assert actor_for(user, TODAY) is None
    else:
        with pytest.raises(NotPermitted):
            services.assign_post(actor, user=user, title="新岗", level=level, area_code=PLACES[level], valid_from=SINCE)


def test_post_outside_the_range_or_for_oneself_is_refused(cast: Cast) -> None:
    user = services.create_user(None, username="neu", name="新人")
    for who, area_code, whom in (
        (cast.xian, NEXT_TOWNSHIP, user),
        (cast.zhen, "990101101201", user),
        (cast.xian, TOWNSHIP, user_by_username("xian")),
    ):
        level = "village" if area_code.endswith("201") else "township"
        with pytest.raises(NotPermitted):
            services.assign_post(who, user=whom, title="新岗", level=level, area_code=area_code, valid_from=SINCE)


def test_post_ended_by_a_stranger_is_refused(cast: Cast) -> None:
    for who in (cast.zhen, cast.linxiang, cast.cun):
        with pytest.raises(NotPermitted):
            services.end_post(who, Post.objects.get(pk=cast.zhen.post_id), TODAY)
    assert Post.objects.get(pk=cast.zhen.post_id).valid_to is None


@pytest.mark.parametrize(
    ("who", "may"), {"cun": False, "zhen": False, "xian": True, "shi": True, "sheng": True}.items()
)
def test_accounts_are_opened_by_the_county_and_above(cast: Cast, who: str, may: bool) -> None:
    if may:
        services.create_user(getattr(cast, who), username="neu", name="新人")
    else:
        with pytest.raises(NotPermitted):
            services.create_user(getattr(cast, who), username="neu", name="新人")
    assert (user_by_username("neu") is not None) == may
    assert Event.objects.filter(verb="user.create", actor_id=getattr(cast, who).user_id).count() == int(may)


def test_taken_name_weak_password_and_misfit_level_are_refused(cast: Cast) -> None:
    for wrong in (
        {"username": "zhen"},
        {"username": "neu", "password": "short"},
        {"username": "neu", "password": "password123"},
    ):
        with pytest.raises(AccountError):
            services.create_user(None, name="新人", **wrong)
    user = user_by_username("cun")
    with pytest.raises(AccountError, match="层级"):
        services.assign_post(None, user=user, title="错", level="county", area_code=TOWNSHIP, valid_from=SINCE)
    with pytest.raises(AccountError, match="已任"):
        services.assign_post(
            None, user=user, title="再", level="village", area_code=cast.cun.area_code, valid_from=SINCE
        )


def test_superior_disables_and_resets_but_nobody_else(cast: Cast) -> None:
    clerk = user_by_username("zhen")
    for stranger in (cast.cun, cast.linxiang, cast.zhen):
        with pytest.raises(NotPermitted):
            services.set_active(stranger, clerk, False)
    with pytest.raises(NotPermitted):
        services.set_password(cast.linxiang, clerk, "a-new-long-password")
    services.set_password(cast.zhen, clerk, "a-new-long-password")
    services.set_active(cast.xian, clerk, False)
    assert actor_by_username("zhen", TODAY) is None
    services.set_active(cast.xian, clerk, True)
    assert actor_by_username("zhen", TODAY) == cast.zhen


def test_post_counts_from_its_first_day_to_the_day_before_its_end(cast: Cast) -> None:
    user = services.create_user(None, username="neu", name="新人")
    services.assign_post(
        None,
        user=user,
        title="岗",
        level="township",
        area_code=OTHER_TOWNSHIP,
        valid_from=SINCE,
        valid_to=date(2026, 10, 31),
    )
    held = {
        day: actor_for(user, day) is not None
        for day in (date(2026, 9, 30), SINCE, date(2026, 10, 30), date(2026, 10, 31))
    }
    assert list(held.values()) == [False, True, True, False]


def test_work_is_handed_to_posts_in_range_only(cast: Cast) -> None:
    assert posts_to_hand_to(actor=cast.xian, on=TODAY) == [cast.xian, cast.zhen, cast.cun]
    assert posts_to_hand_to(actor=cast.xian, on=TODAY, levels=("village",)) == [cast.cun]
    assert posts_to_hand_to(actor=cast.linxiang, on=TODAY) == [cast.linxiang]
    assert actor_of_post(cast.cun.post_id, TODAY) == cast.cun
    assert actor_of_post(10**9, TODAY) is None

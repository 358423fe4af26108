"""Who acts, and how far they see. Everything outside an actor's range is as if it were not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from shouwang.apps.accounts.models import Post, User
from shouwang.lib.area_codes import scope_range

Row = TypeVar("Row", bound=Model)

# 谁可以任命谁：只任命下级，且只在自己的区划范围内。
APPOINTS: dict[str, tuple[str, ...]] = {
    "village": (),
    "township": ("village",),
    "county": ("township", "village"),
    "city": ("county", "township", "village"),
    "province": ("city", "county", "township", "village"),
    "nation": ("province",),
}
OPENS_ACCOUNTS = ("county", "city", "province")


class NotPermitted(Exception):
    """The act is known but this post may not do it; the message is for the actor."""


@dataclass(frozen=True)
class Actor:
    """A signed-in person acting in one post on one day."""

    user_id: int
    post_id: int
    name: str
    title: str
    level: str
    area_code: str

    @property
    def range(self) -> tuple[str, str]:
        """The half-open range of division codes this post answers for."""
        return scope_range(self.area_code)

    def covers(self, area_code: str) -> bool:
        """Say whether a division lies in this post's range."""
        low, high = self.range
        return low <= area_code < high

    def may_appoint(self, level: str, area_code: str) -> bool:
        """Say whether this post may fill (or end) a post of a level in a division."""
        return level in APPOINTS[self.level] and self.covers(area_code)


def posts_in_force(on: date) -> QuerySet[Post]:
    """Return the posts of active users in force on a day; ``valid_to`` itself is the first day out of office."""
    return (
        Post.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), valid_from__lte=on, user__is_active=True)
        .select_related("user")
        .order_by("id")
    )


def actors_of(user: User, on: date) -> list[Actor]:
    """Return the actors a user can be on a day, one per post in force, oldest post first."""
    return [_actor(post) for post in posts_in_force(on).filter(user=user)]


def actor_for(user: User, on: date, post_id: int | None = None) -> Actor | None:
    """Return the actor for a user, in the chosen post or the oldest one held; None without any post in force."""
    actors = actors_of(user, on)
    return next((actor for actor in actors if actor.post_id == post_id), actors[0] if actors else None)


def actor_of_post(post_id: int, on: date) -> Actor | None:
    """Return a post in force as an actor (to hand work to it), or None."""
    post = posts_in_force(on).filter(pk=post_id).first()
    return _actor(post) if post else None


def _actor(post: Post) -> Actor:
    return Actor(post.user_id, post.pk, post.user.name, post.title, post.level, post.area_code)


def scoped(rows: QuerySet[Row], actor: Actor, field: str = "area_code") -> QuerySet[Row]:
    """Keep the rows whose division lies in the actor's range (an index range, never LIKE)."""
    low, high = actor.range
    return rows.filter(**{f"{field}__gte": low, f"{field}__lt": high})

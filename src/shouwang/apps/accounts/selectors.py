"""Reads about people and posts, without side effects."""

from __future__ import annotations

from datetime import date

from shouwang.apps.accounts.access import Actor, actors_of, posts_in_force, scoped
from shouwang.apps.accounts.models import Post, User


def user_by_username(username: str) -> User | None:
    """Return the user with a sign-in name, or None."""
    return User.objects.filter(username=username).first()


def actor_by_username(username: str, on: date) -> Actor | None:
    """Return a user's first actor on a day: for commands and tests that act in somebody's post."""
    user = user_by_username(username)
    actors = actors_of(user, on) if user else []
    return actors[0] if actors else None


def posts_to_hand_to(*, actor: Actor, on: date, levels: tuple[str, ...] = Post.Level.values) -> list[Actor]:
    """Return the posts in force inside the actor's range, as actors, by division: who work can be handed to."""
    posts = scoped(posts_in_force(on), actor).filter(level__in=levels).order_by("area_code", "id")
    return [Actor(post.user_id, post.pk, post.user.name, post.title, post.level, post.area_code) for post in posts]

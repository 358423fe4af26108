"""Accounts and posts change here, each change with its audit row in the same transaction.

``actor`` None is the system itself: the command line on the server.
"""

from __future__ import annotations

from datetime import date

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from shouwang.apps.accounts.access import OPENS_ACCOUNTS, Actor, NotPermitted, posts_in_force
from shouwang.apps.accounts.models import Post, User
from shouwang.apps.audit.record import record
from shouwang.lib import clock
from shouwang.lib.area_codes import level_of


class AccountError(Exception):
    """What was asked for does not fit the accounts there are; the message is for the actor."""


def create_user(actor: Actor | None, *, username: str, name: str, password: str | None = None) -> User:
    """Open an account without any post, so without any power. Without a password nobody can sign in to it.

    Raises NotPermitted, or AccountError for a taken sign-in name or a weak password.
    """
    if actor is not None and actor.level not in OPENS_ACCOUNTS:
        raise NotPermitted("只有县级以上岗位可以开设账号。")
    with transaction.atomic():
        if User.objects.filter(username=username).exists():
            raise AccountError(f"登录名“{username}”已被使用。")
        user = User(username=username, name=name)
        _put_password(user, password)
        user.save()
        record(actor, "user.create", subject_kind="user", subject_uuid=user.uuid)
    return user


def set_password(actor: Actor | None, user: User, password: str) -> None:
    """Set a user's password: one's own, or that of somebody whose posts the actor may fill."""
    if actor is not None and actor.user_id != user.pk:
        _require_over(actor, user)
    with transaction.atomic():
        _put_password(user, password)
        user.save(update_fields=["password"])
        record(actor, "user.password", subject_kind="user", subject_uuid=user.uuid)


def set_active(actor: Actor | None, user: User, active: bool) -> None:
    """Disable or enable an account; a disabled one is out on its next request."""
    if actor is not None:
        _require_over(actor, user)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=active)
        record(actor, "user.enable" if active else "user.disable", subject_kind="user", subject_uuid=user.uuid)
    user.is_active = active


def assign_post(
    actor: Actor | None,
    *,
    user: User,
    title: str,
    level: str,
    area_code: str,
    valid_from: date,
    valid_to: date | None = None,
) -> Post:
    """Give a user a post from a day (until a day, excluded). An actor fills only posts below their own, in their range.

    Raises NotPermitted, or AccountError where level and code do not fit or the user already holds that post.
    """
    if actor is not None and (actor.user_id == user.pk or not actor.may_appoint(level, area_code)):
        raise NotPermitted("只能任命本辖区内的下级岗位，也不能给自己任命。")
    if level_of(area_code) != level:
        raise AccountError(f"岗位层级“{level}”与区划代码 {area_code} 的层级不一致。")
    with transaction.atomic():
        if Post.objects.filter(user=user, level=level, area_code=area_code, valid_to__isnull=True).exists():
            raise AccountError(f"{user.name}已任此岗位。")
        post = Post.objects.create(
            user=user, title=title, level=level, area_code=area_code, valid_from=valid_from, valid_to=valid_to
        )
        record(actor, "post.assign", subject_kind="post", subject_uuid=post.uuid, area_code=area_code)
    return post


def end_post(actor: Actor | None, post: Post, on: date) -> None:
    """End a post: ``on`` is the first day without it, so ending it today is out on the next request."""
    if actor is not None and not actor.may_appoint(post.level, post.area_code):
        raise NotPermitted("只能免去本辖区内的下级岗位。")
    with transaction.atomic():
        held = Post.objects.select_for_update().get(pk=post.pk)
        if held.valid_to is not None and held.valid_to <= on:
            return
        held.valid_to = max(on, held.valid_from)
        held.save(update_fields=["valid_to"])
        record(actor, "post.end", subject_kind="post", subject_uuid=held.uuid, area_code=held.area_code)
    post.valid_to = held.valid_to


def note_session(actor: Actor | None, user: User, verb: str) -> None:
    """Write the audit row of a sign-in, a sign-out or a switch of posts."""
    with transaction.atomic():
        record(
            actor,
            f"session.{verb}",
            subject_kind="user",
            subject_uuid=user.uuid,
            area_code=actor.area_code if actor else "",
        )


def note_refused_session(user: User | None) -> None:
    """Write the audit row of a refused sign-in; a name nobody has leaves no name behind."""
    with transaction.atomic():
        record(None, "session.refuse", subject_kind="user", subject_uuid=user.uuid if user else "")


def _require_over(actor: Actor, user: User) -> None:
    posts = posts_in_force(clock.today()).filter(user=user) if user.is_active else Post.objects.filter(user=user)
    held = list(posts)
    if actor.user_id == user.pk or not held or not all(actor.may_appoint(post.level, post.area_code) for post in held):
        raise NotPermitted("只能管理本辖区内下级岗位人员的账号。")


def _put_password(user: User, password: str | None) -> None:
    if password is None:
        user.set_unusable_password()
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AccountError("".join(error.messages)) from error
    user.set_password(password)

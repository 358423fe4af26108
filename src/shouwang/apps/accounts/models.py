"""People who sign in, and the posts they hold. A post, not a person, has a place and its powers."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """A person who signs in (人员). There is no superuser. Privacy: the staff member's own name and sign-in name."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField("登录名", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=60)
    is_active = models.BooleanField("启用", default=True)

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A post held for a time in one division (岗位): its level and code range say what somebody may do and see.

    Privacy: staff only, links a person to a post.
    """

    class Level(models.TextChoices):
        VILLAGE = "village", "村级"
        TOWNSHIP = "township", "乡镇级"
        COUNTY = "county", "县级"
        CITY = "city", "市级"
        PROVINCE = "province", "省级"
        NATION = "nation", "国家级"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="posts", verbose_name="人员")
    title = models.CharField("岗位名称", max_length=60)
    level = models.CharField("层级", max_length=10, choices=Level.choices)
    area_code = models.CharField("区划代码", max_length=12)
    valid_from = models.DateField("任职起")
    valid_to = models.DateField("任职止", null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="post_order",
            ),
            models.UniqueConstraint(
                fields=["user", "level", "area_code"], condition=models.Q(valid_to__isnull=True), name="post_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["area_code", "level"], name="post_area_level")]

    def __str__(self) -> str:
        return self.title

"""The dated register (登记册): people, households, who lived with whom when, categories, and facts on two time axes."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class Person(models.Model):
    """One person (人员). Privacy: name in clear for work; identity number and phone as SM4-GCM ciphertext bound to this row; exact search by keyed index only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("姓名", max_length=60)
    id_cipher = models.BinaryField("身份证号密文", null=True)
    id_index = models.BinaryField("身份证号检索值", max_length=16, null=True, unique=True)
    phone_cipher = models.BinaryField("联系电话密文", null=True)
    birth_date = models.DateField("出生日期", null=True)
    sex = models.PositiveSmallIntegerField("性别", default=0)
    area_code = models.CharField("居住地代码", max_length=12)
    created_at = models.DateTimeField("登记时间")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["area_code", "id"], name="person_area"),
            models.Index(fields=["name"], name="person_name"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class Household(models.Model):
    """People who live as one economic unit (户). Privacy: holds only the household's number and place."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField("户编号", max_length=32, unique=True)
    area_code = models.CharField("居住地代码", max_length=12)
    created_at = models.DateTimeField("登记时间")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["area_code", "id"], name="household_area")]

    def __str__(self) -> str:
        return self.number


class Membership(models.Model):
    """A person belongs to a household from a day until a day, excluded (成员关系), as known from–to. Privacy: links two rows.

    Nobody is in two households at one instant: the database refuses overlapping spans among the rows known now.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships", verbose_name="人员")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="memberships", verbose_name="户")
    relation = models.CharField("与户主关系代码 GB/T 4761", max_length=2)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)
    known_from = models.DateTimeField("登记起")
    known_to = models.DateTimeField("登记止", null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(valid_to__isnull=True, known_to__isnull=True),
                name="membership_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=models.F("valid_from")),
                name="membership_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} ∈ {self.household_id}"


class Category(models.Model):
    """A person counts as one of the low-income population for a span of time (救助类别). Privacy: receipt of assistance is sensitive."""

    class Kind(models.TextChoices):
        DIBAO = "dibao", "低保对象"
        TEKUN = "tekun", "特困人员"
        DIBAO_MARGINAL = "dibao_marginal", "低保边缘家庭成员"
        RIGID_EXPENDITURE = "rigid_expenditure", "刚性支出困难家庭成员"
        ANTI_POVERTY_MONITORED = "anti_poverty_monitored", "防止返贫致贫监测对象"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="categories", verbose_name="人员")
    kind = models.CharField("类别", max_length=24, choices=Kind.choices)
    valid_from = models.DateField("纳入日期")
    valid_to = models.DateField("退出日期", null=True, blank=True)
    known_from = models.DateTimeField("登记起")
    known_to = models.DateTimeField("登记止", null=True, blank=True)
    source = models.CharField("来源", max_length=80)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "kind", "valid_from"], condition=models.Q(known_to__isnull=True), name="category_once"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=models.F("valid_from")),
                name="category_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.valid_from}"


class Fact(models.Model):
    """What a source says of a person or household, true from–to and known from–to (事实). A correction closes the old row's known span and adds a new one.

    ``value`` is an integer: 分, a code, a day number or 1; ``true_to`` is excluded and open when null; an event has true_to = true_from + 1 day.
    ``withdrawn`` marks what a withdrawn delivery said, so that no later withdrawal brings it back.
    Privacy: health, income and custody facts are sensitive; ``detail`` holds no identity number.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="facts", null=True, verbose_name="人员")
    household = models.ForeignKey(
        Household, on_delete=models.PROTECT, related_name="facts", null=True, verbose_name="户"
    )
    item = models.CharField("事项", max_length=48)
    key = models.CharField("区分键", max_length=48, blank=True)
    value = models.BigIntegerField("值")
    detail = models.CharField("说明", max_length=120, blank=True)
    true_from = models.DateField("事实起")
    true_to = models.DateField("事实止", null=True, blank=True)
    known_from = models.DateTimeField("得知时间")
    known_to = models.DateTimeField("更正时间", null=True, blank=True)
    source = models.CharField("来源代码", max_length=24)
    delivery = models.UUIDField("来源批次", null=True)
    withdrawn = models.BooleanField("已撤回", default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=True) ^ models.Q(household__isnull=True), name="fact_one_subject"
            ),
            models.UniqueConstraint(
                fields=["person", "item", "key", "true_from", "source"],
                condition=models.Q(known_to__isnull=True, household__isnull=True),
                name="fact_person_once",
            ),
            models.UniqueConstraint(
                fields=["household", "item", "key", "true_from", "source"],
                condition=models.Q(known_to__isnull=True, person__isnull=True),
                name="fact_household_once",
            ),
            models.CheckConstraint(
                condition=models.Q(true_to__isnull=True) | models.Q(true_to__gt=models.F("true_from")),
                name="fact_order",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["delivery"], name="fact_delivery")]

    def __str__(self) -> str:
        return f"{self.item}={self.value}"


class Change(models.Model):
    """A note that rows about a subject changed (变动记录), so that a reading need not look at those that did not.

    Written by triggers (migration 0003), read by ``selectors.changes``. ``kind`` "": a fact or category of the person or
    household was altered or removed; ``fact``, ``category``: the rows ``first_id`` to ``last_id`` were added (PostgreSQL,
    with the transaction they were ``written_in``). Privacy: points at persons and households by number, says nothing about them.
    """

    kind = models.CharField("种类", max_length=8, blank=True)
    first_id = models.BigIntegerField("首行", null=True)
    last_id = models.BigIntegerField("末行", null=True)
    person_id = models.BigIntegerField("人员", null=True)
    household_id = models.BigIntegerField("户", null=True)
    written_in = models.BigIntegerField("事务", default=0)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["written_in"], name="change_transaction")]

    def __str__(self) -> str:
        return f"{self.kind} {self.written_in}"

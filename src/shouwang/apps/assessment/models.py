"""The bridge from the register to the engine: local standards, and the record of every run."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class LocalStandard(models.Model):
    """One dated local parameter of one division (地方标准), in the CSV layout of the engine. No personal data."""

    area_code = models.CharField("区划代码", max_length=12)
    item = models.CharField("参数", max_length=60)
    amount_fen = models.BigIntegerField("值（金额以分计）")
    per = models.CharField("单位", max_length=20)
    valid_from = models.DateField("生效日", null=True, blank=True)
    valid_to = models.DateField("失效日", null=True, blank=True)
    observed_on = models.CharField("见于", max_length=10, blank=True)
    source = models.CharField("来源", max_length=120)
    article = models.CharField("条款", max_length=60, blank=True)
    last_confirmed = models.DateField("最近确认", null=True, blank=True)
    published = models.CharField("公布的数字", max_length=40, blank=True)
    published_unit = models.CharField("公布的单位", max_length=40, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["area_code", "item", "valid_from"], name="standard_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.area_code} {self.item} {self.valid_from}"


class Run(models.Model):
    """One comparison of a register with what is known on a day (比对运行). No personal data.

    Counts, timings and fingerprint; the rows lie in Parquet. ``known_at`` is fixed when the run starts, so that a run
    taken up again after a kill sees what it saw before; ``taken`` is how many signals have become alerts.
    """

    class State(models.TextChoices):
        RUNNING = "running", "运行中"
        JUDGED = "judged", "已判定，待开单"
        FINISHED = "finished", "已完成"
        ABANDONED = "abandoned", "已放弃"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    area_code = models.CharField("范围", max_length=12)
    as_of = models.DateField("判定日")
    known_at = models.DateTimeField("数据截至")
    state = models.CharField("状态", max_length=10, choices=State.choices)
    started_at = models.DateTimeField("开始")
    finished_at = models.DateTimeField("结束", null=True, blank=True)
    previous = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上次运行"
    )
    taken = models.PositiveIntegerField("已开单信号数", default=0)
    counts = models.JSONField("数量", default=dict)
    timings = models.JSONField("用时", default=dict)
    fingerprint = models.JSONField("指纹", default=dict)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["area_code"],
                condition=models.Q(state__in=["running", "judged"]),
                name="run_one_unfinished",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["area_code", "state", "-id"], name="run_area_state")
        ]

    def __str__(self) -> str:
        return f"{self.as_of} {self.get_state_display()}"


class Screening(models.Model):
    """One look over a division for 应保尽保 and 应退未退 (筛查). No personal data; its findings lie in ``Finding``."""

    class State(models.TextChoices):
        RUNNING = "running", "进行中"
        FINISHED = "finished", "已完成"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    area_code = models.CharField("范围", max_length=12)
    as_of = models.DateField("判定日")
    known_at = models.DateTimeField("数据截至")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField("开始")
    finished_at = models.DateTimeField("结束", null=True, blank=True)
    counts = models.JSONField("数量", default=dict)
    fingerprint = models.JSONField("指纹", default=dict)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["area_code"], condition=models.Q(state="running"), name="screening_one_unfinished"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["area_code", "state", "-id"], name="screening_area_state")
        ]

    def __str__(self) -> str:
        return f"{self.as_of} {self.get_state_display()}"


class Finding(models.Model):
    """One person or household that meets, nearly meets or might meet a benefit without being in it, or the reverse.

    Privacy: points at a person or household by number; holds an amount and the names of facts that are missing.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    screening = models.ForeignKey(Screening, on_delete=models.CASCADE, related_name="findings", verbose_name="筛查")
    scheme = models.CharField("救助项目", max_length=30)
    verdict = models.PositiveSmallIntegerField("情形")
    rank = models.BigIntegerField("次序")
    household_id = models.BigIntegerField("户")
    person_id = models.BigIntegerField("人员", null=True, blank=True)
    area_code = models.CharField("区划", max_length=12)
    amount = models.BigIntegerField("每月金额（分）", null=True, blank=True)
    missing = models.JSONField("缺少的事实", default=list)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["screening", "scheme", "household_id", "person_id"],
                name="finding_once",
                nulls_distinct=False,
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["screening", "-rank", "-id"], name="finding_rank"),
            models.Index(fields=["screening", "scheme", "verdict", "-rank", "-id"], name="finding_kind"),
            models.Index(fields=["area_code", "screening"], name="finding_area"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.verdict}"


class Determination(models.Model):
    """One answer of the law to one household or member, kept as it was given (认定结果存档).

    Privacy: points at the household and its members by number; holds the facts the rule named, no name, no identity
    number. ``case``, ``parameters`` and ``words`` are what any later rule set needs to give ``explanation`` again byte
    for byte (``engine/keeping.py``); ``position`` is the member's place in the case.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    household_id = models.BigIntegerField("户")
    person_id = models.BigIntegerField("人员", null=True, blank=True)
    member_ids = models.JSONField("成员次序", default=list)
    area_code = models.CharField("区划", max_length=12)
    target = models.CharField("规则", max_length=80)
    position = models.PositiveSmallIntegerField("成员位置", null=True, blank=True)
    as_of = models.DateField("判定日")
    known_at = models.DateTimeField("数据截至")
    case = models.JSONField("所用事实")
    parameters = models.JSONField("所用标准")
    words = models.JSONField("所用名称")
    value = models.BigIntegerField("结果（是否以1、0计，金额以分计）", null=True, blank=True)
    explanation = models.BinaryField("说明")
    digest = models.CharField("说明的SM3", max_length=64)
    rules = models.CharField("规则指纹", max_length=64)
    standards = models.CharField("标准指纹", max_length=64)
    made_by = models.BigIntegerField("岗位", null=True, blank=True)
    made_at = models.DateTimeField("存档时间")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["household_id", "-id"], name="determination_household"),
            models.Index(fields=["area_code", "target", "-id"], name="determination_target"),
        ]

    def __str__(self) -> str:
        return f"{self.as_of} {self.target}"

"""The bridge from the register to the engine: local standards, and the record of every run."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from shouwang.apps.assessment import states


class LocalStandard(models.Model):
    """One dated local parameter of one division (地方标准), in the CSV layout of the engine.

    Only rows in ``states.IN_FORCE`` count, each from ``starts_on`` (the first day its truth is known). A row comes in force by two
    people (``maker`` drafts, ``checker`` approves) or by the installation itself, from the command line. ``ends_on`` is
    an end proposed and not yet checked; checked, it becomes ``valid_to``. ``version`` counts the steps taken.
    Privacy: names the staff who drafted and approved, nobody else.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    area_code = models.CharField("区划代码", max_length=12)
    item = models.CharField("参数", max_length=60)
    amount_fen = models.BigIntegerField("值（金额以分计）")
    per = models.CharField("单位", max_length=20)
    valid_from = models.DateField("生效日", null=True, blank=True)
    valid_to = models.DateField("失效日", null=True, blank=True)
    observed_on = models.CharField("见于", max_length=10, blank=True)
    starts_on = models.DateField("起算日", editable=False)
    source = models.CharField("来源", max_length=120)
    article = models.CharField("条款", max_length=120, blank=True)
    last_confirmed = models.DateField("最近确认", null=True, blank=True)
    published = models.CharField("公布的数字", max_length=40, blank=True)
    published_unit = models.CharField("公布的单位", max_length=40, blank=True)
    state = models.CharField("状态", max_length=10, choices=states.CHOICES)
    by_installation = models.BooleanField("由实施单位导入", default=False)
    maker = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="拟定人"
    )
    checker = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="复核人"
    )
    approved_at = models.DateTimeField("复核时间", null=True, blank=True)
    ends_on = models.DateField("提请终止日", null=True, blank=True)
    end_maker = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="提请终止人"
    )
    end_checker = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="终止复核人"
    )
    version = models.PositiveIntegerField("版本", default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["area_code", "item", "starts_on"],
                condition=models.Q(state__in=states.IN_FORCE),
                name="standard_once_in_force",
            ),
            models.UniqueConstraint(
                fields=["area_code", "item", "starts_on"],
                condition=models.Q(state=states.DRAFT),
                name="standard_once_drafted",
            ),
            models.CheckConstraint(
                condition=models.Q(maker__isnull=True)
                | models.Q(checker__isnull=True)
                | ~models.Q(maker=models.F("checker")),
                name="standard_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(end_maker__isnull=True)
                | models.Q(end_checker__isnull=True)
                | ~models.Q(end_maker=models.F("end_checker")),
                name="standard_end_two_people",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=states.IN_FORCE)
                | models.Q(by_installation=True)
                | models.Q(maker__isnull=False, checker__isnull=False),
                name="standard_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=states.ENDING) | models.Q(ends_on__isnull=False, end_maker__isnull=False),
                name="standard_ending_on_a_day",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["item", "area_code", "starts_on"], name="standard_history"),
            models.Index(fields=["state", "area_code"], name="standard_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.area_code} {self.item} {self.starts_on}"


class StandardStep(models.Model):
    """One step in the life of a standard (办理记录). Append-only. Privacy: the staff member's post and words."""

    standard = models.ForeignKey(LocalStandard, on_delete=models.PROTECT, related_name="steps", verbose_name="地方标准")
    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=24)
    from_state = models.CharField("原状态", max_length=10, blank=True)
    to_state = models.CharField("新状态", max_length=10)
    post = models.ForeignKey(
        "accounts.Post", on_delete=models.PROTECT, related_name="+", null=True, verbose_name="岗位"
    )
    note = models.CharField("说明", max_length=500, blank=True)
    details = models.JSONField("明细", default=dict)

    def __str__(self) -> str:
        return f"{self.standard_id} {self.verb}"


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
    register_mark = models.JSONField("登记册变动位置", default=dict)

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


class Simulation(models.Model):
    """One what-if (模拟测算): a reform over a division's register on a day, paired with the law in force.

    No personal data: ``summary`` holds counts and sums. ``known_at`` is fixed when it is asked for, so that a job taken
    up again gives the same figures.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "测算中"
        DONE = "done", "已完成"
        FAILED = "failed", "未完成"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    area_code = models.CharField("范围", max_length=12)
    as_of = models.DateField("判定日")
    known_at = models.DateTimeField("数据截至")
    reform = models.JSONField("改动")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    summary = models.JSONField("结果", default=dict)
    fingerprint = models.JSONField("指纹", default=dict)
    error = models.CharField("原因", max_length=300, blank=True)
    job = models.UUIDField("后台任务", null=True, blank=True)
    post_id = models.BigIntegerField("提交岗位", null=True, blank=True)
    created_at = models.DateTimeField("提交时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["area_code", "-id"], name="simulation_area")]

    def __str__(self) -> str:
        return f"{self.area_code} {self.as_of} {self.get_state_display()}"

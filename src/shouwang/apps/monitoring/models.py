"""Alerts and what was done about them: 预警 → 研判 → 处置 → 反馈 → 办结."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from shouwang.apps.monitoring import states


class Alert(models.Model):
    """One warning about one person or household, open until closed (预警).

    ``version`` counts the steps people took; sightings by later runs do not touch it. A household that is not in the
    register has ``household`` null and stands under the name and place its finder wrote.
    Privacy: points at a person and keeps the name for search; evidence holds integers, no identity number.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.CharField("规则", max_length=60)
    level = models.CharField("等级", max_length=1, choices=states.ALERT_LEVELS)
    direction = models.CharField("方向", max_length=3, choices=states.DIRECTIONS)
    household = models.ForeignKey(
        "registry.Household", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="户"
    )
    person = models.ForeignKey(
        "registry.Person", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="人员"
    )
    subject_key = models.CharField("对象键", max_length=40)
    subject_name = models.CharField("对象姓名", max_length=60, blank=True)
    area_code = models.CharField("区划", max_length=12)
    evidence = models.JSONField("依据", default=dict)
    state = models.CharField("状态", max_length=12, choices=states.CHOICES, default=states.OPEN)
    disposition = models.CharField("研判结论", max_length=24, choices=states.DISPOSITIONS, blank=True)
    reason = models.CharField("说明", max_length=1000, blank=True)
    assignee = models.ForeignKey(
        "accounts.Post", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="承办岗位"
    )
    handling_level = models.CharField("承办层级", max_length=10, default="township")
    opened_on = models.DateField("预警日期")
    opened_by_run = models.UUIDField("首次运行", null=True, blank=True)
    last_seen_run = models.UUIDField("最近运行", null=True, blank=True)
    last_seen_on = models.DateField("最近出现")
    times_seen = models.PositiveIntegerField("出现次数", default=1)
    signal_cleared_on = models.DateField("信号消除日", null=True, blank=True)
    clock_from = models.DateField("计时起")
    due_on = models.DateField("办理期限", null=True, blank=True)
    escalate_after = models.DateField("逾此日上报", null=True, blank=True)
    escalated_on = models.DateField("超期上报日", null=True, blank=True)
    closed_on = models.DateField("办结日", null=True, blank=True)
    version = models.PositiveIntegerField("版本", default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["rule", "subject_key"], condition=models.Q(closed_on__isnull=True), name="alert_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(household__isnull=False)
                | (models.Q(rule=states.PROACTIVE_REPORT) & ~models.Q(subject_name="")),
                name="alert_has_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(state=states.CLOSED, closed_on__isnull=False)
                | (~models.Q(state=states.CLOSED) & models.Q(closed_on__isnull=True)),
                name="alert_closed_day",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "-opened_on", "-id"], name="alert_state"),
            models.Index(fields=["area_code", "state", "-opened_on", "-id"], name="alert_area"),
            models.Index(fields=["-opened_on", "-id"], name="alert_recent"),
            models.Index(
                fields=["-opened_on", "-id"], condition=models.Q(closed_on__isnull=True), name="alert_unfinished"
            ),
            models.Index(fields=["household", "-id"], name="alert_household"),
            models.Index(fields=["rule", "subject_key", "-closed_on"], name="alert_cooldown"),
            models.Index(
                fields=["escalate_after"], condition=models.Q(closed_on__isnull=True), name="alert_escalation"
            ),
            models.Index(fields=["due_on"], condition=models.Q(closed_on__isnull=True), name="alert_due"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_key}"


class Step(models.Model):
    """One step in the handling of an alert (办理记录). Append-only. Privacy: staff notes may mention circumstances."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="steps", verbose_name="预警")
    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=24)
    from_state = models.CharField("原状态", max_length=12, blank=True)
    to_state = models.CharField("新状态", max_length=12)
    post = models.ForeignKey(
        "accounts.Post", on_delete=models.PROTECT, related_name="+", null=True, verbose_name="岗位"
    )
    disposition = models.CharField("研判结论", max_length=24, choices=states.DISPOSITIONS, blank=True)
    note = models.CharField("说明", max_length=1000, blank=True)

    def __str__(self) -> str:
        return f"{self.alert_id} {self.verb}"


class Report(models.Model):
    """A difficulty somebody found at the door (主动发现). The phone makes the uuid, so a repeat is the same report.

    Privacy: name and place of a household that may not be in the register, and the finder's words; no identity number.
    """

    uuid = models.UUIDField(unique=True)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="reports", verbose_name="预警")
    post = models.ForeignKey("accounts.Post", on_delete=models.PROTECT, related_name="+", verbose_name="上报岗位")
    at = models.DateTimeField("上报时间")
    household = models.ForeignKey(
        "registry.Household", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="户"
    )
    area_code = models.CharField("所在村代码", max_length=12)
    name = models.CharField("户主姓名", max_length=60)
    place = models.CharField("住址", max_length=120, blank=True)
    difficulty = models.CharField("困难情形", max_length=16, choices=states.DIFFICULTIES)
    note = models.CharField("情况说明", max_length=1000)

    def __str__(self) -> str:
        return str(self.uuid)


class DailyCount(models.Model):
    """Alerts counted by day, division and rule (预警日统计): no dashboard counts the alert table. No personal data."""

    day = models.DateField("日期")
    area_code = models.CharField("区划", max_length=12)
    rule = models.CharField("规则", max_length=60)
    level = models.CharField("等级", max_length=1)
    opened = models.PositiveIntegerField("新增", default=0)
    closed = models.PositiveIntegerField("办结", default=0)
    confirmed = models.PositiveIntegerField("属实", default=0)
    false_alarms = models.PositiveIntegerField("误报", default=0)
    overdue = models.PositiveIntegerField("超期", default=0)
    days_to_close = models.PositiveIntegerField("办结用时合计（天）", default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["day", "area_code", "rule"], name="daily_count_once")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["area_code", "day"], name="daily_count_area")]

    def __str__(self) -> str:
        return f"{self.day} {self.area_code} {self.rule}"

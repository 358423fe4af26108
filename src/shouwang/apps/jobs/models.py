"""Work that a page does not wait for: one row per job."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class Job(models.Model):
    """One piece of background work (后台任务). No personal data: ``arguments`` and ``result`` hold names of things and counts.

    ``claim`` is the token of the worker that has the job now: every change of a running job is conditional on it.
    ``key`` (where given) keeps a second job of the same meaning from being queued while the first is unfinished.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "排队中"
        RUNNING = "running", "进行中"
        DONE = "done", "已完成"
        FAILED = "failed", "未完成"
        CANCELLED = "cancelled", "已取消"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("任务", max_length=60)
    key = models.CharField("事由", max_length=80, blank=True)
    arguments = models.JSONField("参数", default=dict)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.QUEUED)
    stage = models.CharField("阶段", max_length=40, blank=True)
    done = models.BigIntegerField("已完成", default=0)
    total = models.BigIntegerField("总数", default=0)
    result = models.JSONField("结果", default=dict)
    error = models.CharField("原因", max_length=300, blank=True)
    post_id = models.BigIntegerField("提交岗位", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    claim = models.UUIDField("领取凭据", null=True, blank=True)
    queued_at = models.DateTimeField("提交时间")
    claimed_at = models.DateTimeField("领取时间", null=True, blank=True)
    heartbeat_at = models.DateTimeField("最近心跳", null=True, blank=True)
    stage_at = models.DateTimeField("阶段开始", null=True, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["name", "key"],
                condition=models.Q(state__in=["queued", "running"]) & ~models.Q(key=""),
                name="job_one_unfinished",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "id"], name="job_queue")]

    def __str__(self) -> str:
        return f"{self.name} {self.get_state_display()}"

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or runs."""
        return self.state in {self.State.QUEUED, self.State.RUNNING}

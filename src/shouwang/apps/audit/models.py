"""The append-only event log. Rows are written by ``record`` in the transaction of the act they describe; nothing updates or deletes them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Event(models.Model):
    """One act or one look at a person's file (审计事件). Privacy: holds uuids and codes, never names or identity numbers."""

    at = models.DateTimeField("时间")
    actor_id = models.BigIntegerField("人员", null=True)
    post_id = models.BigIntegerField("岗位", null=True)
    verb = models.CharField("动作", max_length=64)
    subject_kind = models.CharField("对象类别", max_length=32)
    subject_uuid = models.CharField("对象", max_length=36, blank=True)
    area_code = models.CharField("区划", max_length=12, blank=True)
    details = models.JSONField("详情", default=dict)
    mac = models.BinaryField("校验值 HMAC-SM3", max_length=32)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subject_uuid", "id"], name="audit_subject"),
            models.Index(fields=["area_code", "id"], name="audit_area"),
            models.Index(fields=["actor_id", "verb", "at"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.verb} {self.subject_kind}:{self.subject_uuid}"


class Seal(models.Model):
    """A range of events closed by one digest that chains to the seal before it (封存). No personal data.

    ``gaps`` are the numbers in the range that no committed row ever had (a rolled-back act burns one on PostgreSQL);
    a row found at such a number was slipped in, any other number without a row was taken out.
    """

    sealed_at = models.DateTimeField("封存时间")
    first_event = models.BigIntegerField("起始序号", unique=True)
    last_event = models.BigIntegerField("截止序号", unique=True)
    rows = models.PositiveIntegerField("条数")
    gaps = models.JSONField("空号", default=list)
    previous = models.BinaryField("上一封存值", max_length=32)
    digest = models.BinaryField("封存值", max_length=32)

    def __str__(self) -> str:
        return f"封存 {self.first_event}–{self.last_event}"

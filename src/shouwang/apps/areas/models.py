"""行政区划 over time: codes live in ranges of dates, and lineage says what became of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Division(models.Model):
    """One code under one name for one span of time (区划). ``valid_from`` included, ``valid_to`` excluded. No personal data."""

    code = models.CharField("代码", max_length=12)
    name = models.CharField("名称", max_length=60)
    level = models.CharField("层级", max_length=10)
    valid_from = models.DateField("启用日", null=True, blank=True)
    valid_to = models.DateField("停用日", null=True, blank=True)
    source = models.CharField("来源", max_length=120)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="division_code_from", nulls_distinct=False),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["level", "code"], name="division_level_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Lineage(models.Model):
    """A code (wholly or in part) went over into another on a date (沿革). No personal data."""

    predecessor = models.CharField("原代码", max_length=12, db_index=True)
    successor = models.CharField("现代码", max_length=12, db_index=True)
    on = models.DateField("变更日")
    source = models.CharField("来源", max_length=120)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["predecessor", "successor", "on"], name="lineage_once"),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor} ({self.on})"

"""Counts of a comparison made elsewhere, by division: what a national or provincial office holds when the people lie in provinces."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Summary(models.Model):
    """One version of summary counts, loaded whole (比对汇总). No personal data.

    ``targets`` are the rules counted, in the order of the figures. Only ``ready`` ones are shown.
    """

    source = models.CharField("来源", max_length=80)
    version = models.PositiveIntegerField("版本")
    as_of = models.DateField("判定日")
    digest = models.CharField("文件摘要 SM3", max_length=64)
    targets = models.JSONField("规则", default=list)
    divisions = models.PositiveIntegerField("区划数", default=0)
    ready = models.BooleanField("装载完毕", default=False)
    loaded_at = models.DateTimeField("装载时间")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["source", "version"], name="summary_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["ready", "-as_of", "-version", "-id"], name="summary_newest")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.version}"


class SummaryLine(models.Model):
    """All counts of one division in one summary, so that a page reads a line for each division it shows. No personal data.

    ``figures`` and ``withheld`` as packed by ``figures.py``. ``parent_code`` is the division it is shown under; a
    division that has counts of its own beside those of its parts is shown under itself too.
    """

    summary = models.ForeignKey(Summary, on_delete=models.CASCADE, related_name="lines", verbose_name="汇总")
    area_code = models.CharField("区划代码", max_length=12)
    parent_code = models.CharField("上级代码", max_length=12, blank=True)
    figures = models.BinaryField("数量")
    withheld = models.BinaryField("隐去")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["summary", "area_code", "parent_code"], name="summary_line_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["summary", "parent_code", "area_code"], name="summary_line_under")
        ]

    def __str__(self) -> str:
        return self.area_code

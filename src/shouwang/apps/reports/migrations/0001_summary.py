"""Counts of a comparison made elsewhere, by division."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Summary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=80, verbose_name="来源")),
                ("version", models.PositiveIntegerField(verbose_name="版本")),
                ("as_of", models.DateField(verbose_name="判定日")),
                ("digest", models.CharField(max_length=64, verbose_name="文件摘要 SM3")),
                ("targets", models.JSONField(default=list, verbose_name="规则")),
                ("divisions", models.PositiveIntegerField(default=0, verbose_name="区划数")),
                ("ready", models.BooleanField(default=False, verbose_name="装载完毕")),
                ("loaded_at", models.DateTimeField(verbose_name="装载时间")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "version"), name="summary_once")],
                "indexes": [models.Index(fields=["ready", "-as_of", "-version", "-id"], name="summary_newest")],
            },
        ),
        migrations.CreateModel(
            name="SummaryLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("area_code", models.CharField(max_length=12, verbose_name="区划代码")),
                ("parent_code", models.CharField(blank=True, max_length=12, verbose_name="上级代码")),
                ("figures", models.BinaryField(verbose_name="数量")),
                ("withheld", models.BinaryField(verbose_name="隐去")),
                (
                    "summary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="reports.summary",
                        verbose_name="汇总",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("summary", "area_code", "parent_code"), name="summary_line_once")
                ],
                "indexes": [models.Index(fields=["summary", "parent_code", "area_code"], name="summary_line_under")],
            },
        ),
    ]

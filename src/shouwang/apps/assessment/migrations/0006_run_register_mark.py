"""A run keeps up to where the register's changes are in its files, so that the next one reads only what changed."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessment", "0005_determinations")]
    operations = [
        migrations.AddField(
            model_name="run",
            name="register_mark",
            field=models.JSONField(default=dict, verbose_name="登记册变动位置"),
        ),
    ]

"""Posts of the nation's office, which sees counts."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_people_and_posts")]
    operations = [
        migrations.AlterField(
            model_name="post",
            name="level",
            field=models.CharField(
                choices=[
                    ("village", "村级"),
                    ("township", "乡镇级"),
                    ("county", "县级"),
                    ("city", "市级"),
                    ("province", "省级"),
                    ("nation", "国家级"),
                ],
                max_length=10,
                verbose_name="层级",
            ),
        ),
    ]

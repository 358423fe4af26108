import datetime
import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

IN_FORCE = ["approved", "ending"]
STATES = [
    ("draft", "待复核"),
    ("returned", "已退回"),
    ("approved", "已复核"),
    ("ending", "待复核终止"),
    ("withdrawn", "已撤销"),
]


def first_day(valid_from, observed_on):
    """The day a value is known to hold from: its own, or the first of the month or year it was seen in."""
    if valid_from is not None:
        return valid_from
    return datetime.date.fromisoformat(observed_on + "-01-01"[len(observed_on) - 4 :])


def take_over(apps, schema_editor):
    """Rows so far came from the command line: the installation's word, in force as they were."""
    LocalStandard = apps.get_model("assessment", "LocalStandard")
    for row in LocalStandard.objects.order_by("id").iterator():
        row.uuid = uuid.uuid4()
        row.starts_on = first_day(row.valid_from, row.observed_on)
        row.save(update_fields=["uuid", "starts_on"])


def keep_what_the_old_table_holds(apps, schema_editor):
    """Going back: the old table knows no procedure, so only what is in force stays; of values without a first day the last."""
    LocalStandard = apps.get_model("assessment", "LocalStandard")
    apps.get_model("assessment", "StandardStep").objects.all().delete()
    LocalStandard.objects.exclude(state__in=IN_FORCE).delete()
    kept = set()
    for row in LocalStandard.objects.filter(valid_from__isnull=True).order_by("-starts_on", "-id"):
        if (row.area_code, row.item) in kept:
            row.delete()
        kept.add((row.area_code, row.item))
    for row in LocalStandard.objects.all():
        if len(row.article) > 60:
            row.article = row.article[:60]
            row.save(update_fields=["article"])
    if schema_editor.connection.vendor == "postgresql":  # let the table be altered in this same transaction
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def nothing(apps, schema_editor):
    pass


def staff(verbose_name):
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        verbose_name=verbose_name,
    )


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0001_people_and_posts"),
        ("assessment", "0003_simulation"),
    ]

    operations = [
        migrations.AddField("localstandard", "uuid", models.UUIDField(null=True, editable=False)),
        migrations.AddField("localstandard", "starts_on", models.DateField("起算日", null=True, editable=False)),
        migrations.AddField(
            "localstandard",
            "state",
            models.CharField("状态", max_length=10, choices=STATES, default="approved"),
            preserve_default=False,
        ),
        migrations.AddField(
            "localstandard",
            "by_installation",
            models.BooleanField("由实施单位导入", default=True),
            preserve_default=False,
        ),
        migrations.RunPython(take_over, nothing),
        migrations.AlterField(
            "localstandard", "uuid", models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
        ),
        migrations.AlterField("localstandard", "starts_on", models.DateField("起算日", editable=False)),
        migrations.AlterField("localstandard", "by_installation", models.BooleanField("由实施单位导入", default=False)),
        migrations.AlterField(
            "localstandard", "article", models.CharField("条款", max_length=120, blank=True)
        ),
        migrations.AddField("localstandard", "maker", staff("拟定人")),
        migrations.AddField("localstandard", "checker", staff("复核人")),
        migrations.AddField("localstandard", "approved_at", models.DateTimeField("复核时间", null=True, blank=True)),
        migrations.AddField("localstandard", "ends_on", models.DateField("提请终止日", null=True, blank=True)),
        migrations.AddField("localstandard", "end_maker", staff("提请终止人")),
        migrations.AddField("localstandard", "end_checker", staff("终止复核人")),
        migrations.AddField("localstandard", "version", models.PositiveIntegerField("版本", default=0)),
        migrations.CreateModel(
            name="StandardStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("verb", models.CharField(max_length=24, verbose_name="动作")),
                ("from_state", models.CharField(blank=True, max_length=10, verbose_name="原状态")),
                ("to_state", models.CharField(max_length=10, verbose_name="新状态")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="说明")),
                ("details", models.JSONField(default=dict, verbose_name="明细")),
                ("post", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.post", verbose_name="岗位")),
                ("standard", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="assessment.localstandard", verbose_name="地方标准")),
            ],
        ),
        migrations.RemoveConstraint("localstandard", "standard_once"),
        migrations.AddConstraint(
            "localstandard",
            models.UniqueConstraint(
                fields=["area_code", "item", "starts_on"],
                condition=models.Q(state__in=IN_FORCE),
                name="standard_once_in_force",
            ),
        ),
        migrations.AddConstraint(
            "localstandard",
            models.UniqueConstraint(
                fields=["area_code", "item", "starts_on"],
                condition=models.Q(state="draft"),
                name="standard_once_drafted",
            ),
        ),
        migrations.AddConstraint(
            "localstandard",
            models.CheckConstraint(
                condition=models.Q(maker__isnull=True)
                | models.Q(checker__isnull=True)
                | ~models.Q(maker=models.F("checker")),
                name="standard_two_people",
            ),
        ),
        migrations.AddConstraint(
            "localstandard",
            models.CheckConstraint(
                condition=models.Q(end_maker__isnull=True)
                | models.Q(end_checker__isnull=True)
                | ~models.Q(end_maker=models.F("end_checker")),
                name="standard_end_two_people",
            ),
        ),
        migrations.AddConstraint(
            "localstandard",
            models.CheckConstraint(
                condition=~models.Q(state__in=IN_FORCE)
                | models.Q(by_installation=True)
                | models.Q(maker__isnull=False, checker__isnull=False),
                name="standard_approved_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            "localstandard",
            models.CheckConstraint(
                condition=~models.Q(state="ending") | models.Q(ends_on__isnull=False, end_maker__isnull=False),
                name="standard_ending_on_a_day",
            ),
        ),
        migrations.AddIndex(
            "localstandard", models.Index(fields=["item", "area_code", "starts_on"], name="standard_history")
        ),
        migrations.AddIndex(
            "localstandard", models.Index(fields=["state", "area_code"], name="standard_waiting")
        ),
        migrations.RunPython(nothing, keep_what_the_old_table_holds),
    ]

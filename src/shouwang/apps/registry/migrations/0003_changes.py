"""Notes of what changed, written by the database itself, so that a later reading takes over what did not.

SQLite: rows altered or removed leave a note; rows added are found by their number (it has one writer at a time).
PostgreSQL: every statement leaves notes with its transaction, one for all rows it added, one for each subject it altered.
"""

from __future__ import annotations

from django.db import migrations, models

TABLES = {"registry_fact": "fact", "registry_category": "category"}


def sqlite() -> list[str]:
    statements = []
    for table, kind in TABLES.items():
        old, new = ("OLD.person_id, OLD.household_id", "NEW.person_id, NEW.household_id")
        if kind == "category":
            old, new = "OLD.person_id, NULL", "NEW.person_id, NULL"
        for verb, who in (("UPDATE", f"SELECT {old} UNION SELECT {new}"), ("DELETE", f"SELECT {old}")):
            statements.append(
                f"CREATE TRIGGER {table}_noted_{verb.lower()} AFTER {verb} ON {table} BEGIN "
                "INSERT INTO registry_change (kind, person_id, household_id, written_in) "
                f"SELECT '', who.*, 0 FROM ({who}) AS who; END"
            )
    return statements


def postgresql() -> list[str]:
    statements = []
    now = "pg_current_xact_id()::text::bigint"
    for table, kind in TABLES.items():
        who = "person_id, household_id" if kind == "fact" else "person_id, NULL::bigint"
        added = (
            f"SELECT '{kind}', min(id), max(id), {now} FROM fresh HAVING count(*) > 0"  # noqa: S608
        )
        bodies = {
            "INSERT": f"INSERT INTO registry_change (kind, first_id, last_id, written_in) {added}",
            "UPDATE": "INSERT INTO registry_change (kind, person_id, household_id, written_in) "
            f"SELECT '', who.*, {now} FROM (SELECT {who} FROM stale UNION SELECT {who} FROM fresh) AS who",
            "DELETE": "INSERT INTO registry_change (kind, person_id, household_id, written_in) "
            f"SELECT '', who.*, {now} FROM (SELECT DISTINCT {who} FROM stale) AS who",
        }
        seen = {"INSERT": "NEW TABLE AS fresh", "UPDATE": "OLD TABLE AS stale NEW TABLE AS fresh", "DELETE": "OLD TABLE AS stale"}
        for verb, body in bodies.items():
            name = f"{table}_noted_{verb.lower()}"
            statements.append(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$"
            )
            statements.append(
                f"CREATE TRIGGER {name} AFTER {verb} ON {table} REFERENCING {seen[verb]} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            )
    return statements


def keep_notes(apps, schema_editor) -> None:
    for statement in postgresql() if schema_editor.connection.vendor == "postgresql" else sqlite():
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_one_household_at_a_time")]
    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(blank=True, max_length=8, verbose_name="种类")),
                ("first_id", models.BigIntegerField(null=True, verbose_name="首行")),
                ("last_id", models.BigIntegerField(null=True, verbose_name="末行")),
                ("person_id", models.BigIntegerField(null=True, verbose_name="人员")),
                ("household_id", models.BigIntegerField(null=True, verbose_name="户")),
                ("written_in", models.BigIntegerField(default=0, verbose_name="事务")),
            ],
            options={"indexes": [models.Index(fields=["written_in"], name="change_transaction")]},
        ),
        migrations.RunPython(keep_notes),
    ]

"""The event log and its seals can only grow: triggers refuse every other change."""

from __future__ import annotations

from django.db import migrations

TABLES = ("audit_event", "audit_seal")

POSTGRESQL = [
    """
    CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '审计记录只可追加，不可修改或删除'; END $$
    """,
    """
    CREATE FUNCTION audit_next_event() RETURNS bigint LANGUAGE plpgsql AS $$
    BEGIN
        LOCK TABLE audit_event IN ROW EXCLUSIVE MODE;
        RETURN nextval(pg_get_serial_sequence('audit_event', 'id'));
    END $$
    """,
    *[
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        for table in TABLES
    ],
    *[
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        for table in TABLES
    ],
]
SQLITE = [
    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
    "BEGIN SELECT RAISE(ABORT, '审计记录只可追加，不可修改或删除'); END"
    for table in TABLES
    for verb in ("UPDATE", "DELETE")
]


def make_append_only(apps, schema_editor) -> None:
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_event_log")]
    operations = [migrations.RunPython(make_append_only)]

"""Nobody is in two households at one instant: triggers refuse overlapping spans among the memberships known now.

PostgreSQL locks the person's row first, so two transactions cannot each miss the other's span.
"""

from __future__ import annotations

from django.db import migrations

MESSAGE = "同一人同一时间只能属于一户"
OVERLAP = """
    SELECT 1 FROM registry_membership AS other
    WHERE other.person_id = NEW.person_id AND other.id <> NEW.id AND other.known_to IS NULL
      AND (NEW.valid_to IS NULL OR other.valid_from < NEW.valid_to)
      AND (other.valid_to IS NULL OR NEW.valid_from < other.valid_to)
"""
POSTGRESQL = [
    f"""
    CREATE FUNCTION registry_one_household() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM registry_person WHERE id = NEW.person_id FOR NO KEY UPDATE;
        IF EXISTS ({OVERLAP}) THEN
            RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'exclusion_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER registry_membership_one_household BEFORE INSERT OR UPDATE ON registry_membership
    FOR EACH ROW WHEN (NEW.known_to IS NULL) EXECUTE FUNCTION registry_one_household()
    """,
]
SQLITE = [
    f"""
    CREATE TRIGGER registry_membership_one_household_{verb.lower()} AFTER {verb} ON registry_membership
    WHEN NEW.known_to IS NULL AND EXISTS ({OVERLAP})
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
    """
    for verb in ("INSERT", "UPDATE")
]


def keep_one_household(apps, schema_editor) -> None:
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_register")]
    operations = [migrations.RunPython(keep_one_household)]

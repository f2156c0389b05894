"""From its approval on a version of an instrument stays as it is, whoever writes to the database (N1).

Only its validity's end and its retirement may still be set. PostgreSQL refuses to delete it as well; on SQLite the
test runner empties tables with DELETE, so that there only the foreign keys of assessments keep it.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FIXED = (
    "uuid", "instrument_id", "number", "major", "minor", "patch", "name", "language", "licence_holder", "source",
    "sha256", "imported_by_id", "imported_at", "approved_by_id", "approved_at", "valid_from",
)  # fmt: skip
REFUSAL = "An approved version of an instrument does not change."

POSTGRESQL = (
    f"""
    CREATE FUNCTION cases_instrumentversion_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{REFUSAL}';
    END $$
    """,
    f"""
    CREATE TRIGGER cases_instrumentversion_unchanged BEFORE UPDATE ON cases_instrumentversion FOR EACH ROW
    WHEN (OLD.status <> 'draft' AND (NEW.status = 'draft' OR (OLD.status = 'retired' AND NEW.status <> 'retired')
          OR {" OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in FIXED)}))
    EXECUTE FUNCTION cases_instrumentversion_refuse()
    """,
    """
    CREATE TRIGGER cases_instrumentversion_kept BEFORE DELETE ON cases_instrumentversion FOR EACH ROW
    WHEN (OLD.status <> 'draft') EXECUTE FUNCTION cases_instrumentversion_refuse()
    """,
)
POSTGRESQL_UNDO = (
    "DROP TRIGGER cases_instrumentversion_kept ON cases_instrumentversion",
    "DROP TRIGGER cases_instrumentversion_unchanged ON cases_instrumentversion",
    "DROP FUNCTION cases_instrumentversion_refuse()",
)
SQLITE = (
    f"""
    CREATE TRIGGER cases_instrumentversion_unchanged BEFORE UPDATE ON cases_instrumentversion FOR EACH ROW
    WHEN OLD.status <> 'draft' AND (NEW.status = 'draft' OR (OLD.status = 'retired' AND NEW.status <> 'retired')
         OR {" OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in FIXED)})
    BEGIN
        SELECT RAISE(ABORT, '{REFUSAL}');
    END
    """,
)
SQLITE_UNDO = ("DROP TRIGGER cases_instrumentversion_unchanged",)


def on_each(postgresql: tuple[str, ...], sqlite: tuple[str, ...]):
    def run(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for statement in postgresql if schema_editor.connection.vendor == "postgresql" else sqlite:
            schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_assessments")]
    operations = [migrations.RunPython(on_each(POSTGRESQL, SQLITE), on_each(POSTGRESQL_UNDO, SQLITE_UNDO))]

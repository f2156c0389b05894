"""PostgreSQL refuses to delete a seal, and lets `purge_audit` alone mark one as a checkpoint (design part 4)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FUNCTION = """
CREATE FUNCTION audit_refuse_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('portal.purging_audit', true) = 'on'
       AND (NEW.id, NEW.number, NEW.sealed_at, NEW.entry_count, NEW.entries_digest, NEW.mac)
         = (OLD.id, OLD.number, OLD.sealed_at, OLD.entry_count, OLD.entries_digest, OLD.mac) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The seals of the audit log stay as they are.';
END $$;
CREATE TRIGGER audit_seal_stays BEFORE UPDATE OR DELETE ON audit_auditseal
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_seal();
"""

UNDO = """
DROP TRIGGER audit_seal_stays ON audit_auditseal;
DROP FUNCTION audit_refuse_seal();
"""


def on_postgresql(sql: str):
    def run(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [migrations.RunPython(on_postgresql(FUNCTION), on_postgresql(UNDO))]

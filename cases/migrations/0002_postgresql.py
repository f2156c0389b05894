"""What only PostgreSQL can do: search within names by trigram, and a backstop against double bookings."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

DO = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    "CREATE INDEX cases_family_search ON cases_family USING gin (search_text gin_trgm_ops)",
    "CREATE INDEX cases_referral_search ON cases_referral USING gin (search_text gin_trgm_ops)",
    *(
        f"ALTER TABLE cases_occupancy ADD CONSTRAINT cases_occupancy_one_at_a_time_{what} EXCLUDE USING gist "
        f"({what}_id WITH =, tstzrange(from_at, to_at, '[)') WITH &&) WHERE ({what}_id IS NOT NULL)"
        for what in ("staff", "room", "person")
    ),
]
UNDO = [
    *(
        f"ALTER TABLE cases_occupancy DROP CONSTRAINT cases_occupancy_one_at_a_time_{w}"
        for w in ("staff", "room", "person")
    ),
    "DROP INDEX cases_referral_search",
    "DROP INDEX cases_family_search",
]


def on_postgresql(statements: list[str]):
    def run(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunPython(on_postgresql(DO), on_postgresql(UNDO))]

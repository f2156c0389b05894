"""A finalised assessment is read-only in the database too (N9): triggers refuse what no service does.

Only writing the same text again under another key is let through: it has another key id and the same length. What is
added afterwards (decisions, addenda, alerts, overrides) stands in tables of its own.

SQLite makes a table anew to change it, and renames none that another table's trigger names. A migration that changes
one of these tables calls `remove` before and `install` after.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from foundation.fields import EncryptedTextField

OWN = "{row}.status = 'finalised'"
OF_ASSESSMENT = "(SELECT status FROM cases_assessment WHERE id = {row}.assessment_id) = 'finalised'"
OF_INTERVIEW = (
    "(SELECT a.status FROM cases_assessment a JOIN cases_interview i ON i.assessment_id = a.id"
    " WHERE i.id = {row}.interview_id) = 'finalised'"
)
GUARDED = {
    "Assessment": OWN,
    "AssessmentParticipant": OF_ASSESSMENT,
    "Interview": OF_ASSESSMENT,
    "Sheet": OF_INTERVIEW,
    "Judgement": OF_ASSESSMENT,
    "AreaLevel": OF_ASSESSMENT,
}
SENTENCE = "A finalised assessment is read-only."
KEY = len("v1:") + 8  # version and key id, at the head of encrypted text


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name, finalised in GUARDED.items():
        model = apps.get_model("cases", name)
        make = _on_postgresql if schema_editor.connection.vendor == "postgresql" else _on_sqlite
        for statement in make(model, finalised):
            schema_editor.execute(statement, params=None)


def remove(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name in GUARDED:
        table = apps.get_model("cases", name)._meta.db_table
        for event in ("update", "insert"):
            if schema_editor.connection.vendor == "postgresql":
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{event}_guard ON {table}", params=None)
                schema_editor.execute(f"DROP FUNCTION IF EXISTS {table}_{event}_guard()", params=None)
            else:
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{event}_guard", params=None)


def _guards(model: type[models.Model], finalised: str, equals: str) -> Iterator[tuple[str, str]]:
    """Each event with the condition under which it is refused. `equals` takes NULL for a value like any other."""
    unchanged = " AND ".join(_same(field, equals) for field in model._meta.concrete_fields)
    yield "update", f"{finalised.format(row='OLD')} AND NOT ({unchanged})"
    if finalised != OWN:  # an assessment itself comes into being as a draft
        yield "insert", finalised.format(row="NEW")


def _same(field: models.Field[object, object], equals: str) -> str:
    old, new = f'OLD."{field.column}"', f'NEW."{field.column}"'
    same = f"{old} {equals} {new}"
    if not isinstance(field, EncryptedTextField):
        return same
    return f"({same} OR (length({old}) = length({new}) AND substr({old}, 1, {KEY}) <> substr({new}, 1, {KEY})))"


def _on_sqlite(model: type[models.Model], finalised: str) -> Iterator[str]:
    table = model._meta.db_table
    for event, refused in _guards(model, finalised, "IS"):
        yield (
            f"CREATE TRIGGER {table}_{event}_guard BEFORE {event.upper()} ON {table}"
            f" WHEN {refused} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        )


def _on_postgresql(model: type[models.Model], finalised: str) -> Iterator[str]:
    table = model._meta.db_table
    for event, refused in _guards(model, finalised, "IS NOT DISTINCT FROM"):
        guard = f"{table}_{event}_guard"
        yield (
            f"CREATE FUNCTION {guard}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {refused} THEN"
            f" RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
            f" RETURN NEW; END $$"
        )
        yield f"CREATE TRIGGER {guard} BEFORE {event.upper()} ON {table} FOR EACH ROW EXECUTE FUNCTION {guard}()"

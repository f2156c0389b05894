"""Triggers that refuse to change rows which are finished, signed or sealed, on PostgreSQL and SQLite alike.

Only writing the same text again under another key is let through, because keys rotate (D4): it has another key id and
the same length. Deleting is left to retention (D6).

SQLite makes a table anew to change it, and its triggers go with the old one: a migration that changes a guarded table
calls `unguard` before and `guard` after.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from foundation.fields import EncryptedTextField

KEY = len("v1:") + 8  # version and key id, at the head of encrypted text


def guard(
    schema_editor: BaseDatabaseSchemaEditor, model: type[models.Model], frozen: str, sentence: str, *, inserts: bool
) -> None:
    """Refuse UPDATE of rows for which `frozen` holds, with `inserts` also new rows for which it does.

    `frozen` is SQL in which `{row}` stands for the row; `sentence` is what the database says.
    """
    postgresql = schema_editor.connection.vendor == "postgresql"
    make = _on_postgresql if postgresql else _on_sqlite
    conditions = _conditions(model, frozen, "IS NOT DISTINCT FROM" if postgresql else "IS", inserts=inserts)
    for event, refused in conditions:
        for statement in make(model._meta.db_table, event, refused, sentence):
            schema_editor.execute(statement, params=None)


def unguard(schema_editor: BaseDatabaseSchemaEditor, model: type[models.Model]) -> None:
    table = model._meta.db_table
    for event in ("update", "insert"):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{event}_guard ON {table}", params=None)
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {table}_{event}_guard()", params=None)
        else:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{event}_guard", params=None)


def _conditions(model: type[models.Model], frozen: str, equals: str, *, inserts: bool) -> Iterator[tuple[str, str]]:
    """Each event with the condition under which it is refused. `equals` takes NULL for a value like any other."""
    unchanged = " AND ".join(_same(field, equals) for field in model._meta.concrete_fields)
    yield "update", f"{frozen.format(row='OLD')} AND NOT ({unchanged})"
    if inserts:
        yield "insert", frozen.format(row="NEW")


def _same(field: models.Field[object, object], equals: str) -> str:
    old, new = f'OLD."{field.column}"', f'NEW."{field.column}"'
    same = f"{old} {equals} {new}"
    if not isinstance(field, EncryptedTextField):
        return same
    return f"({same} OR (length({old}) = length({new}) AND substr({old}, 1, {KEY}) <> substr({new}, 1, {KEY})))"


def _on_sqlite(table: str, event: str, refused: str, sentence: str) -> Iterator[str]:
    yield (
        f"CREATE TRIGGER {table}_{event}_guard BEFORE {event.upper()} ON {table}"
        f" WHEN {refused} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
    )


def _on_postgresql(table: str, event: str, refused: str, sentence: str) -> Iterator[str]:
    name = f"{table}_{event}_guard"
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {refused} THEN"
        f" RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
        f" RETURN NEW; END $$"
    )
    yield f"CREATE TRIGGER {name} BEFORE {event.upper()} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"

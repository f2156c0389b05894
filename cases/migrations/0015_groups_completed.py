"""Who has written a note about a group is kept, and stays as it is once the note is signed. Names of groups do not
differ by capital letters alone.

The guard of the writers names the table of the notes: on SQLite a later migration that rebuilds that table calls
`remove` before and `install` after.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models.functions import Lower

from foundation.read_only import guard, unguard

SIGNED = "(SELECT signed_at FROM cases_therapynote WHERE id = {row}.therapynote_id) IS NOT NULL"


def name_the_writers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Of notes about a group that are there already, only their author is known."""
    note = apps.get_model("cases", "TherapyNote")
    written = note.objects.filter(is_of_group=True).values_list("pk", "author")
    through = note.writers.through
    through.objects.bulk_create(through(therapynote_id=pk, staffmember_id=author) for pk, author in written)


def tell_names_apart(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The later one of two names that differ by capital letters alone gets a number."""
    taken: set[tuple[int, str]] = set()
    for group in apps.get_model("cases", "Group").objects.order_by("id"):
        name, number = group.name, 1
        while (group.centre_id, name.lower()) in taken:
            number += 1
            name = f"{group.name[:75]} ({number})"
        taken.add((group.centre_id, name.lower()))
        if name != group.name:
            group.name = name
            group.save(update_fields=["name"])


def settle(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """PostgreSQL changes no table whose rows are still to be checked."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE", params=None)


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    writers = apps.get_model("cases", "TherapyNote").writers.through
    guard(schema_editor, writers, SIGNED, "A signed note is read-only.", inserts=True)


def remove(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    unguard(schema_editor, apps.get_model("cases", "TherapyNote").writers.through)


class Migration(migrations.Migration):
    dependencies = [("cases", "0014_corrections"), ("centres", "0004_weekly_hours")]
    operations = [
        migrations.AddField(
            "therapynote", "writers", models.ManyToManyField(related_name="+", to="centres.staffmember")
        ),
        migrations.RunPython(name_the_writers, migrations.RunPython.noop),
        migrations.RunPython(settle, settle),
        migrations.RunPython(install, remove),
        migrations.RemoveConstraint("group", "cases_group_name_is_unique_in_its_centre"),
        migrations.RunPython(tell_names_apart, migrations.RunPython.noop),
        migrations.RunPython(settle, settle),
        migrations.AddConstraint(
            "group",
            models.UniqueConstraint(
                models.F("centre"),
                Lower("name"),
                name="cases_group_name_is_unique_in_its_centre",
                violation_error_code="same_name",
                violation_error_message="This centre already has a group of this name.",
            ),
        ),
    ]

"""A therapist's note is a draft until it is signed; then triggers refuse to change it. A meeting has a summary."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import foundation.fields
from foundation.read_only import guard, unguard

SIGNED = "{row}.signed_at IS NOT NULL"


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    note, addendum = apps.get_model("cases", "TherapyNote"), apps.get_model("cases", "NoteAddendum")
    guard(schema_editor, note, SIGNED, "A signed note is read-only.", inserts=False)
    guard(schema_editor, addendum, SIGNED, "A signed addendum is read-only.", inserts=False)


def remove(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name in ("TherapyNote", "NoteAddendum"):
        unguard(schema_editor, apps.get_model("cases", name))


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_finalised_is_read_only"), ("centres", "0001_initial")]
    operations = [
        migrations.AddField(
            "session",
            "summary",
            foundation.fields.EncryptedTextField(
                blank=True, default="", max_plain_length=500, verbose_name="summary for the coordinator"
            ),
        ),
        migrations.AddField("session", "words_version", models.PositiveIntegerField(default=1, editable=False)),
        migrations.RenameField("therapynote", "written_at", "begun_at"),
        migrations.AddField("therapynote", "signed_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "therapynote",
            models.CheckConstraint(
                condition=models.Q(("signed_at", None), ("signed_at__gte", models.F("begun_at")), _connector="OR"),
                name="cases_therapynote_signed_after_begun",
            ),
        ),
        migrations.AddIndex(
            "therapynote",
            models.Index(
                condition=models.Q(("signed_at", None)), fields=["begun_at", "id"], name="cases_therapynote_drafts"
            ),
        ),
        migrations.AddIndex(
            "therapynote",
            models.Index(
                condition=models.Q(("signed_at", None)),
                fields=["author", "begun_at", "id"],
                name="cases_therapynote_own_drafts",
            ),
        ),
        migrations.AddIndex(
            "therapynote",
            models.Index(
                condition=models.Q(("signed_at__isnull", False)),
                fields=["signed_at", "id"],
                name="cases_therapynote_signed",
            ),
        ),
        migrations.AddIndex(
            "therapynote",
            models.Index(
                condition=models.Q(("signed_at__isnull", False)),
                fields=["author", "signed_at", "id"],
                name="cases_therapynote_signed_by",
            ),
        ),
        migrations.CreateModel(
            name="NoteAddendum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("text", foundation.fields.EncryptedTextField(verbose_name="addendum")),
                ("signed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.staffmember"
                    ),
                ),
                (
                    "note",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="addenda", to="cases.therapynote"
                    ),
                ),
            ],
            options={
                "verbose_name": "addendum to a note",
                "verbose_name_plural": "addenda to notes",
                "ordering": ("signed_at", "id"),
                "default_permissions": (),
            },
        ),
        migrations.RunPython(install, remove),
    ]

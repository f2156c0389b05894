"""Why a meeting was called off, why somebody left a group and why a series was prolonged or ended is encrypted: people
write there what happened in a family.
"""

import uuid
from collections.abc import Callable

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import foundation.fields

REASONS = (("Session", "cancel_reason"), ("GroupEnrolment", "leaving_reason"), ("SeriesReview", "reason"))


def name_the_reviews(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    review = apps.get_model("cases", "SeriesReview")
    for pk in review.objects.values_list("pk", flat=True).iterator():
        review.objects.filter(pk=pk).update(uuid=uuid.uuid4())


def settle(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """PostgreSQL changes no table whose rows are still to be checked."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE", params=None)


def encrypt(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rewrite(apps, lambda field, text, row: field.encrypt(text, row))


def decrypt(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _rewrite(apps, lambda field, text, row: foundation.fields.Ciphertext(field.decrypt(text, row)))


def _rewrite(apps: StateApps, written: Callable[[foundation.fields.EncryptedTextField, str, uuid.UUID], str]) -> None:
    """Replace every reason; what stands in the column is read and written as it is."""
    for model_name, name in REASONS:
        model = apps.get_model("cases", model_name)
        field = model._meta.get_field(name)
        rows = model.objects.order_by("pk")
        if model_name == "Session":
            rows = rows.filter(status__in=["by_family", "by_centre", "by_therapist"])
        for pk, row, text in rows.values_list("pk", "uuid", name).iterator():
            if text:
                model.objects.filter(pk=pk).update(**{name: written(field, str(text), row)})


class Migration(migrations.Migration):
    dependencies = [("cases", "0016_own_parts_and_told")]

    operations = [
        migrations.AlterField(
            "session",
            "cancel_reason",
            foundation.fields.EncryptedTextField(
                blank=True, default="", max_plain_length=300, verbose_name="why it was called off"
            ),
        ),
        migrations.AlterField(
            "groupenrolment",
            "leaving_reason",
            foundation.fields.EncryptedTextField(
                blank=True, default="", max_plain_length=300, verbose_name="why they left"
            ),
        ),
        migrations.AlterField(
            "seriesreview",
            "reason",
            foundation.fields.EncryptedTextField(max_plain_length=300, verbose_name="reason"),
        ),
        migrations.AddField("seriesreview", "uuid", models.UUIDField(default=uuid.uuid4, editable=False, null=True)),
        migrations.RunPython(name_the_reviews, migrations.RunPython.noop),
        migrations.RunPython(settle, settle),
        migrations.AlterField(
            "seriesreview", "uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
        ),
        migrations.RunPython(encrypt, decrypt),
        migrations.RunPython(settle, settle),
    ]

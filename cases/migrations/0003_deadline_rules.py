"""The deadlines of the path as rows, so that a centre can change a setting without a programmer (K1)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

RULES = [
    {"kind": "diagnosis", "due_after": 14, "amber_after": 8, "unit": "day", "source": "P1 (001)"},
    {"kind": "therapy_start", "due_after": 6, "amber_after": 5, "unit": "month", "source": "P3 (001)"},
    {"kind": "therapy_end", "due_after": 182, "amber_after": 180, "unit": "day", "source": "P2 (001)"},
]


def add(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rules = apps.get_model("cases", "DeadlineRule")
    for rule in RULES:
        rules.objects.get_or_create(kind=rule["kind"], defaults=rule)


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_postgresql")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]

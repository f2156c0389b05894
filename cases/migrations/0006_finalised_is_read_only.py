"""Triggers refuse to change a finalised assessment (N9)."""

from django.db import migrations

from cases.assessments.read_only import install, remove


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_instruments_immutable")]
    operations = [migrations.RunPython(install, remove)]

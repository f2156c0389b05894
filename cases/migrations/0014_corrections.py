from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0013_numbers"), ("centres", "0004_weekly_hours")]

    operations = [
        migrations.CreateModel(
            name="SessionCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("logged", "logged"), ("settled", "settled"), ("changed", "changed")], max_length=7
                    ),
                ),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="centres.staffmember",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="cases.session"
                    ),
                ),
            ],
            options={
                "verbose_name": "correction of a meeting",
                "verbose_name_plural": "corrections of meetings",
                "default_permissions": (),
                "indexes": [models.Index(fields=["month", "session"], name="cases_sessioncorr_by_month")],
            },
        ),
    ]

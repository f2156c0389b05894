from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0015_groups_completed"),
        ("centres", "0004_weekly_hours"),
    ]

    operations = [
        migrations.AddField(
            model_name="reminder",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="reminder",
            name="told_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.staffmember"
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="own_parts",
            field=models.CharField(blank=True, default="", editable=False, max_length=60),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("status", "sent"), ("told_at", None)),
                fields=["starts_at"],
                name="cases_reminder_believed",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("told_at", None), ("told_by", None)),
                    models.Q(("status", "sent"), ("told_at__isnull", False)),
                    _connector="OR",
                ),
                name="cases_reminder_only_who_was_reminded_is_told",
            ),
        ),
    ]

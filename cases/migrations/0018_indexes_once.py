"""Foreign keys of meetings lose their own index where another one begins with the same column (decision 0111)."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0017_reasons_encrypted"),
        ("centres", "0004_weekly_hours"),
    ]

    operations = [
        migrations.AlterField(
            model_name="attendance",
            name="case",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attendances",
                to="cases.case",
            ),
        ),
        migrations.AlterField(
            model_name="attendance",
            name="session",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="attendances",
                to="cases.session",
            ),
        ),
        migrations.AlterField(
            model_name="occupancy",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="occupancies",
                to="cases.person",
            ),
        ),
        migrations.AlterField(
            model_name="occupancy",
            name="room",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="occupancies",
                to="centres.room",
            ),
        ),
        migrations.AlterField(
            model_name="occupancy",
            name="staff",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="occupancies",
                to="centres.staffmember",
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="case",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="cases.case",
                verbose_name="case",
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="centre",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="centres.centre",
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="therapist",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="centres.staffmember",
                verbose_name="therapist",
            ),
        ),
    ]

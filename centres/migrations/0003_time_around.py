from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("centres", "0002_absences")]

    operations = [
        migrations.AddField(
            model_name="centre",
            name="logs_time_around",
            field=models.BooleanField(
                default=False,
                help_text="Who logs or settles a meeting may also say how long the way and the documentation took.",
                verbose_name="log travel and documentation time",
            ),
        ),
    ]

"""Series of meetings; why a meeting was called off, and who settled it."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0007_signed_notes"),
        ("centres", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="cancel_reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="why it was called off"),
        ),
        migrations.AddField(
            model_name="session",
            name="resolved_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="centres.staffmember",
            ),
        ),
        migrations.CreateModel(
            name="SessionSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "weeks_between",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "every week"), (2, "every two weeks")], verbose_name="how often"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Monday"),
                            (2, "Tuesday"),
                            (3, "Wednesday"),
                            (4, "Thursday"),
                            (5, "Friday"),
                            (6, "Saturday"),
                            (7, "Sunday"),
                        ],
                        verbose_name="weekday",
                    ),
                ),
                ("time", models.TimeField(verbose_name="start")),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(480),
                        ],
                        verbose_name="length in minutes",
                    ),
                ),
                ("first_on", models.DateField(verbose_name="first meeting on")),
                ("count", models.PositiveSmallIntegerField(verbose_name="number of meetings")),
                ("review_on", models.DateField(verbose_name="review by")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="series", to="cases.case"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="centres.staffmember",
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="centres.room",
                        verbose_name="room",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="centres.service",
                        verbose_name="service",
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="centres.staffmember",
                        verbose_name="therapist",
                    ),
                ),
            ],
            options={
                "verbose_name": "series of meetings",
                "verbose_name_plural": "series of meetings",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SeriesReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "decision",
                    models.CharField(
                        choices=[("extended", "extended"), ("made_up", "meetings made up for"), ("ended", "ended")],
                        max_length=8,
                        verbose_name="decision",
                    ),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("meetings", models.PositiveSmallIntegerField(verbose_name="number of meetings")),
                ("on", models.DateField(default=django.utils.timezone.localdate, verbose_name="on")),
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
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="cases.sessionseries"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="session",
            name="series",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="cases.sessionseries",
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(("series__isnull", False)),
                fields=["series", "starts_at"],
                name="cases_session_by_series",
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionseries",
            constraint=models.CheckConstraint(
                condition=models.Q(("weeks_between__in", [1, 2])), name="cases_sessionseries_rhythm"
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionseries",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekday__gte", 1), ("weekday__lte", 7)), name="cases_sessionseries_weekday"
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionseries",
            constraint=models.CheckConstraint(
                condition=models.Q(("count__gte", 1)), name="cases_sessionseries_has_meetings"
            ),
        ),
    ]

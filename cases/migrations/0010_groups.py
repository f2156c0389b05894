"""Meetings of groups: seats, enrolments, co-therapists; who came late, what was online, time beside the meeting."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from foundation.read_only import guard, unguard


def lift(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    unguard(schema_editor, apps.get_model("cases", "TherapyNote"))


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    note = apps.get_model("cases", "TherapyNote")
    guard(schema_editor, note, "{row}.signed_at IS NOT NULL", "A signed note is read-only.", inserts=False)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_calendar_feed"),
        ("centres", "0002_absences"),
    ]

    operations = [
        migrations.RunPython(lift, install),
        migrations.CreateModel(
            name="Group",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=80, verbose_name="name of the group")),
                ("about", models.CharField(blank=True, max_length=300, verbose_name="for whom")),
                (
                    "seats",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(60),
                        ],
                        verbose_name="seats",
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                "verbose_name": "group",
                "verbose_name_plural": "groups",
                "permissions": [
                    ("view_groups", "May see the groups"),
                    ("plan_groups", "May plan groups, and enrol people in them"),
                ],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="GroupEnrolment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "asked_on",
                    models.DateField(default=django.utils.timezone.localdate, verbose_name="on the list since"),
                ),
                ("from_on", models.DateField(blank=True, null=True, verbose_name="from")),
                ("to_on", models.DateField(blank=True, null=True, verbose_name="to")),
                ("leaving_reason", models.CharField(blank=True, max_length=300, verbose_name="why they left")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                "verbose_name": "enrolment",
                "verbose_name_plural": "enrolments",
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="therapynote",
            name="cases_therapynote_one_per_session_and_author",
        ),
        migrations.AddField(
            model_name="attendance",
            name="is_late",
            field=models.BooleanField(default=False, verbose_name="came late"),
        ),
        migrations.AddField(
            model_name="session",
            name="co_therapists",
            field=models.ManyToManyField(
                blank=True, related_name="co_led_sessions", to="centres.staffmember", verbose_name="co-therapists"
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="is_online",
            field=models.BooleanField(default=False, verbose_name="online"),
        ),
        migrations.AddField(
            model_name="session",
            name="paperwork_minutes",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="documentation in minutes"),
        ),
        migrations.AddField(
            model_name="session",
            name="travel_minutes",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="travel in minutes"),
        ),
        migrations.AddField(
            model_name="sessionseries",
            name="co_therapists",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="centres.staffmember", verbose_name="co-therapists"
            ),
        ),
        migrations.AddField(
            model_name="sessionseries",
            name="is_online",
            field=models.BooleanField(default=False, verbose_name="online"),
        ),
        migrations.AddField(
            model_name="therapynote",
            name="is_of_group",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="session",
            name="case",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="cases.case",
                verbose_name="case",
            ),
        ),
        migrations.AlterField(
            model_name="sessionseries",
            name="case",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="series", to="cases.case"
            ),
        ),
        migrations.AddConstraint(
            model_name="attendance",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_late", False), ("presence", "present"), _connector="OR"),
                name="cases_attendance_late_is_present",
            ),
        ),
        migrations.AddConstraint(
            model_name="therapynote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_of_group", False)),
                fields=("session", "author"),
                name="cases_therapynote_one_per_session_and_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="therapynote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_of_group", True)),
                fields=("session",),
                name="cases_therapynote_one_of_the_group",
            ),
        ),
        migrations.AddField(
            model_name="group",
            name="centre",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="groups",
                to="centres.centre",
                verbose_name="centre",
            ),
        ),
        migrations.AddField(
            model_name="group",
            name="created_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.staffmember"
            ),
        ),
        migrations.AddField(
            model_name="group",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="groups",
                to="centres.service",
                verbose_name="service",
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sessions",
                to="cases.group",
                verbose_name="group",
            ),
        ),
        migrations.AddField(
            model_name="sessionseries",
            name="group",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="series", to="cases.group"
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(("group__isnull", False)),
                fields=["group", "starts_at"],
                name="cases_session_by_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case__isnull", False), ("group", None)),
                    models.Q(("case", None), ("group__isnull", False)),
                    _connector="OR",
                ),
                name="cases_session_of_a_case_or_a_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(("paperwork_minutes__lte", 480), ("travel_minutes__lte", 480)),
                name="cases_session_other_minutes_within_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case__isnull", False), ("group", None)),
                    models.Q(("case", None), ("group__isnull", False)),
                    _connector="OR",
                ),
                name="cases_sessionseries_of_a_case_or_a_group",
            ),
        ),
        migrations.AddField(
            model_name="groupenrolment",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="enrolments", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="groupenrolment",
            name="created_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.staffmember"
            ),
        ),
        migrations.AddField(
            model_name="groupenrolment",
            name="group",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="enrolments", to="cases.group"
            ),
        ),
        migrations.AddField(
            model_name="groupenrolment",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="enrolments", to="cases.person"
            ),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.CheckConstraint(
                condition=models.Q(("seats__gte", 1), ("seats__lte", 60)), name="cases_group_has_some_seats"
            ),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.UniqueConstraint(
                fields=("centre", "name"),
                name="cases_group_name_is_unique_in_its_centre",
                violation_error_code="same_name",
                violation_error_message="This centre already has a group of this name.",
            ),
        ),
        migrations.AddIndex(
            model_name="groupenrolment",
            index=models.Index(fields=["case", "group"], name="cases_groupenrolment_by_case"),
        ),
        migrations.AddConstraint(
            model_name="groupenrolment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("to_on", None)),
                fields=("group", "person"),
                name="cases_groupenrolment_once_at_a_time",
                violation_error_code="already_enrolled",
                violation_error_message="This person is already on the list of this group.",
            ),
        ),
        migrations.AddConstraint(
            model_name="groupenrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("to_on", None), ("from_on", None), ("to_on__gte", models.F("from_on")), _connector="OR"
                ),
                name="cases_groupenrolment_ends_after_start",
                violation_error_message="The end may not be before the start.",
            ),
        ),
        migrations.RunPython(install, lift),
    ]

"""Safe e-mail addresses, and the reminders that go to them."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import foundation.fields


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_groups"),
        ("centres", "0002_absences"),
    ]

    operations = [
        migrations.CreateModel(
            name="SafeContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("address", foundation.fields.EncryptedTextField(max_plain_length=254, verbose_name="e-mail address")),
                ("address_hash", models.CharField(editable=False, max_length=64)),
                ("marked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="safe_contacts", to="cases.case"
                    ),
                ),
                (
                    "marked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="centres.staffmember"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="safe_contacts", to="cases.person"
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="centres.staffmember",
                    ),
                ),
            ],
            options={
                "verbose_name": "safe e-mail address",
                "verbose_name_plural": "safe e-mail addresses",
                "ordering": ("marked_at", "id"),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("starts_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claim", models.UUIDField(null=True)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "failure",
                    models.CharField(
                        blank=True,
                        choices=[("refused", "it did not go out"), ("unknown", "it is not known whether it went out")],
                        max_length=7,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.person"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reminders", to="cases.session"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="cases.safecontact",
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder of a meeting",
                "verbose_name_plural": "reminders of meetings",
                "ordering": ("starts_at", "id"),
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="safecontact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("person", "case"),
                name="cases_safecontact_one_current_per_person_and_case",
                violation_error_code="already_marked",
                violation_error_message="An address is marked already. Withdraw it before you mark another one.",
            ),
        ),
        migrations.AddConstraint(
            model_name="safecontact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("case", "address_hash"),
                name="cases_safecontact_a_mailbox_has_one_reader",
                violation_error_code="shared_mailbox",
                violation_error_message="This address is already marked for somebody else of the family, so more than one person reads it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="safecontact",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn_at__isnull", False), ("withdrawn_by", None), _connector="OR"),
                name="cases_safecontact_nobody_withdraws_a_current_one",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("status", "sent"), _negated=True),
                fields=["starts_at"],
                name="cases_reminder_not_sent",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(
                fields=("session", "person", "starts_at"), name="cases_reminder_once_per_meeting_person_and_hour"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("contact__isnull", False), ("sent_at__isnull", False), ("status", "sent")),
                    models.Q(models.Q(("status", "sent"), _negated=True), ("sent_at", None)),
                    _connector="OR",
                ),
                name="cases_reminder_sent_says_when_and_where",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "failed"), models.Q(("failure", ""), _negated=True)),
                    models.Q(models.Q(("status", "failed"), _negated=True), ("failure", "")),
                    _connector="OR",
                ),
                name="cases_reminder_failed_says_why",
            ),
        ),
    ]

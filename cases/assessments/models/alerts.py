from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.assessments.models.assessments import Assessment, Interview
from cases.casefile.models import Case
from centres.duties import duties_of
from centres.models import Role, StaffMember
from foundation.fields import EncryptedTextField

MAIL_AT_MOST_EVERY = dt.timedelta(hours=1)
MAIL_RETRY_AFTER = dt.timedelta(minutes=10)
"""After a failure, and after a worker that has fallen silent. Sending takes seconds."""
MAIL_ATTEMPTS_AT_MOST = 36  # six hours: the mail server is back by then, or the alert is read without it


class CriticalAlertQuerySet(models.QuerySet["CriticalAlert"]):
    def standing(self) -> CriticalAlertQuerySet:
        """Alerts whose answer has not been taken back."""
        return self.filter(withdrawn_at=None)

    def blocking(self) -> CriticalAlertQuerySet:
        """Standing alerts that no signed override covers: couple work waits (N7)."""
        return self.standing().filter(override=None)

    def reaching(self, user: User) -> CriticalAlertQuerySet:
        """Alerts of the cases that this person coordinates or leads clinically.

        Where nobody coordinates, the head of centre stands in.
        """
        duties = duties_of(user)
        if Role.CLINICAL_LEAD in duties.roles:
            return self.all()
        coordinated = Case.objects.filter(
            assignments__coordinator=duties.staff_id,
            assignments__ended_on=None,
            centre__in=duties.centres(Role.COORDINATOR),
            pk=models.OuterRef("assessment__case_id"),
        )
        orphaned = Case.objects.filter(
            centre__in=duties.centres(Role.LEAD), pk=models.OuterRef("assessment__case_id")
        ).without_coordinator()
        return self.filter(models.Exists(coordinated) | models.Exists(orphaned))

    def for_person(self, user: User) -> CriticalAlertQuerySet:
        """Alerts that reach this person and that they have not yet taken note of."""
        seen = AlertReading.objects.filter(alert=models.OuterRef("pk"), staff=duties_of(user).staff_id)
        return self.reaching(user).exclude(models.Exists(seen))


class CriticalAlert(models.Model):
    """A critical answer, from the moment it was saved: it reaches coordinator and clinical lead the same day and stops
    couple work until that is overridden with a reason and a second signature (N7).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="alerts")
    interview = models.ForeignKey(Interview, models.PROTECT, related_name="alerts")
    question = models.CharField(max_length=200)  # Question.key
    area = models.CharField(max_length=60)
    raised_at = models.DateTimeField(default=timezone.now)
    raised_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)  # the answer was corrected before the assessment was finalised
    override = models.ForeignKey(
        "CoupleOverride", models.PROTECT, null=True, related_name="alerts"
    )  # once countersigned

    objects = CriticalAlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("critical answer")
        verbose_name_plural = _("critical answers")
        default_permissions = ()
        ordering = ("raised_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["interview", "question"],
                condition=Q(withdrawn_at=None),
                name="cases_criticalalert_one_standing_per_question",
            )
        ]
        indexes = [
            models.Index(fields=["assessment"], condition=Q(withdrawn_at=None), name="cases_criticalalert_standing")
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.raised_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        """Where it can be read. Of an assessment that has no result, never its overview: one returns there in the
        middle of an interview, with somebody beside the screen.
        """
        page = "assessment" if self.assessment.is_final else "assessment_answers"
        return reverse(f"cases:{page}", args=[self.assessment.uuid])

    @property
    def area_label(self) -> str:
        return self.assessment.instrument_version.definition.by_area[self.area].label


class AlertReading(models.Model):
    """That somebody has seen an alert and taken it on."""

    alert = models.ForeignKey(CriticalAlert, models.CASCADE, related_name="readings")
    staff = models.ForeignKey(StaffMember, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["alert", "staff"], name="cases_alertreading_once_per_person")]

    def __str__(self) -> str:
        return f"{self.staff_id} {self.at:%Y-%m-%d %H:%M}"


class AlertMailQuerySet(models.QuerySet["AlertMail"]):
    def due(self, now: dt.datetime) -> AlertMailQuerySet:
        """Mails to send now: to people who still work here, about alerts that stand and that they have not yet seen.

        Whoever got one within the hour gets no other: it has called them to the portal, where all alerts are listed.
        """
        seen = AlertReading.objects.filter(alert=models.OuterRef("alert"), staff=models.OuterRef("staff"))
        lately = AlertMail.objects.filter(staff=models.OuterRef("staff"), mailed_at__gt=now - MAIL_AT_MOST_EVERY)
        # Subqueries, no joins: with a join the UPDATE below would be of ids read before, and two workers could claim
        # the same row.
        return self.filter(
            ~models.Exists(seen),
            ~models.Exists(lately),
            Q(claimed_at=None) | Q(claimed_at__lt=now - MAIL_RETRY_AFTER),
            mailed_at=None,
            attempts__lt=MAIL_ATTEMPTS_AT_MOST,
            alert__in=CriticalAlert.objects.standing(),
            staff__in=StaffMember.objects.filter(user__is_active=True),
        )

    def claim(self, now: dt.datetime) -> AlertMailQuerySet:
        """Take what is due, in one UPDATE: no other worker sends it before this one has had its time."""
        mark = uuid.uuid4()
        self.due(now).update(claim=mark, claimed_at=now, attempts=F("attempts") + 1)
        return self.filter(claim=mark).select_related("staff__user")


class AlertMail(models.Model):
    """That somebody is to be told of an alert by mail. The row is the job; a task sends what is due."""

    alert = models.ForeignKey(CriticalAlert, models.CASCADE, related_name="mails")
    staff = models.ForeignKey(StaffMember, models.PROTECT, related_name="+")
    mailed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)

    objects = AlertMailQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["alert", "staff"], name="cases_alertmail_once_per_person"),
        ]
        indexes = [
            models.Index(fields=["claimed_at"], condition=Q(mailed_at=None), name="cases_alertmail_to_send"),
            models.Index(fields=["staff", "mailed_at"], name="cases_alertmail_last"),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} to {self.staff_id}"

    @property
    def has_failed(self) -> bool:
        return self.mailed_at is None and self.attempts >= MAIL_ATTEMPTS_AT_MOST


class CoupleOverrideQuerySet(models.QuerySet["CoupleOverride"]):
    def countersigned_by(self, user: User) -> CoupleOverrideQuerySet:
        """Overrides that this person may open to give the second signature: the clinical leads'."""
        if Role.CLINICAL_LEAD not in duties_of(user).roles:
            return self.none()
        return self.select_related(
            "assessment__case__family",
            "assessment__case__centre",
            "assessment__instrument_version__instrument",
            "signed_by",
            "decided_by",
        )

    def waiting(self) -> CoupleOverrideQuerySet:
        return self.filter(granted=None)

    def waiting_for(self, user: User) -> CoupleOverrideQuerySet:
        """Overrides that wait for this person's signature; nobody signs twice."""
        return self.countersigned_by(user).waiting().exclude(signed_by=duties_of(user).staff_id)


class CoupleOverride(models.Model):
    """That couple work goes on despite critical answers: the reason, and two different people's signatures (N7)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="overrides")
    reason = EncryptedTextField(_("reason"))
    signed_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    granted = models.BooleanField(null=True, blank=True)  # None: waits for the second signature
    decision_note = EncryptedTextField(_("note"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CoupleOverrideQuerySet.as_manager()

    class Meta:
        verbose_name = _("override of the stop of couple work")
        verbose_name_plural = _("overrides of the stop of couple work")
        default_permissions = ()
        permissions = [("countersign_override", "May give the second signature")]
        ordering = ("signed_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["assessment"],
                condition=Q(granted=None),
                name="cases_coupleoverride_one_waiting_per_assessment",
                violation_error_message=_("An override is already waiting for the second signature."),
                violation_error_code="override_waits",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("signed_by")),
                name="cases_coupleoverride_two_people_sign",
                violation_error_message=_("The second signature is another person's."),
                violation_error_code="same_person",
            ),
            models.CheckConstraint(
                condition=Q(granted=None, decided_by=None, decided_at=None)
                | Q(granted__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
                name="cases_coupleoverride_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"override {self.uuid}"

    def get_absolute_url(self) -> str:
        return reverse("cases:decide_override", args=[self.uuid])

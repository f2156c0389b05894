from __future__ import annotations

import datetime as dt
import uuid

from dateutil.relativedelta import relativedelta
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from cases.casefile.models import Case
from cases.people.models import ADULT_FROM, FamilyMember, Person
from cases.sessions.models import Attendance, Session, SessionQuerySet
from centres.models import StaffMember
from foundation.fields import EncryptedTextField

ADDRESS_LIMIT = 254  # characters
HOLDS_FOR = dt.timedelta(days=183)
"""How long „nobody else reads it” is believed: as long as a therapy lasts (P2). Then somebody has to ask again."""

DAYS_AHEAD = 1
LEAST_AHEAD = dt.timedelta(hours=2)
"""Nobody is reminded later than that: who is on the way reads no mail."""

LEASE = dt.timedelta(minutes=5)
"""How long a worker may be silent about a reminder it has taken. Sending is broken off after seconds."""
RETRY_AFTER = dt.timedelta(hours=1)
ATTEMPTS_AT_MOST = 3


class SafeContactQuerySet(models.QuerySet["SafeContact"]):
    def current(self) -> SafeContactQuerySet:
        """Not withdrawn; perhaps marked so long ago that nothing is sent any more."""
        return self.filter(withdrawn_at=None)

    def holding(self, now: dt.datetime) -> SafeContactQuerySet:
        """Those that mail may go to."""
        return self.current().filter(marked_at__gt=now - HOLDS_FOR)


class SafeContact(models.Model):
    """The e-mail address of an adult of whom somebody has established that nobody else reads it, and who wants to be
    reminded by it of the meetings of one case. It is never changed: it is withdrawn, and another one is marked.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="safe_contacts")
    case = models.ForeignKey(Case, models.PROTECT, related_name="safe_contacts")
    address = EncryptedTextField(_("e-mail address"), max_plain_length=ADDRESS_LIMIT)
    address_hash = models.CharField(max_length=64, editable=False)
    marked_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+")
    marked_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = SafeContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("safe e-mail address")
        verbose_name_plural = _("safe e-mail addresses")
        default_permissions = ()
        ordering = ("marked_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "case"],
                condition=Q(withdrawn_at=None),
                name="cases_safecontact_one_current_per_person_and_case",
                violation_error_message=_("An address is marked already. Withdraw it before you mark another one."),
                violation_error_code="already_marked",
            ),
            models.UniqueConstraint(
                fields=["case", "address_hash"],
                condition=Q(withdrawn_at=None),
                name="cases_safecontact_a_mailbox_has_one_reader",
                violation_error_message=_(
                    "This address is already marked for somebody else of the family, so more than one person reads it."
                ),
                violation_error_code="shared_mailbox",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=False) | Q(withdrawn_by=None),
                name="cases_safecontact_nobody_withdraws_a_current_one",
            ),
        ]

    def __str__(self) -> str:
        return f"safe contact {self.uuid}"

    @property
    def holds_until(self) -> dt.datetime:
        return self.marked_at + HOLDS_FOR

    def holds(self, now: dt.datetime | None = None) -> bool:
        return self.withdrawn_at is None and self.holds_until > (now or timezone.now())


def to_be_reminded(now: dt.datetime) -> models.QuerySet[Attendance]:
    """Who may be reminded of which meeting at this very moment. It is asked again while a mail is being sent.

    The meeting is planned for today or tomorrow, the person is expected at it, grown up, still of the family, and has
    an address that is marked as safe in this case, which is open.
    """
    today = timezone.localdate(now)
    end = timezone.make_aware(dt.datetime.combine(today + dt.timedelta(days=DAYS_AHEAD + 1), dt.time.min))
    contact = SafeContact.objects.holding(now).filter(person=OuterRef("person"), case=OuterRef("case"))
    member = FamilyMember.objects.current(today).filter(person=OuterRef("person"), family=OuterRef("case__family"))
    return Attendance.objects.filter(
        Exists(contact),
        Exists(member),
        presence=Attendance.Presence.EXPECTED,
        person__birth_date__lte=today - relativedelta(years=ADULT_FROM),
        case__closed_on=None,
        session__status=Session.Status.PLANNED,
        session__starts_at__gt=now + LEAST_AHEAD,
        session__starts_at__lt=end,
    )


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def plan(self, now: dt.datetime) -> None:
        """Write a row for everybody who is to be reminded; who has one for that meeting and hour gets no other."""
        known = Reminder.objects.filter(
            session=OuterRef("session"), person=OuterRef("person"), starts_at=OuterRef("session__starts_at")
        )
        expected = to_be_reminded(now).filter(~Exists(known)).select_related("session").order_by("session", "person")
        self.bulk_create(
            (
                Reminder(
                    session=one.session, person_id=one.person_id, case_id=one.case_id, starts_at=one.session.starts_at
                )
                for one in expected
            ),
            ignore_conflicts=True,  # another worker has written it a moment ago
        )

    def still_wanted(self, now: dt.datetime) -> ReminderQuerySet:
        """Those that would be planned again now: the meeting stands, the person is expected, the address is safe."""
        wanted = to_be_reminded(now).filter(
            session=OuterRef("session"),
            person=OuterRef("person"),
            case=OuterRef("case"),
            session__starts_at=OuterRef("starts_at"),
        )
        return self.filter(Exists(wanted))

    def due(self, now: dt.datetime) -> ReminderQuerySet:
        rested = Q(claimed_at=None) | Q(claimed_at__lt=now - RETRY_AFTER)
        return self.still_wanted(now).filter(
            rested, status=Reminder.Status.WAITING, attempts__lt=ATTEMPTS_AT_MOST, starts_at__gt=now
        )

    def claim(self, pk: int, now: dt.datetime) -> uuid.UUID | None:
        """Take one reminder, in one UPDATE. None where another worker has it, or where it is no longer to be sent."""
        mark = uuid.uuid4()
        taken = (
            self.due(now)
            .filter(pk=pk)
            .update(status=Reminder.Status.SENDING, claim=mark, claimed_at=now, attempts=F("attempts") + 1)
        )
        return mark if taken else None

    def left_behind(self, now: dt.datetime) -> ReminderQuerySet:
        """Taken by a worker that has fallen silent since."""
        return self.filter(status=Reminder.Status.SENDING, claimed_at__lt=now - LEASE)

    def troubled(self) -> ReminderQuerySet:
        """Those that have failed, and those that an attempt could not send so far: somebody should call."""
        return self.filter(Q(status=Reminder.Status.FAILED) | Q(status=Reminder.Status.WAITING, attempts__gt=0))

    def told(self) -> ReminderQuerySet:
        """Those of which the page of a meeting has something to tell."""
        return self.filter(status=Reminder.Status.SENT) | self.troubled()

    def meetings(self, now: dt.datetime) -> SessionQuerySet:
        """The meetings to come that these are about, at the hour for which they are still planned."""
        about = self.filter(session=OuterRef("pk"), starts_at=OuterRef("starts_at"))
        return Session.objects.coming(now).filter(Exists(about))

    def outdated(self, now: dt.datetime) -> ReminderQuerySet:
        """Sent, and no longer true: the meeting was moved or called off, and nobody has said that they know it.

        When the hour has passed of which the mail spoke, it is too late to tell. Nobody is told what they know: the
        family has called the meeting off itself, or the person has been to it.
        """
        meeting = Session.objects.filter(pk=OuterRef("session"))
        still = Q(status=Session.Status.PLANNED, starts_at=OuterRef("starts_at"))
        known = meeting.filter(still | Q(status=Session.Status.CANCELLED_BY_FAMILY))
        was_there = Attendance.objects.filter(
            session=OuterRef("session"), person=OuterRef("person"), presence=Attendance.Presence.PRESENT
        )
        believed = self.filter(status=Reminder.Status.SENT, told_at=None, starts_at__gt=now)
        return believed.exclude(Exists(known)).exclude(Exists(was_there))

    def to_be_told_by(self, user: User) -> ReminderQuerySet:
        """Those about which this person calls: who manages the case, and who leads the meeting."""
        managed = Case.objects.managed_by(user).filter(pk=OuterRef("case"))
        led = Session.objects.run_by(user).filter(pk=OuterRef("session"))
        return self.filter(Q(Exists(managed)) | Q(Exists(led)))

    def of_cases_managed_by(self, user: User) -> ReminderQuerySet:
        return self.filter(Exists(Case.objects.managed_by(user).filter(pk=OuterRef("case"))))

    def readable_by(self, user: User) -> ReminderQuerySet:
        return self.filter(Exists(Case.objects.readable_by(user).filter(pk=OuterRef("case"))))


class Reminder(models.Model):
    """That a person is to be reminded of a meeting at the hour for which it is planned. The row is the job.

    A row whose meeting was moved or called off waits for ever and is never sent; a moved meeting has a new row.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("reminder", "waiting")
        SENDING = "sending", pgettext_lazy("reminder", "being sent")
        SENT = "sent", pgettext_lazy("reminder", "sent")
        FAILED = "failed", pgettext_lazy("reminder", "failed")

    class Failure(models.TextChoices):
        REFUSED = "refused", pgettext_lazy("reminder", "it did not go out")
        UNKNOWN = "unknown", pgettext_lazy("reminder", "it is not known whether it went out")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, models.CASCADE, related_name="reminders")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    contact = models.ForeignKey(SafeContact, models.PROTECT, null=True, related_name="reminders")  # where it went
    sent_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # that the meeting is not then after all
    told_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    failure = models.CharField(max_length=7, choices=Failure, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder of a meeting")
        verbose_name_plural = _("reminders of meetings")
        default_permissions = ()
        ordering = ("starts_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["session", "person", "starts_at"], name="cases_reminder_once_per_meeting_person_and_hour"
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False, contact__isnull=False)
                | (~Q(status="sent") & Q(sent_at=None)),
                name="cases_reminder_sent_says_when_and_where",
            ),
            models.CheckConstraint(
                condition=(Q(status="failed") & ~Q(failure="")) | (~Q(status="failed") & Q(failure="")),
                name="cases_reminder_failed_says_why",
            ),
            models.CheckConstraint(
                condition=Q(told_at=None, told_by=None) | Q(told_at__isnull=False, status="sent"),
                name="cases_reminder_only_who_was_reminded_is_told",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at"], condition=~Q(status="sent"), name="cases_reminder_not_sent"),
            models.Index(
                fields=["starts_at"], condition=Q(status="sent", told_at=None), name="cases_reminder_believed"
            ),
        ]

    def __str__(self) -> str:
        return f"reminder {self.uuid}"

"""What a therapist writes down about a meeting; in tables of its own, encrypted (D1)."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.casefile.models import Case
from cases.sessions.models import Session, SessionQuerySet
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Role, StaffMember
from foundation.fields import EncryptedTextField


class TherapyNoteQuerySet(models.QuerySet["TherapyNote"]):
    def readable_by(self, user: User) -> TherapyNoteQuerySet:
        """A note is for its author and the clinical lead (D1); a group's for all who led the meeting together."""
        if Role.CLINICAL_LEAD in duties_of(user).roles:
            return self.all()
        led = Session.objects.run_by(user).filter(pk=OuterRef("session_id"))
        return self.written_by(user) | self.filter(Exists(led), is_of_group=True)

    def written_by(self, user: User) -> TherapyNoteQuerySet:
        """This person's own notes, of centres where they still work."""
        duties = duties_of(user)
        return self.filter(author=duties.staff_id, session__centre__in=duties.centres(*AT_A_CENTRE))

    def signed_by(self, user: User) -> TherapyNoteQuerySet:
        """Notes that this person may sign and add to: own ones, and those of groups whose meeting they led."""
        led = Session.objects.run_by(user).filter(pk=OuterRef("session_id"))
        return self.filter(is_of_group=False).written_by(user) | self.filter(Exists(led), is_of_group=True)

    def drafts(self) -> TherapyNoteQuerySet:
        return self.filter(signed_at=None)

    def signed(self) -> TherapyNoteQuerySet:
        return self.filter(signed_at__isnull=False)

    def late(self, now: dt.datetime | None = None) -> TherapyNoteQuerySet:
        """Drafts that should have been signed by now."""
        return self.drafts().filter(begun_at__lte=sign_by(now or timezone.now()))

    def for_page(self) -> TherapyNoteQuerySet:
        """With what the page of one note says about its meeting."""
        return self.select_related(
            "author",
            "session__service",
            "session__therapist",
            "session__centre",
            "session__case__family",
            "session__group",
        )

    def for_list(self) -> TherapyNoteQuerySet:
        """With what a row of a list shows; not a word of the note itself."""
        return self.for_page().defer("text", "session__summary")

    def with_reading_right(self, user: User) -> TherapyNoteQuerySet:
        """Add `may_read`: a family's name stands only where this person may read its case (design part 3)."""
        readable = Case.objects.readable_by(user).filter(pk=OuterRef("session__case_id"))
        return self.annotate(may_read=Exists(readable))


def written_about_by(user: User) -> SessionQuerySet:
    """Meetings that this person may write about: those they lead, and those about which they have begun a note."""
    own = TherapyNote.objects.written_by(user).filter(session=OuterRef("pk"))
    return Session.objects.run_by(user) | Session.objects.filter(Exists(own))


def sign_by(now: dt.datetime) -> dt.datetime:
    """A draft that was begun before this moment has waited for its signature too long."""
    return now - dt.timedelta(days=settings.UNSIGNED_NOTE_DAYS)


class TherapyNote(models.Model):
    """A draft until its author signs it; from then on nothing in it changes (`read_only`), addenda stand beside it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, models.PROTECT, related_name="notes")
    author = models.ForeignKey(StaffMember, models.PROTECT, related_name="notes")
    writers = models.ManyToManyField(StaffMember, related_name="+")  # of a group's note: everybody who wrote in it
    is_of_group = models.BooleanField(default=False)  # about the group as a whole: no word on one person alone
    text = EncryptedTextField(_("note"))
    begun_at = models.DateTimeField(default=timezone.now)
    signed_at = models.DateTimeField(null=True)  # „draft” is this being empty
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = TherapyNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("therapist's note")
        verbose_name_plural = _("therapists' notes")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["session", "author"],
                condition=Q(is_of_group=False),
                name="cases_therapynote_one_per_session_and_author",
            ),
            models.UniqueConstraint(
                fields=["session"], condition=Q(is_of_group=True), name="cases_therapynote_one_of_the_group"
            ),
            models.CheckConstraint(
                condition=Q(signed_at=None) | Q(signed_at__gte=F("begun_at")),
                name="cases_therapynote_signed_after_begun",
            ),
        ]
        indexes = [
            models.Index(fields=["begun_at", "id"], condition=Q(signed_at=None), name="cases_therapynote_drafts"),
            models.Index(
                fields=["author", "begun_at", "id"], condition=Q(signed_at=None), name="cases_therapynote_own_drafts"
            ),
            models.Index(
                fields=["signed_at", "id"], condition=Q(signed_at__isnull=False), name="cases_therapynote_signed"
            ),
            models.Index(
                fields=["author", "signed_at", "id"],
                condition=Q(signed_at__isnull=False),
                name="cases_therapynote_signed_by",
            ),
        ]

    def __str__(self) -> str:
        return f"note {self.uuid}"

    def get_absolute_url(self) -> str:
        return reverse("cases:note", args=[self.uuid])

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None

    @property
    def written_by(self) -> str:
        """The names of all who wrote it, for a group's note, which its author began or signed."""
        return ", ".join(sorted(map(str, self.writers.all())) or [str(self.author)])

    def is_late(self, now: dt.datetime | None = None) -> bool:
        return not self.is_signed and self.begun_at <= sign_by(now or timezone.now())


class NoteAddendum(models.Model):
    """What an author adds to a signed note; the note itself stays as it was."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    note = models.ForeignKey(TherapyNote, models.PROTECT, related_name="addenda")
    text = EncryptedTextField(_("addendum"))
    author = models.ForeignKey(StaffMember, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("addendum to a note")
        verbose_name_plural = _("addenda to notes")
        default_permissions = ()
        ordering = ("signed_at", "id")

    def __str__(self) -> str:
        return f"addendum {self.uuid}"

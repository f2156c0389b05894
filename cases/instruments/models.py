from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Role, StaffMember

if TYPE_CHECKING:
    from cases.instruments.definition import Definition

WITH_CASES = frozenset({*AT_A_CENTRE, Role.CLINICAL_LEAD})


class Instrument(models.Model):
    """A tool of assessment, of which there are versions; NORR is one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    is_example = models.BooleanField(_("example, not NORR"), default=False)

    class Meta:
        verbose_name = _("instrument")
        verbose_name_plural = _("instruments")
        default_permissions = ()

    def __str__(self) -> str:
        return self.code


class InstrumentVersionQuerySet(models.QuerySet["InstrumentVersion"]):
    def managed_by(self, user: User) -> InstrumentVersionQuerySet:
        """Versions that this person may compare, try, approve, retire and export: all, for a clinical lead."""
        if Role.CLINICAL_LEAD in duties_of(user).roles:
            return self.for_page()
        return self.none()

    def readable_by(self, user: User) -> InstrumentVersionQuerySet:
        """Versions whose questions and rules this person may read: who works with cases reads what results rest on,
        but no drafts (decision 0064).
        """
        roles = duties_of(user).roles
        if Role.CLINICAL_LEAD in roles:
            return self.for_page()
        if roles & WITH_CASES:
            return self.for_page().exclude(status=InstrumentVersion.Status.DRAFT)
        return self.none()

    def for_page(self) -> InstrumentVersionQuerySet:
        return self.select_related("instrument", "imported_by", "approved_by", "retired_by")

    def usable(self, on: dt.date | None = None) -> InstrumentVersionQuerySet:
        """Versions with which an assessment may be started on a day: approved, and valid then."""
        day = on or timezone.localdate()
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=day),
            Q(valid_to=None) | Q(valid_to__gte=day),
            status=InstrumentVersion.Status.APPROVED,
        )


class InstrumentVersion(models.Model):
    """One version of an instrument: the file that was imported, and who stands behind it (N1).

    The file never changes once it has been approved, and an assessment can only use an approved one.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        APPROVED = "approved", _("approved")
        RETIRED = "retired", _("retired")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="versions")
    number = models.CharField(_("number of the version"), max_length=20)  # "1.2.0"
    major = models.PositiveIntegerField(editable=False)
    minor = models.PositiveIntegerField(editable=False)
    patch = models.PositiveIntegerField(editable=False)
    name = models.CharField(_("name"), max_length=200)
    language = models.CharField(_("language"), max_length=5)
    licence_holder = models.CharField(_("licence holder"), max_length=200)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.DRAFT)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    source = models.TextField(editable=False)
    """The file in canonical form: export gives exactly this."""
    sha256 = models.CharField(max_length=64, editable=False)
    imported_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, blank=True, related_name="+")
    """None: it came with the portal."""
    imported_at = models.DateTimeField(default=timezone.now, editable=False)
    approved_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, editable=False)
    retired_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(null=True, editable=False)
    retirement_reason = models.CharField(_("why it was retired"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    """Of this row, as every record of ours has one."""

    objects = InstrumentVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of an instrument")
        verbose_name_plural = _("versions of instruments")
        default_permissions = ()
        permissions = [("manage_instruments", "May import, approve and retire instruments")]
        ordering = ("instrument", "-major", "-minor", "-patch")
        constraints = [
            models.UniqueConstraint(
                fields=["instrument", "number"],
                name="cases_instrumentversion_number_once",
                violation_error_message=_("This version of the instrument is already in the portal."),
                violation_error_code="known_version",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | (Q(approved_by__isnull=False) & Q(approved_at__isnull=False)),
                name="cases_instrumentversion_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | Q(imported_by=None) | ~Q(approved_by=F("imported_by")),
                name="cases_instrumentversion_approved_by_another",
                violation_error_message=_("Somebody other than the person who imported it approves a version."),
                violation_error_code="same_person",
            ),
            models.CheckConstraint(
                condition=~Q(status="retired") | (Q(retired_by__isnull=False) & Q(retired_at__isnull=False)),
                name="cases_instrumentversion_retired_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
                name="cases_instrumentversion_valid_to_after_from",
                violation_error_message=_("The end may not be before the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("cases:instrument_version", args=[self.uuid])

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The number as it is compared: 1.10.0 comes after 1.9.0."""
        return self.major, self.minor, self.patch

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_approved(self) -> bool:
        return self.status == self.Status.APPROVED

    @property
    def definition(self) -> Definition:
        """What the file says; remembered per process by its hash."""
        from cases.instruments.reading import definition_of  # reading knows the model's limits

        return definition_of(self.sha256, self.source)

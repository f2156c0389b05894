from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from centres.duties import duties_of
from centres.models import Centre, Role
from foundation.formats import format_month

LEASE = dt.timedelta(minutes=5)
"""How long a worker may be silent about a report before another one may take it. A PDF is stopped long before."""

ATTEMPTS_AT_MOST = 3
HAND_ON_AFTER = dt.timedelta(seconds=60)
"""A message that has led to nothing for so long is sent again: brokers lose some."""


class ReportQuerySet(models.QuerySet["Report"]):
    def readable_by(self, user: User) -> ReportQuerySet:
        """The analyst reads all reports, a head of centre those of their own centre."""
        duties = duties_of(user)
        if Role.ANALYST in duties.roles:
            return self.all()
        return self.filter(scope=Report.Scope.CENTRE, centre__in=duties.centres(Role.LEAD))

    def for_list(self) -> ReportQuerySet:
        """Without the frozen numbers, which no list needs."""
        return self.defer("snapshot").select_related("centre")

    def of(self, month: dt.date, scope: str, centre: Centre | None) -> ReportQuerySet:
        """All that was ever made of one month and scope, the newest first."""
        return self.filter(kind=Report.Kind.MONTH, month=month, scope=scope, centre=centre).order_by("-revision")

    def unfinished(self) -> ReportQuerySet:
        return self.filter(status__in=[Report.Status.WAITING, Report.Status.RUNNING])

    def ready(self) -> ReportQuerySet:
        return self.filter(status=Report.Status.READY)

    def claimable(self, now: dt.datetime | None = None) -> ReportQuerySet:
        """Waiting for a worker, or left behind by one that died, with attempts left."""
        abandoned = Q(status=Report.Status.RUNNING, lease_until__lt=now or timezone.now())
        return self.filter(Q(status=Report.Status.WAITING) | abandoned, attempts__lt=ATTEMPTS_AT_MOST)

    def handable(self, now: dt.datetime | None = None) -> ReportQuerySet:
        """Those of them that no message of the last minute is on its way for."""
        now = now or timezone.now()
        return self.claimable(now).filter(Q(handed_on_at=None) | Q(handed_on_at__lt=now - HAND_ON_AFTER))

    def exhausted(self, now: dt.datetime | None = None) -> ReportQuerySet:
        """Left behind by a worker that died in the last attempt."""
        return self.filter(
            status=Report.Status.RUNNING, lease_until__lt=now or timezone.now(), attempts__gte=ATTEMPTS_AT_MOST
        )

    def claim(self, report_uuid: uuid.UUID | str) -> Report | None:
        """Take a report to work on, in one UPDATE. None where it is taken, finished or out of attempts."""
        now = timezone.now()
        claimed = (
            self.filter(uuid=report_uuid)
            .claimable(now)
            .update(
                status=Report.Status.RUNNING,
                attempts=F("attempts") + 1,
                lease_until=now + LEASE,
                started_at=now,
                finished_at=None,
            )
        )
        return self.select_related("centre").get(uuid=report_uuid) if claimed else None


class Report(models.Model):
    """The report of a month: the job that makes it, the numbers frozen as evidence, and the file.

    The row is the job. A worker holds it by a lease; who loses the lease has nothing to say about it any more.
    """

    class Kind(models.TextChoices):
        MONTH = "month", _("monthly report")

    class Scope(models.TextChoices):
        PROGRAMME = "programme", _("the Programme")
        CENTRES = "centres", _("all three centres")
        CENTRE = "centre", _("one centre")

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("report", "in the queue")
        RUNNING = "running", pgettext_lazy("report", "being made")
        READY = "ready", pgettext_lazy("report", "ready")
        FAILED = "failed", pgettext_lazy("report", "failed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.MONTH)
    month = models.DateField(_("month"))  # its first day
    scope = models.CharField(_("scope"), max_length=9, choices=Scope)
    centre = models.ForeignKey(
        Centre, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("centre")
    )
    revision = models.PositiveSmallIntegerField(_("version"), default=1)
    number = models.CharField(_("number"), max_length=80, unique=True)  # S/2026/10/CENTRA/1

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("asked for by")
    )  # NULL: the timetable
    requested_at = models.DateTimeField(_("asked for at"), default=timezone.now)

    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    handed_on_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(_("what went wrong"), max_length=500, blank=True)  # one sentence for people

    # Exact numbers, so never shown or published themselves: small ones are hidden when they are printed (D7).
    snapshot = models.JSONField(null=True, blank=True)
    snapshot_hash = models.CharField(max_length=64, blank=True)
    data_at = models.DateTimeField(_("state of the data"), null=True, blank=True)

    path = models.CharField(max_length=120, blank=True)  # under settings.REPORTS_DIR
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)  # bytes

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        default_permissions = ()
        permissions = [("view_reports", "May read reports"), ("request_report", "May ask for a report")]
        ordering = ("-month", "-id")
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=Q(status__in=["waiting", "running"]),
                name="programme_report_unfinished",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="centre", centre__isnull=False) | (~Q(scope="centre") & Q(centre=None)),
                name="programme_report_centre_belongs_to_its_scope",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="programme_report_month_is_its_first_day"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="programme_report_revisions_begin_with_one"),
            models.CheckConstraint(
                condition=~Q(status="ready")
                | Q(data_at__isnull=False, snapshot__isnull=False, size__gt=0) & ~Q(path="") & ~Q(sha256=""),
                name="programme_report_ready_has_numbers_and_file",
            ),
            models.CheckConstraint(
                condition=~Q(status="failed") | ~Q(error=""), name="programme_report_failure_has_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_until__isnull=False),
                name="programme_report_running_has_a_lease",
            ),
            # Two of each, because NULL (no centre) equals nothing.
            models.UniqueConstraint(
                fields=["kind", "month", "centre", "revision"],
                condition=Q(scope="centre"),
                name="programme_report_one_per_centre_and_revision",
            ),
            models.UniqueConstraint(
                fields=["kind", "month", "scope", "revision"],
                condition=Q(centre=None),
                name="programme_report_one_per_scope_and_revision",
            ),
            models.UniqueConstraint(
                fields=["kind", "month", "centre"],
                condition=Q(scope="centre", status__in=["waiting", "running"]),
                name="programme_report_one_in_the_making_per_centre",
            ),
            models.UniqueConstraint(
                fields=["kind", "month", "scope"],
                condition=Q(centre=None, status__in=["waiting", "running"]),
                name="programme_report_one_in_the_making_per_scope",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("programme:report", args=[self.uuid])

    @property
    def is_unfinished(self) -> bool:
        return self.status in {self.Status.WAITING, self.Status.RUNNING}

    @property
    def subject(self) -> str:
        """What it is about: a centre with its place, all three of them, or the Programme."""
        return str(self.centre) if self.centre else str(self.get_scope_display())

    @property
    def title(self) -> str:
        return f"{format_month(self.month)}, {self.subject}"

    @property
    def file(self) -> Path:
        """Where its file is, or will be."""
        return Path(settings.REPORTS_DIR) / (self.path or f"{self.month:%Y-%m}/{self.uuid}.pdf")

    @property
    def file_name(self) -> str:
        """How the file is called on somebody's desk: sprawozdanie-2026-10-centra-1.pdf"""
        return f"sprawozdanie-{self.number.removeprefix('S/').replace('/', '-').lower()}.pdf"

    @cached_property
    def short_hash(self) -> str:
        """Enough of the snapshot's hash to recognise it, as in the file's footer: 4f1c…a27e"""
        return f"{self.snapshot_hash[:4]}…{self.snapshot_hash[-4:]}" if self.snapshot_hash else ""


NAMES = {Report.Scope.CENTRES: "CENTRA", Report.Scope.PROGRAMME: "PROGRAM"}
"""How a report's number calls what is not one centre; a centre goes by its own slug."""


def number_of(month: dt.date, scope: str, centre: Centre | None, revision: int) -> str:
    """S/2026/10/WODNA/1, …/CENTRA/1 for the three together, …/PROGRAM/1 for the Programme."""
    name = centre.slug.upper() if centre else NAMES[Report.Scope(scope)]
    return f"S/{month:%Y/%m}/{name}/{revision}"

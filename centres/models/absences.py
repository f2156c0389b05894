"""When somebody does not work: leave, training, illness. Nothing is kept about why."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from centres.models.staff import AT_A_CENTRE, RoleAssignment, StaffMember

LONGEST_ABSENCE = dt.timedelta(days=3 * 366)


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def during(self, from_at: dt.datetime, to_at: dt.datetime) -> AbsenceQuerySet:
        """Those that share a moment with this time. A meeting may end in the minute in which an absence begins."""
        return self.filter(from_at__lt=to_at, to_at__gt=from_at)

    def at(self, centres: Iterable[int]) -> AbsenceQuerySet:
        """Of those who work at one of these centres today."""
        return self.filter(works_at(centres))

    def for_list(self) -> AbsenceQuerySet:
        return self.select_related("staff").order_by("from_at", "id")


def works_at(centres: Iterable[int]) -> Q:
    held = RoleAssignment.objects.current().filter(
        user=OuterRef("staff__user"), role__in=AT_A_CENTRE, centre__in=centres
    )
    return Q(Exists(held))


class Absence(models.Model):
    """A time in which a person meets nobody, at any of their centres."""

    class Kind(models.TextChoices):
        LEAVE = "leave", pgettext_lazy("kind of absence", "leave")
        SICK = "sick", pgettext_lazy("kind of absence", "sick leave")
        TRAINING = "training", pgettext_lazy("kind of absence", "training")
        OTHER = "other", pgettext_lazy("kind of absence", "other")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    staff = models.ForeignKey(StaffMember, models.PROTECT, related_name="absences", verbose_name=_("staff member"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    from_at = models.DateTimeField(_("from"))
    to_at = models.DateTimeField(_("to"))  # half-open, as meetings are: a whole day ends at the next midnight
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("entered by"))
    entered_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(to_at__gt=F("from_at")), name="centres_absence_ends_after_start")
        ]
        indexes = [models.Index(fields=["staff", "to_at"], name="centres_absence_by_staff")]

    def __str__(self) -> str:
        return f"{self.staff_id} {self.from_at:%Y-%m-%d %H:%M}–{self.to_at:%Y-%m-%d %H:%M}"

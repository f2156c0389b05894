"""How many hours a week somebody has for meeting families, at one centre, from when to when."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centres.models.dated import Dated, ends_after_start
from centres.models.places import Centre
from centres.models.staff import StaffMember

MOST_WEEKLY_HOURS = 48
"""Working time with overtime reaches no further (art. 131 of the Labour Code)."""


class WeeklyHoursQuerySet(models.QuerySet["WeeklyHours"]):
    def during(self, first: dt.date, last: dt.date) -> WeeklyHoursQuerySet:
        """Those that hold on some day of this time."""
        return self.filter(Q(to_on=None) | Q(to_on__gte=first), from_on__lte=last)

    def at(self, centres: Iterable[int]) -> WeeklyHoursQuerySet:
        return self.filter(centre__in=centres)


class WeeklyHours(Dated):
    """A person's hours for meetings at a centre: what is left of the working time when everything else is taken off.

    Where there is none nobody has said it, and nothing is assumed. 0 says that the person meets nobody.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    staff = models.ForeignKey(StaffMember, models.PROTECT, related_name="weekly_hours", verbose_name=_("staff member"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="weekly_hours", verbose_name=_("centre"))
    hours = models.DecimalField(
        _("hours a week for meetings"),
        max_digits=4,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(MOST_WEEKLY_HOURS))],
    )

    objects = WeeklyHoursQuerySet.as_manager()

    class Meta:
        verbose_name = _("hours a week for meetings")
        verbose_name_plural = _("hours a week for meetings")
        default_permissions = ()
        permissions = [("set_weekly_hours", "May enter therapists' hours for meetings")]
        ordering = ("centre", "from_on")
        constraints = [
            ends_after_start("centres_weeklyhours_ends_after_start"),
            models.CheckConstraint(
                condition=Q(hours__gte=0, hours__lte=MOST_WEEKLY_HOURS),
                name="centres_weeklyhours_within_a_week",
                violation_error_message=_("Enter between 0 and 48 hours."),
            ),
            models.UniqueConstraint(
                fields=["staff", "centre", "from_on"],
                name="centres_weeklyhours_one_from_a_day",
                violation_error_message=_("Hours from this day are entered already."),
            ),
            models.UniqueConstraint(
                fields=["staff", "centre"],
                condition=Q(to_on=None),
                name="centres_weeklyhours_one_current",
                violation_error_message=_(
                    "A person has one number of hours at a time: give the old one its last day."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} at {self.centre_id}: {self.hours} from {self.from_on}"

    def meets(self, other: WeeklyHours) -> bool:
        """Whether there is a day on which both hold."""
        return (other.to_on is None or self.from_on <= other.to_on) and (
            self.to_on is None or other.from_on <= self.to_on
        )

"""Who says how many hours a week somebody has for meetings, and the rules of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Centre, Role, RoleAssignment, StaffMember, StaffMemberQuerySet, WeeklyHours
from foundation.rules import RuleError

ONE_DAY = dt.timedelta(days=1)
EARLIEST, FURTHEST = dt.timedelta(days=3 * 366), dt.timedelta(days=366)
"""How far back and ahead of today hours may be entered."""


class WeeklyHoursError(RuleError):
    """A rule of hours for meetings forbids this step. ``code`` says which rule."""


def headed_by(user: User) -> list[int]:
    """Centres whose people's hours this person enters."""
    return duties_of(user).centres(Role.LEAD)


def working_at(centre: Centre) -> StaffMemberQuerySet:
    """Who may meet families at this centre, today or later: somebody who begins next month can have hours already."""
    today = timezone.localdate()
    held = RoleAssignment.objects.filter(user=OuterRef("user"), role__in=AT_A_CENTRE, centre=centre)
    return StaffMember.objects.filter(Exists(held.exclude(to_on__lt=today)), user__is_active=True)


@transaction.atomic
def set_weekly_hours(staff: StaffMember, centre: Centre, *, hours: Decimal, from_on: dt.date, by: User) -> WeeklyHours:
    """From this day on the person has so many hours for meetings at the centre.

    What held before ends the day before; what was entered for later days stays. Entered for the same day again, it
    is put right. Raises WeeklyHoursError.
    """
    if centre.pk not in headed_by(by):
        raise WeeklyHoursError(_("Hours are entered by the head of the centre."), code="not_yours")
    if not working_at(centre).filter(pk=staff.pk).exists():
        raise WeeklyHoursError(_("This person does not work at the centre."), code="other_centre", field="staff")
    today = timezone.localdate()
    if not today - EARLIEST <= from_on <= today + FURTHEST:
        raise WeeklyHoursError(
            _("Choose a day in the last three years or in the year to come."), code="too_far", field="from_on"
        )
    StaffMember.objects.select_for_update(no_key=True).get(pk=staff.pk)
    entered = list(WeeklyHours.objects.filter(staff=staff, centre=centre).order_by("from_on"))
    later = next((one for one in entered if one.from_on > from_on), None)
    held = next((one for one in entered if one.from_on <= from_on and (not one.to_on or one.to_on >= from_on)), None)
    before = held.hours if held else None
    if held and before == hours:
        return held
    if held and held.from_on == from_on:
        row = held
    else:
        row = WeeklyHours(staff=staff, centre=centre, from_on=from_on)
        row.to_on = later.from_on - ONE_DAY if later else None
        if held:
            held.to_on = from_on - ONE_DAY
            held.save()
    row.hours = hours
    row.clean_fields(exclude=["staff", "centre"])
    row.save()
    record(
        by,
        "centres.set_weekly_hours",
        row,
        staff=staff.uuid,
        centre=centre.slug,
        from_on=from_on,
        before=before,
        after=hours,
    )
    return row

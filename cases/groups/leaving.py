"""Who stops coming to groups because their case or the group has ended, or because they have left the family.

In the transaction of the closing: a case is never closed with somebody left on a group's list.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases.casefile.models import Case
from cases.casefile.signals import case_closed
from cases.groups.services import end_enrolment
from cases.people.models import FamilyMember
from cases.people.signals import membership_ended
from cases.sessions.booking import lock_rows
from cases.sessions.group_models import Group, GroupEnrolment, GroupEnrolmentQuerySet
from cases.sessions.series_models import SessionSeries
from cases.sessions.signals import series_ended

DAY = dt.timedelta(days=1)


@receiver(case_closed)
def leave_with_the_case(sender: object, case: Case, by: User, **kwargs: Any) -> None:
    """Everybody of the case leaves their groups on its last day, and nobody waits for a seat any more."""
    assert case.closed_on is not None  # noqa: S101 - the signal says so
    _leave(GroupEnrolment.objects.filter(case=case), case.closed_on, _("The case was closed."), by)


@receiver(membership_ended)
def leave_with_the_family(sender: object, member: FamilyMember, by: User, **kwargs: Any) -> None:
    """Who leaves the family leaves the groups to which they came with it."""
    assert member.to_on is not None  # noqa: S101 - the signal says so
    enrolments = GroupEnrolment.objects.filter(case__family=member.family_id, person=member.person_id)
    _leave(enrolments, member.to_on - DAY, _("Left the family."), by)


@receiver(series_ended)
def leave_with_the_group(sender: object, series: SessionSeries, last_on: dt.date, by: User, **kwargs: Any) -> None:
    """When a group ends its people leave it after its last meeting, and nobody waits for a seat any more."""
    if series.group:
        _leave(series.group.enrolments.filter(from_on=None), timezone.localdate(), _("The group has ended."), by)
        _leave(series.group.enrolments.filter(from_on__isnull=False), last_on, _("The group has ended."), by)


def _leave(enrolments: GroupEnrolmentQuerySet, last_day: dt.date, reason: str, by: User) -> None:
    """End these enrolments on a day. The groups are locked after the case and in the order of their ids."""
    lasting = enrolments.outlasting(last_day)
    ids = list(lasting.order_by().values_list("group", flat=True))
    groups = {group.pk: group for group in lock_rows(Group.objects.filter(pk__in=ids))}
    today = timezone.localdate()
    for enrolment in lock_rows(lasting.select_related("person")) if groups else []:
        if enrolment.from_on is not None and enrolment.from_on <= max(last_day, today):
            to_on = max(last_day, enrolment.from_on)
        else:  # a seat that was promised for later, or none yet: nobody waits on into the future
            enrolment.from_on, to_on = None, max(enrolment.asked_on, min(last_day, today))
        end_enrolment(enrolment, groups[enrolment.group_id], to_on=to_on, reason=reason, by=by)

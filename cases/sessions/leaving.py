"""Who stops coming to groups because their case has been closed, or because they have left the family.

In the transaction of the closing: a case is never closed with somebody left on a group's list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import F, Q
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from cases.casefile.models import Case
from cases.casefile.signals import case_closed
from cases.people.models import FamilyMember
from cases.people.signals import membership_ended
from cases.sessions.group_models import Group, GroupEnrolment, GroupEnrolmentQuerySet
from cases.sessions.models import Attendance, Occupancy, Session

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


def _leave(enrolments: GroupEnrolmentQuerySet, last_day: dt.date, reason: str, by: User) -> None:
    """End these enrolments on a day, take back invitations to later meetings, and free the people for others.

    The groups' rows are locked after the case's and in the order of their ids; what came of meetings that have been
    settled stays.
    """
    lasting = enrolments.filter(Q(to_on=None) | Q(to_on__gt=last_day, from_on__isnull=False))
    ids = lasting.order_by().values_list("group", flat=True)
    groups = list(Group.objects.select_for_update(of=("self",)).filter(pk__in=list(ids)).order_by("pk"))
    if not groups:
        return
    for enrolment in lasting.select_for_update(of=("self",)).select_related("group", "person").order_by("pk"):
        has_begun = enrolment.from_on is not None and enrolment.from_on <= max(last_day, timezone.localdate())
        if has_begun:
            enrolment.to_on = max(last_day, enrolment.from_on or last_day)
        else:  # a seat that was promised for later, or none yet
            enrolment.from_on, enrolment.to_on = None, last_day
        enrolment.leaving_reason = reason
        enrolment.version += 1
        enrolment.full_clean(exclude=["created_by"])  # NULL where nobody is known
        enrolment.save()
        withdrawn = _withdraw(enrolment, last_day)
        record(
            by,
            "cases.end_enrolment",
            enrolment,
            group=enrolment.group.uuid,
            person=enrolment.person.uuid,
            to_on=enrolment.to_on,
            withdrawn=withdrawn,
        )


def _withdraw(enrolment: GroupEnrolment, last_day: dt.date) -> int:
    """Nobody expects the person at planned meetings after that day. Returns how many meetings those are."""
    later = timezone.make_aware(dt.datetime.combine(last_day + DAY, dt.time.min))
    invited = Attendance.objects.filter(case=enrolment.case_id, person=enrolment.person_id)
    planned = Session.objects.planned().filter(
        group=enrolment.group_id, starts_at__gte=later, pk__in=invited.order_by().values("session")
    )
    keys: Iterable[int] = [one.pk for one in planned.select_for_update(of=("self",)).order_by("pk")]
    invited.filter(session__in=keys).delete()
    Occupancy.objects.filter(session__in=keys, person=enrolment.person_id).delete()
    return Session.objects.filter(pk__in=keys).update(version=F("version") + 1)

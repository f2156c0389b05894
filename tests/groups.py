"""A group and its meetings, row by row, for tests of what is read and counted from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from cases.casefile.models import Case
from cases.people.models import Person
from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.series_models import SessionSeries
from centres.models import Centre, Service, StaffMember

WARSAW = ZoneInfo("Europe/Warsaw")
Presence = Attendance.Presence


def first_of(case: Case) -> Person:
    """The parent of the cast's families."""
    return case.family.members.select_related("person").order_by("id")[0].person


def make_group(
    centre: Centre,
    therapist: StaffMember,
    *cases: Case,
    service: str = "trening-umiejetnosci-spolecznych",
    name: str = "TUS dla dzieci",
    first_on: dt.date | None = None,
) -> Group:
    """A group that meets every two weeks; one person of each of these cases has a seat since its first day."""
    first = first_on or timezone.localdate() - dt.timedelta(days=28)
    offered = Service.objects.get(slug=service)
    group = Group.objects.create(centre=centre, service=offered, name=name, seats=10)
    SessionSeries.objects.create(
        group=group, service=offered, therapist=therapist, weeks_between=2, weekday=first.isoweekday(),
        time=dt.time(17), minutes=90, first_on=first, count=13, review_on=first + dt.timedelta(days=182),
    )  # fmt: skip
    for case in cases:
        GroupEnrolment.objects.create(group=group, person=first_of(case), case=case, asked_on=first, from_on=first)
    return group


def group_meeting(
    group: Group,
    when: dt.date | dt.datetime,
    invited: Mapping[Case, str] | None = None,
    *,
    status: str = Session.Status.HELD,
    **columns: Any,
) -> Session:
    """A meeting to which one person of each case was invited: `{case: "present", other: "excused"}`.

    Without a list everybody who is enrolled has come to a meeting that was held, and is expected at any other.
    """
    starts_at = when if isinstance(when, dt.datetime) else dt.datetime.combine(when, dt.time(17), tzinfo=WARSAW)
    series = group.series
    session = Session.objects.create(
        group=group, series=series, centre=group.centre, service=group.service, therapist=series.therapist,
        starts_at=starts_at, ends_at=starts_at + dt.timedelta(minutes=series.minutes), status=status, **columns,
    )  # fmt: skip
    if invited is None:
        presence = str(Presence.PRESENT if status == Session.Status.HELD else Presence.EXPECTED)
        invited = {enrolment.case: presence for enrolment in group.enrolments.select_related("case__family")}
    taken = {"session": session, "from_at": session.starts_at, "to_at": session.ends_at}
    for case, presence in invited.items():
        Attendance.objects.create(session=session, person=first_of(case), case=case, presence=presence)
        if session.occupies:
            Occupancy.objects.create(person=first_of(case), **taken)
    if session.occupies:
        Occupancy.objects.create(staff=session.therapist, **taken)
    return session

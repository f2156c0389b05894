"""Who is expected at a group's meetings: those who have a seat on the day, unless they are somewhere else then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.people.models import Person
from cases.sessions.booking import lock_rows
from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.moments import midnight, overlap
from cases.sessions.rules import SessionError
from foundation.formats import format_date, format_time

DAY = dt.timedelta(days=1)


def invite(group: Group, enrolments: Sequence[GroupEnrolment], *, leave_out_clashes: bool, named: bool) -> int:
    """Expect these people at every planned meeting within the dates of their seats; returns how many invitations.

    Who is somewhere else is `named` only to somebody who may know them. The group is locked. A meeting that is over
    and still unsettled is one of them: it may have been their first.
    """
    meetings = lock_rows(group.sessions.planned().filter(_within(enrolments)))
    people = {one.pk: one for one in lock_rows(Person.objects.filter(pk__in=[one.person_id for one in enrolments]))}
    there = set(Attendance.objects.filter(session__in=meetings, person__in=people).values_list("session", "person"))
    wanted = [
        (meeting, one)
        for one in enrolments
        for meeting in meetings
        if one.holds_on(meeting.day) and (meeting.pk, one.person_id) not in there
    ]
    elsewhere = _elsewhere(wanted)
    if elsewhere and not leave_out_clashes:
        raise _clash(elsewhere, people if named else {})
    taking_part = [pair for pair in wanted if pair not in elsewhere]
    Attendance.objects.bulk_create(
        Attendance(session=meeting, person_id=one.person_id, case_id=one.case_id) for meeting, one in taking_part
    )
    Occupancy.objects.bulk_create(
        Occupancy(session=meeting, person_id=one.person_id, from_at=meeting.starts_at, to_at=meeting.ends_at)
        for meeting, one in taking_part
    )
    _changed({meeting.pk for meeting, _one in taking_part})
    return len(taking_part)


def withdraw(group: Group, enrolment: GroupEnrolment) -> int:
    """Expect somebody who leaves at no planned meeting after their last day; returns how many invitations ended."""
    assert enrolment.to_on is not None  # noqa: S101 - who leaves has a last day
    later = group.sessions.planned().filter(starts_at__gte=midnight(enrolment.to_on + DAY))
    again = list(group.enrolments.filter(person=enrolment.person_id).exclude(pk=enrolment.pk))
    meetings = [one.pk for one in lock_rows(later) if not any(other.holds_on(one.day) for other in again)]
    Occupancy.objects.filter(session__in=meetings, person=enrolment.person_id).delete()
    gone, _models = Attendance.objects.filter(session__in=meetings, person=enrolment.person_id).delete()
    _changed(meetings)
    return gone


def _changed(meetings: Collection[int]) -> None:
    """A roll that was opened before does not list the same people: it is shown anew."""
    Session.objects.filter(pk__in=meetings).update(version=F("version") + 1)


def _within(enrolments: Sequence[GroupEnrolment]) -> Q:
    first = min(one.from_on for one in enrolments if one.from_on)
    return Q(starts_at__gte=midnight(first))


Invitation = tuple[Session, GroupEnrolment]


def _elsewhere(wanted: Sequence[Invitation]) -> dict[Invitation, tuple[str, str]]:
    """Which of these meetings the person can't come to, with the day and hours that are taken."""
    if not wanted:
        return {}
    taken: dict[int, list[Occupancy]] = {}
    for row in Occupancy.objects.filter(
        person__in={one.person_id for _meeting, one in wanted},
        from_at__lt=max(meeting.ends_at for meeting, _one in wanted),
        to_at__gt=min(meeting.starts_at for meeting, _one in wanted),
    ):
        taken.setdefault(row.person_id or 0, []).append(row)
    found = {}
    for meeting, one in wanted:
        for row in taken.get(one.person_id, []):
            if overlap(row.from_at, row.to_at, meeting.starts_at, meeting.ends_at):
                hours = f"{format_time(row.from_at)}–{format_time(row.to_at)}"
                found[meeting, one] = (format_date(row.from_at), hours)
    return found


def _clash(elsewhere: dict[Invitation, tuple[str, str]], people: dict[int, Person]) -> SessionError:
    """For each of these people the days; without people days alone. Never with whom the other meeting is."""
    if not people:
        days = {day for day, _hours in elsewhere.values()}
        return SessionError(
            _("This person has another meeting on these days: %(days)s. Tick the box below to leave these dates out."),
            code="person_taken",
            field="leave_out_clashes",
            params={"days": ", ".join(sorted(days))},
        )
    said: dict[int, list[str]] = {}
    for (_meeting, one), (day, hours) in sorted(elsewhere.items(), key=lambda pair: pair[0][0].starts_at):
        said.setdefault(one.person_id, []).append(f"{day} {hours}")
    words = "; ".join(f"{people[pk]}: {', '.join(days)}" for pk, days in said.items())
    return SessionError(
        _("At these times somebody has another meeting (%(who)s). Tick the box below to leave these dates out."),
        code="person_taken",
        field="leave_out_clashes",
        params={"who": words},
    )

"""All meetings of a series at once: whom they take up, under one lock on the therapists, the room and the people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.casefile.models import Case
from cases.people.models import Person
from cases.sessions.booking import lock_for, lock_leaders, lock_rows
from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.moments import after, on_the_clock
from cases.sessions.own import CO_THERAPISTS, MINUTES, ONLINE, ROOM, THERAPIST, TIME, HourOfWeek, note_time, own_of
from cases.sessions.recurrence import in_the_same_week
from cases.sessions.rules import SessionError, in_time, may_meet_as_couple, settled
from cases.sessions.series_models import MOST_MEETINGS, SessionSeries
from cases.sessions.services import join_care_team, owned_by
from cases.sessions.slots import Slot, clashes_of
from centres.models import Room, StaffMember

Status = Session.Status
EXPECTED = Attendance.Presence.EXPECTED


def slot_of(meeting: Session, co_therapists: Iterable[int], persons: Iterable[int], *, anew: bool = True) -> Slot:
    return Slot(
        meeting.starts_at,
        meeting.ends_at,
        meeting.therapist_id,
        frozenset(co_therapists),
        meeting.room_id,
        frozenset(persons),
        meeting.pk,
        anew,
    )


def goes_to(meeting: Session, series: SessionSeries, usual: HourOfWeek) -> tuple[dt.date, dt.time]:
    """The day and hour to which a meeting goes when its series gets this weekday and hour; `series` still has its old.

    It moves by what is changed alone, and by nothing if it was given a day or an hour of its own (decision 0109).
    """
    (day, time), (weekday, hour) = on_the_clock(meeting.starts_at), usual
    if TIME in own_of(meeting) or usual == (series.weekday, series.time):
        return day, time
    return day if weekday == series.weekday else in_the_same_week(day, weekday), hour


def changed_slot(
    meeting: Session,
    start: dt.datetime,
    persons: Iterable[int],
    therapist: StaffMember,
    co_therapists: Collection[StaffMember],
    room: Room | None,
    minutes: int,
    *,
    counts: bool = True,
) -> Slot:
    """What a meeting takes up when it goes along with its changed series; what it has of its own it keeps.

    With a therapist of its own a meeting has its co-therapists for itself, too.
    """
    own = own_of(meeting)
    before = frozenset(one.pk for one in meeting.co_therapists.all())
    leader, others, room_id = meeting.therapist_id, before, meeting.room_id
    if THERAPIST not in own:
        leader = therapist.pk
        if CO_THERAPISTS not in own:
            others = frozenset(one.pk for one in co_therapists)
        others -= {leader}  # who led it beside the therapist may be the therapist from now on
    if ROOM not in own:
        room_id = room.pk if room else None
    end = after(start, meeting.minutes if MINUTES in own else minutes)
    same_time = (start, end) == (meeting.starts_at, meeting.ends_at)
    anew = not same_time or not others | {leader} <= before | {meeting.therapist_id}
    return Slot(start, end, leader, others, room_id, frozenset(persons), meeting.pk, anew, counts)


def becomes_other(meeting: Session, slot: Slot, *, is_online: bool) -> bool:
    """Whether a meeting with this slot of its changed series is any other than it is."""
    there = slot_of(meeting, [one.pk for one in meeting.co_therapists.all()], slot.persons)
    online = ONLINE not in own_of(meeting) and meeting.is_online != is_online
    return online or replace(slot, anew=True, counts=True) != there


def people_on(group: Group, days: Collection[dt.date]) -> dict[dt.date, list[GroupEnrolment]]:
    """Who has a seat in the group on each of these days; one query."""
    seated = group.enrolments.seated(min(days), max(days)).select_related("person").order_by("person_id")
    found = list(seated)
    return {day: [one for one in found if one.holds_on(day)] for day in days}


def book_meetings(
    series: SessionSeries,
    co_therapists: Collection[StaffMember],
    persons: Collection[Person],
    starts: Sequence[dt.datetime],
    by: User,
) -> list[Session]:
    """Make the series' meetings at these moments; the case or group is locked, the series may be new."""
    owner, service = series.owner, series.service
    if not starts:
        raise SessionError(_("Leave at least one date."), code="no_dates")
    if series.sessions.count() + len(starts) > 2 * MOST_MEETINGS if series.pk else len(starts) > MOST_MEETINGS:
        raise SessionError(_("A series is not that long."), code="too_many", field="count")
    may_meet_as_couple(service, owner, Status.PLANNED)
    times = [(start, after(start, series.minutes)) for start in sorted(starts)]
    for start, end in times:
        in_time(owner, start, end, Status.PLANNED)
    invited = _invitations(owner, persons, [start for start, _end in times])
    everybody = {person.pk: person for row in invited for person, _case in row}
    presences = settled(Status.PLANNED, dict.fromkeys(everybody, EXPECTED), of_group=isinstance(owner, Group))
    # A group's people belong to it on their own days, which `_invitations` has looked at.
    belonging = {} if isinstance(owner, Group) else presences
    booking = lock_for(owner, series.therapist, series.room, belonging, times[-1][0], co_therapists=co_therapists)
    if isinstance(owner, Group):
        lock_rows(Person.objects.filter(pk__in=everybody))
    others = frozenset(one.pk for one in booking.co_therapists)
    room_id = series.room.pk if series.room else None
    slots = [
        Slot(*time, booking.therapist.pk, others, room_id, frozenset(person.pk for person, _case in row))
        for time, row in zip(times, invited, strict=True)
    ]
    names = {} if isinstance(owner, Group) else {pk: str(one) for pk, one in everybody.items()}
    refuse_clashes(owner.centre_id, slots, names)
    join_care_team(owner, booking.leaders, by)
    if series.pk is None:
        series.save(force_insert=True)
        series.co_therapists.set(booking.co_therapists)
    meetings = [
        Session(
            **owned_by(owner),
            centre=owner.centre,
            service=service,
            therapist=booking.therapist,
            room=booking.room,
            is_online=series.is_online,
            series=series,
            starts_at=start,
            ends_at=end,
        )
        for start, end in times
    ]
    for meeting in meetings:
        note_time(meeting, (series.weekday, series.time))
    made = Session.objects.bulk_create(meetings)
    write_co_therapists({session.pk: others for session in made})
    Attendance.objects.bulk_create(
        Attendance(session=session, person=person, case_id=case)
        for session, row in zip(made, invited, strict=True)
        for person, case in row
    )
    Occupancy.objects.bulk_create(
        row
        for session, slot in zip(made, slots, strict=True)
        for row in occupied_by(slot_of(session, others, slot.persons))
    )
    return made


def _invitations(
    owner: Case | Group, persons: Collection[Person], starts: Sequence[dt.datetime]
) -> list[list[tuple[Person, int]]]:
    """For each meeting who is invited, with the case on whose behalf they come."""
    if not isinstance(owner, Group):
        return [[(person, owner.pk) for person in persons]] * len(starts)
    days = [timezone.localdate(start) for start in starts]
    seated = people_on(owner, set(days))
    return [[(one.person, one.case_id) for one in seated[day]] for day in days]


def write_co_therapists(co_led: Mapping[int, Collection[int]]) -> None:
    """Who leads each of these meetings beside its therapist, in two statements."""
    through = Session.co_therapists.through
    through.objects.filter(session__in=co_led).delete()
    through.objects.bulk_create(
        through(session_id=session, staffmember_id=staff) for session, others in co_led.items() for staff in others
    )


def refuse_clashes(centre: int, slots: Sequence[Slot], names: Mapping[int, str] | None = None) -> None:
    if clashes := [error for errors in clashes_of(centre, slots, names or {}) for error in errors]:
        raise clashes[0]


def occupied_by(slot: Slot) -> list[Occupancy]:
    """The rows of what a meeting takes up, as `booking.occupy` writes them for one."""
    span = {"session_id": slot.session, "from_at": slot.starts_at, "to_at": slot.ends_at}
    rows = [Occupancy(staff_id=one, **span) for one in sorted(slot.staff)]
    if slot.room is not None:
        rows.append(Occupancy(room_id=slot.room, **span))
    return rows + [Occupancy(person_id=person, **span) for person in sorted(slot.persons)]


def lock_meetings(series: SessionSeries, wanted: Iterable[Session]) -> dict[int, Session]:
    keys = [session.pk for session in wanted]
    coming = series.sessions.coming().filter(pk__in=keys).order_by("pk")
    locked = coming.select_for_update(of=("self",), no_key=True).prefetch_related("co_therapists")
    meetings = {session.pk: session for session in locked}
    if not keys:
        raise SessionError(_("Leave at least one date."), code="no_dates")
    if len(meetings) != len(keys):
        raise SessionError(_("A meeting has changed in the meantime. Check the dates again."), code="changed")
    return meetings


def invited_to(meetings: Iterable[int]) -> dict[int, set[int]]:
    invited: dict[int, set[int]] = {pk: set() for pk in meetings}
    for session, person in Attendance.objects.filter(session__in=invited).values_list("session_id", "person_id"):
        invited[session].add(person)
    return invited


def lock_for_series(
    owner: Case | Group,
    therapist: StaffMember,
    co_therapists: Collection[StaffMember],
    room: Room | None,
    series: SessionSeries,
    slots: Sequence[Slot],
) -> list[StaffMember]:
    """Lock all that the moved meetings take up, in the one order; who and what is new must belong to the centre.

    Returns who leads the series from now on.
    """
    before = {series.therapist_id, *(one.pk for one in series.co_therapists.all())}
    others = {one.pk for one in co_therapists}
    if therapist.pk in others:
        raise SessionError(
            _("The therapist is not their own co-therapist."), code="therapist_twice", field="co_therapists"
        )
    theirs = frozenset[int]().union(*(slot.staff for slot in slots)) - others - {therapist.pk}  # a meeting's own
    leaders = lock_leaders(owner, therapist.pk, theirs | others, before | theirs, timezone.localdate())
    rooms = {slot.room for slot in slots if slot.room is not None} | ({room.pk} if room else set())
    lock_rows(Room.objects.filter(pk__in=rooms))
    lock_rows(Person.objects.filter(pk__in=frozenset[int]().union(*(slot.persons for slot in slots))))
    if room and room.pk != series.room_id and not (room.centre_id == owner.centre_id and room.is_active):
        raise SessionError(_("This room is not in use at this centre."), code="room_elsewhere", field="room")
    return [leaders[pk] for pk in {therapist.pk, *others}]

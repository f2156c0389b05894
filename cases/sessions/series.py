"""What happens to a series: it is planned, moved, extended and ended, all its meetings at once or none of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from cases.casefile.deadlines import current_rules
from cases.casefile.models import Case, DeadlineKind
from cases.people.models import Person
from cases.sessions.booking import lock_for, one_at_a_time
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.moments import after
from cases.sessions.rules import SessionError, in_time, may_log, may_meet_as_couple, offered, settled
from cases.sessions.series_models import MOST_MEETINGS, REASON_LIMIT, SeriesReview, SessionSeries
from cases.sessions.services import join_care_team
from cases.sessions.slots import Slot, clashes_of
from centres.duties import duties_of
from centres.models import Room, Service, StaffMember
from foundation.forms import check_version

Decision = SeriesReview.Decision
Status = Session.Status
EXPECTED = Attendance.Presence.EXPECTED
CANCELLED = (Status.CANCELLED_BY_FAMILY, Status.CANCELLED_BY_CENTRE, Status.CANCELLED_BY_THERAPIST)


def plan_series(
    case: Case,
    *,
    service: Service,
    therapist: StaffMember,
    room: Room | None,
    persons: Collection[Person],
    weeks_between: int,
    first_on: dt.date,
    time: dt.time,
    minutes: int,
    starts: Sequence[dt.datetime],
    by: User,
) -> SessionSeries:
    """Plan a series with a meeting at each of these moments: all of them, or none. Raises SessionError.

    The statements it takes do not grow with the number of meetings.
    """
    with one_at_a_time(), transaction.atomic():
        case = _lock_case(case)
        may_log(case, therapist, by)
        offered(service, case)
        series = SessionSeries(
            case=case,
            service=service,
            therapist=therapist,
            room=room,
            weeks_between=weeks_between,
            weekday=first_on.isoweekday(),
            time=time,
            minutes=minutes,
            first_on=first_on,
            count=len(starts),
            review_on=half_a_year_from(first_on),
            created_by_id=duties_of(by).staff_id,
        )
        series.clean_fields(exclude=["case", "service", "therapist", "room", "created_by", "count"])
        made = _book(series, persons, starts, by)
        record(
            by,
            "cases.plan_series",
            series,
            case=case.uuid,
            service=service.slug,
            therapist=therapist.uuid,
            meetings=len(made),
            first=made[0].starts_at,
            last=made[-1].starts_at,
        )
        return series


def prolong_series(
    series: SessionSeries,
    *,
    persons: Collection[Person],
    starts: Sequence[dt.datetime],
    decision: str,
    reason: str,
    version: int,
    by: User,
) -> SessionSeries:
    """Add meetings: beyond the plan, which the coordinator gives a reason for, or in place of those that fell out.

    Raises SessionError and Stale.
    """
    with one_at_a_time(), transaction.atomic():
        series = _lock_open(series, version, by)
        if decision not in {Decision.EXTENDED, Decision.MADE_UP}:
            raise SessionError(_("Say why meetings are added."), code="decision", field="decision")
        made = _book(series, persons, starts, by)
        if decision == Decision.EXTENDED:
            series.count += len(made)
            last_on = timezone.localdate(made[-1].starts_at)
            series.review_on = max(series.review_on, min(last_on, half_a_year_from(timezone.localdate())))
        _save(series)
        _review(series, decision, reason, len(made), by)
        record(by, "cases.prolong_series", series, decision=decision, meetings=len(made), last=made[-1].starts_at)
        return series


def change_series(
    series: SessionSeries,
    *,
    therapist: StaffMember,
    room: Room | None,
    minutes: int,
    weekday: int,
    time: dt.time,
    starts: Mapping[Session, dt.datetime],
    version: int,
    by: User,
) -> SessionSeries:
    """Give the meetings in `starts` their new moments, and the therapist, the room and the length of the series.

    What a meeting has of its own (another room, another therapist, another length) it keeps; what is over or settled
    is never changed. Raises SessionError, and Stale when the series or one of these meetings has changed.
    """
    with one_at_a_time(), transaction.atomic():
        series = _lock_open(series, version, by)
        case = series.case
        other_therapist = therapist.pk != series.therapist_id
        if other_therapist:
            may_log(case, therapist, by)
        meetings = _lock_meetings(series, starts)
        if any(meetings[session.pk].version != session.version for session in starts):
            raise SessionError(_("A meeting has changed in the meantime. Check the dates again."), code="changed")
        invited = _invited(meetings)
        slots: list[Slot] = []
        moved = False
        for session, start in starts.items():
            meeting = meetings[session.pk]
            before = (meeting.therapist_id, meeting.starts_at, meeting.ends_at)
            length = minutes if meeting.minutes == series.minutes else meeting.minutes
            if meeting.therapist_id == series.therapist_id:
                meeting.therapist_id = therapist.pk
            if meeting.room_id == series.room_id:
                meeting.room_id = room.pk if room else None
            meeting.starts_at, meeting.ends_at = start, after(start, length)
            if before[1:] != (meeting.starts_at, meeting.ends_at):
                in_time(case, meeting.starts_at, meeting.ends_at, Status.PLANNED)
                moved = True
            meeting.version += 1
            anew = before != (meeting.therapist_id, meeting.starts_at, meeting.ends_at)
            slots.append(slot_of(meeting, invited[meeting.pk], anew=anew))
        if moved:
            may_meet_as_couple(series.service, case, Status.PLANNED)
        _lock_things(case, therapist, room, series, slots)
        if other_therapist:
            join_care_team(case, therapist, by)
        _refuse_clashes(slots)
        Session.objects.bulk_update(meetings.values(), ["therapist", "room", "starts_at", "ends_at", "version"])
        Occupancy.objects.filter(session__in=meetings).delete()
        Occupancy.objects.bulk_create(row for slot in slots for row in _occupied(slot))
        series.therapist, series.room, series.minutes = therapist, room, minutes
        series.weekday, series.time = weekday, time
        series.clean_fields(exclude=["case", "service", "therapist", "room", "created_by"])
        _save(series)
        record(by, "cases.change_series", series, meetings=len(meetings), therapist=therapist.uuid, weekday=weekday)
        return series


def end_series(
    series: SessionSeries,
    *,
    since: Session | None,
    status: str,
    reason: str,
    version: int,
    by: User,
) -> int:
    """End a series: what is still to come from `since` on is called off, with the reason. Returns how many meetings.

    Without `since` nothing is called off: the therapy is over, or runs out. Raises SessionError and Stale.
    """
    with transaction.atomic():
        series = _lock_open(series, version, by)
        _reasoned(reason)
        called_off: dict[int, Session] = {}
        if since is not None:
            if status not in CANCELLED:
                raise SessionError(_("Choose who calls the meetings off."), code="status", field="status")
            coming = series.sessions.coming().filter(starts_at__gte=since.starts_at)
            called_off = {one.pk: one for one in coming.order_by("pk").select_for_update(of=("self",))}
        for meeting in called_off.values():
            meeting.status, meeting.cancel_reason = status, reason.strip()
            meeting.resolved_by_id = duties_of(by).staff_id
            meeting.version += 1
        Session.objects.bulk_update(called_off.values(), ["status", "cancel_reason", "resolved_by", "version"])
        Occupancy.objects.filter(session__in=called_off).delete()
        series.ended_on = timezone.localdate()
        _save(series)
        _review(series, Decision.ENDED, reason, len(called_off), by)
        record(by, "cases.end_series", series, meetings=len(called_off), status=status if called_off else "")
        return len(called_off)


def half_a_year_from(day: dt.date) -> dt.date:
    """The end of a therapy that begins on this day, by the rule in force (P2)."""
    return current_rules()[DeadlineKind.THERAPY_END].due_on(day)


def slot_of(meeting: Session, persons: Iterable[int], *, anew: bool = True) -> Slot:
    times = (meeting.starts_at, meeting.ends_at)
    return Slot(*times, meeting.therapist_id, meeting.room_id, frozenset(persons), meeting.pk, anew)


def _book(
    series: SessionSeries, persons: Collection[Person], starts: Sequence[dt.datetime], by: User
) -> list[Session]:
    """Make the series' meetings at these moments; the case is locked, the series may be new."""
    case, service = series.case, series.service
    if not starts:
        raise SessionError(_("Leave at least one date."), code="no_dates")
    if series.sessions.count() + len(starts) > 2 * MOST_MEETINGS if series.pk else len(starts) > MOST_MEETINGS:
        raise SessionError(_("A series is not that long."), code="too_many", field="count")
    may_meet_as_couple(service, case, Status.PLANNED)
    times = [(start, after(start, series.minutes)) for start in sorted(starts)]
    for start, end in times:
        in_time(case, start, end, Status.PLANNED)
    presences = settled(Status.PLANNED, {person.pk: EXPECTED for person in persons})
    booking = lock_for(case, series.therapist, series.room, presences, times[-1][0])
    room_id = series.room.pk if series.room else None
    slots = [Slot(*time, booking.therapist.pk, room_id, frozenset(presences)) for time in times]
    _refuse_clashes(slots, {person.pk: str(person) for person in booking.persons})
    join_care_team(case, booking.therapist, by)
    if series.pk is None:
        series.save(force_insert=True)
    made = Session.objects.bulk_create(
        Session(
            case=case,
            centre=case.centre,
            service=service,
            therapist=booking.therapist,
            room=booking.room,
            series=series,
            starts_at=start,
            ends_at=end,
        )
        for start, end in times
    )
    Attendance.objects.bulk_create(
        Attendance(session=session, person=person, case=case) for session in made for person in booking.persons
    )
    Occupancy.objects.bulk_create(
        row for session in made for row in _occupied(slot_of(session, (person.pk for person in booking.persons)))
    )
    return made


def _refuse_clashes(slots: Sequence[Slot], names: Mapping[int, str] | None = None) -> None:
    if clashes := [error for errors in clashes_of(slots, names or {}) for error in errors]:
        raise clashes[0]


def _occupied(slot: Slot) -> list[Occupancy]:
    """The rows of what a meeting takes up, as `booking.occupy` writes them for one."""
    span = {"session_id": slot.session, "from_at": slot.starts_at, "to_at": slot.ends_at}
    rows = [Occupancy(staff_id=slot.staff, **span)]
    if slot.room is not None:
        rows.append(Occupancy(room_id=slot.room, **span))
    return rows + [Occupancy(person_id=person, **span) for person in sorted(slot.persons)]


def _lock_case(case: Case) -> Case:
    return Case.objects.select_for_update(of=("self",)).select_related("centre").get(pk=case.pk)


def _lock_open(series: SessionSeries, version: int, by: User) -> SessionSeries:
    """Lock the case, then the series; the meetings, therapist, room and persons come after (decision 0040)."""
    case = _lock_case(series.case)
    if not SessionSeries.objects.changed_by(by).filter(pk=series.pk).exists():
        raise SessionError(_("This series is not yours to change."), code="not_yours")
    locked = (
        SessionSeries.objects.select_for_update(of=("self",))
        .select_related("service", "therapist", "room")
        .get(pk=series.pk)
    )
    locked.case = case
    check_version(locked, version)
    if locked.ended_on:
        raise SessionError(_("This series has ended."), code="ended")
    return locked


def _lock_meetings(series: SessionSeries, wanted: Iterable[Session]) -> dict[int, Session]:
    keys = [session.pk for session in wanted]
    locked = series.sessions.coming().filter(pk__in=keys).order_by("pk").select_for_update(of=("self",))
    meetings = {session.pk: session for session in locked}
    if not keys:
        raise SessionError(_("Leave at least one date."), code="no_dates")
    if len(meetings) != len(keys):
        raise SessionError(_("A meeting has changed in the meantime. Check the dates again."), code="changed")
    return meetings


def _invited(meetings: Iterable[int]) -> dict[int, set[int]]:
    invited: dict[int, set[int]] = {pk: set() for pk in meetings}
    for session, person in Attendance.objects.filter(session__in=invited).values_list("session_id", "person_id"):
        invited[session].add(person)
    return invited


def _lock_things(
    case: Case, therapist: StaffMember, room: Room | None, series: SessionSeries, slots: Sequence[Slot]
) -> None:
    """Lock all that the moved meetings take up, in the one order; who and what is new must belong to the centre."""
    staff = {slot.staff for slot in slots} | {therapist.pk}
    rooms = {slot.room for slot in slots if slot.room is not None} | ({room.pk} if room else set())
    persons = frozenset[int]().union(*(slot.persons for slot in slots))
    for model, keys in ((StaffMember, staff), (Room, rooms), (Person, persons)):
        rows = model._default_manager.filter(pk__in=keys).order_by("pk")
        list(rows.select_for_update(of=("self",), no_key=True))
    working = StaffMember.objects.working_at(case.centre)
    if therapist.pk != series.therapist_id and not working.filter(pk=therapist.pk).exists():
        raise SessionError(
            _("This person does not work at the case's centre."), code="therapist_elsewhere", field="therapist"
        )
    if room and room.pk != series.room_id and not (room.centre_id == case.centre_id and room.is_active):
        raise SessionError(_("This room is not in use at the case's centre."), code="room_elsewhere", field="room")


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise SessionError(_("Give the reason."), code="no_reason", field="reason")
    if len(reason) > REASON_LIMIT:
        raise SessionError(
            _("The reason may have at most %(limit)s characters."),
            code="long_reason",
            field="reason",
            params={"limit": REASON_LIMIT},
        )


def _review(series: SessionSeries, decision: str, reason: str, meetings: int, by: User) -> None:
    _reasoned(reason)
    series.reviews.create(decision=decision, reason=reason.strip(), meetings=meetings, by_id=duties_of(by).staff_id)


def _save(series: SessionSeries) -> None:
    series.version += 1
    series.save()

"""What happens to a series: it is planned, moved, extended and ended, all its meetings at once or none of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from cases.casefile.deadlines import current_rules
from cases.casefile.models import Case, DeadlineKind
from cases.people.models import Person
from cases.sessions.booking import one_at_a_time
from cases.sessions.group_models import Group
from cases.sessions.models import CANCELLED, Attendance, Occupancy, Session
from cases.sessions.moments import on_the_clock
from cases.sessions.own import MINUTES, ONLINE, ROOM, THERAPIST, give_back, note_time, own_of
from cases.sessions.rules import SessionError, in_time, may_meet_as_couple, may_plan
from cases.sessions.series_booking import (
    becomes_other,
    book_meetings,
    changed_slot,
    goes_to,
    invited_to,
    lock_for_series,
    lock_meetings,
    occupied_by,
    refuse_clashes,
    write_co_therapists,
)
from cases.sessions.series_models import REASON_LIMIT, SeriesReview, SessionSeries
from cases.sessions.services import join_care_team, owned_by, said_of
from cases.sessions.signals import series_ended
from cases.sessions.slots import Slot
from cases.sessions.whole import lock_owner
from centres.duties import duties_of
from centres.models import Room, Service, StaffMember
from foundation.forms import check_version

Decision = SeriesReview.Decision
Status = Session.Status
EXPECTED = Attendance.Presence.EXPECTED
CHANGED_TOGETHER = ("therapist", "room", "is_online", "starts_at", "ends_at", "own_parts", "version")


def plan_series(
    owner: Case | Group,
    *,
    service: Service,
    therapist: StaffMember,
    co_therapists: Collection[StaffMember] = (),
    room: Room | None,
    is_online: bool = False,
    persons: Collection[Person] = (),
    weeks_between: int,
    first_on: dt.date,
    time: dt.time,
    minutes: int,
    starts: Sequence[dt.datetime],
    by: User,
) -> SessionSeries:
    """Plan a series with a meeting at each of these moments: all of them, or none. Raises SessionError.

    Who is invited to a group's meetings is told by its enrolments, not by `persons`. The statements it takes do not
    grow with the number of meetings.
    """
    with one_at_a_time(), transaction.atomic():
        owner = lock_owner(owner)
        may_plan(owner, therapist, by, service)
        series = SessionSeries(
            **owned_by(owner),
            service=service,
            therapist=therapist,
            room=room,
            is_online=is_online,
            weeks_between=weeks_between,
            weekday=first_on.isoweekday(),
            time=time,
            minutes=minutes,
            first_on=first_on,
            count=len(starts),
            review_on=half_a_year_from(first_on),
            created_by_id=duties_of(by).staff_id,
        )
        series.clean_fields(exclude=["case", "group", "service", "therapist", "room", "created_by", "count"])
        made = book_meetings(series, co_therapists, persons, starts, by)
        record(
            by,
            "cases.plan_series",
            series,
            **said_of(owner),
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
    therapist: StaffMember | None = None,
    co_therapists: Collection[StaffMember] | None = None,
    room: Room | None = None,
    persons: Collection[Person] = (),
    starts: Sequence[dt.datetime],
    decision: str,
    reason: str,
    version: int,
    by: User,
) -> SessionSeries:
    """Add meetings: beyond the plan, which the coordinator gives a reason for, or in place of those that fell out.

    Who leads them leads the series from now on; None leaves who does. `room` takes the place of the series' own where
    that one is not in use any more. Meetings that are there stay as they are. Raises SessionError and Stale.
    """
    with one_at_a_time(), transaction.atomic():
        series = _lock_open(series, version, by)
        if decision not in {Decision.EXTENDED, Decision.MADE_UP}:
            raise SessionError(_("Say why meetings are added."), code="decision", field="decision")
        if therapist is not None and therapist.pk != series.therapist_id:
            may_plan(series.owner, therapist, by)
            series.therapist = therapist
        if co_therapists is None:
            co_therapists = [one for one in series.co_therapists.all() if one.pk != series.therapist_id]
        if series.room and not series.room.is_active:
            series.room = room
        made = book_meetings(series, co_therapists, persons, starts, by)
        series.co_therapists.set(co_therapists)
        if decision == Decision.EXTENDED:
            series.count += len(made)
            last_on = timezone.localdate(made[-1].starts_at)
            series.review_on = max(series.review_on, min(last_on, half_a_year_from(timezone.localdate())))
        _save(series)
        _review(series, decision, reason, len(made), by)
        record(
            by,
            "cases.prolong_series",
            series,
            decision=decision,
            therapist=series.therapist.uuid,
            meetings=len(made),
            last=made[-1].starts_at,
        )
        return series


def change_series(
    series: SessionSeries,
    *,
    therapist: StaffMember,
    co_therapists: Collection[StaffMember] | None = None,
    room: Room | None,
    is_online: bool | None = None,
    minutes: int,
    weekday: int,
    time: dt.time,
    starts: Mapping[Session, dt.datetime],
    version: int,
    by: User,
) -> list[Session]:
    """Give the meetings in `starts` their new moments, and the leaders, the place and the length of the series.

    Returns those that have become different. What is still to come of an ended series may be changed as well.
    What a meeting has of its own (`cases.sessions.own`) it keeps; what is over or settled is never changed. None
    leaves the co-therapists, and whether it is online, as they are.
    Raises SessionError, and Stale when the series or one of these meetings has changed.
    """
    with one_at_a_time(), transaction.atomic():
        series = _locked(series, version, by)
        owner = series.owner
        leaders = {series.therapist_id, *(one.pk for one in series.co_therapists.all())}
        if co_therapists is None:
            co_therapists = [one for one in series.co_therapists.all() if one.pk != therapist.pk]
        is_online = series.is_online if is_online is None else is_online
        if therapist.pk != series.therapist_id:
            may_plan(owner, therapist, by)
        meetings = lock_meetings(series, starts)
        if any(meetings[session.pk].version != session.version for session in starts):
            raise SessionError(_("A meeting has changed in the meantime. Check the dates again."), code="changed")
        invited = invited_to(meetings)
        said = {THERAPIST: therapist.pk, ROOM: room.pk if room else None, MINUTES: minutes, ONLINE: is_online}
        slots: list[Slot] = []
        changed: list[Session] = []
        moved = False
        for session, start in starts.items():
            meeting = meetings[session.pk]
            slot = changed_slot(meeting, start, invited[meeting.pk], therapist, co_therapists, room, minutes)
            proposed = {on_the_clock(meeting.starts_at), goes_to(meeting, series, (weekday, time))}
            if (slot.starts_at, slot.ends_at) != (meeting.starts_at, meeting.ends_at):
                in_time(owner, slot.starts_at, slot.ends_at, Status.PLANNED)
                moved = True
            if becomes_other(meeting, slot, is_online=is_online):
                changed.append(meeting)
            meeting.therapist_id, meeting.room_id = slot.therapist, slot.room
            meeting.starts_at, meeting.ends_at = slot.starts_at, slot.ends_at
            if ONLINE not in own_of(meeting):
                meeting.is_online = is_online
            note_time(meeting, (weekday, time), chosen=on_the_clock(start) not in proposed)
            give_back(meeting, said)
            meeting.version += 1
            slots.append(slot)
        if moved:
            may_meet_as_couple(series.service, owner, Status.PLANNED)
        locked = lock_for_series(owner, therapist, co_therapists, room, series, slots)
        join_care_team(owner, [one for one in locked if one.pk not in leaders], by)
        refuse_clashes(owner.centre_id, slots)
        Session.objects.bulk_update(meetings.values(), CHANGED_TOGETHER)
        write_co_therapists({slot.session: slot.co_therapists for slot in slots if slot.session})
        Occupancy.objects.filter(session__in=meetings).delete()
        Occupancy.objects.bulk_create(row for slot in slots for row in occupied_by(slot))
        series.therapist, series.room, series.is_online = therapist, room, is_online
        series.weekday, series.time, series.minutes = weekday, time, minutes
        series.co_therapists.set(co_therapists)
        series.clean_fields(exclude=["case", "group", "service", "therapist", "room", "created_by"])
        _save(series)
        record(by, "cases.change_series", series, meetings=len(changed), therapist=therapist.uuid, weekday=weekday)
        return changed


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
            called_off = {one.pk: one for one in coming.order_by("pk").select_for_update(of=("self",), no_key=True)}
        for meeting in called_off.values():
            meeting.status, meeting.cancel_reason = status, reason.strip()
            meeting.resolved_by_id = duties_of(by).staff_id
            meeting.version += 1
            meeting.save(update_fields=["status", "cancel_reason", "resolved_by", "version"])
        Occupancy.objects.filter(session__in=called_off).delete()
        series.ended_on = timezone.localdate()
        _save(series)
        _review(series, Decision.ENDED, reason, len(called_off), by)
        record(by, "cases.end_series", series, meetings=len(called_off), status=status if called_off else "")
        series_ended.send(sender=SessionSeries, series=series, last_on=last_day_of(series), by=by)
        return len(called_off)


def last_day_of(series: SessionSeries, *, since: Session | None = None) -> dt.date:
    """The day of its last meeting, or today if that has passed, when what is to come from `since` on is called off."""
    staying = series.sessions.exclude(status__in=CANCELLED)
    if since is not None:
        staying = staying.exclude(pk__in=series.sessions.coming().filter(starts_at__gte=since.starts_at).values("pk"))
    last = staying.order_by("-starts_at").first()
    today = timezone.localdate()
    return max(today, last.day) if last else today


def half_a_year_from(day: dt.date) -> dt.date:
    """The end of a therapy that begins on this day, by the rule in force (P2)."""
    return current_rules()[DeadlineKind.THERAPY_END].due_on(day)


def _lock_open(series: SessionSeries, version: int, by: User) -> SessionSeries:
    locked = _locked(series, version, by)
    if locked.ended_on:
        raise SessionError(_("This series has ended."), code="ended")
    return locked


def _locked(series: SessionSeries, version: int, by: User) -> SessionSeries:
    """Lock the case or group, then the series; meetings, therapists, room and persons come after (decision 0040)."""
    owner = lock_owner(series.owner)
    if not SessionSeries.objects.changed_by(by).filter(pk=series.pk).exists():
        raise SessionError(_("This series is not yours to change."), code="not_yours")
    locked = (
        SessionSeries.objects.select_for_update(of=("self",), no_key=True)
        .select_related("service", "therapist", "room")
        .prefetch_related("co_therapists")
        .get(pk=series.pk)
    )
    locked.case, locked.group = (None, owner) if isinstance(owner, Group) else (owner, None)
    check_version(locked, version)
    return locked


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

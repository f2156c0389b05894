"""What happens to a meeting: it is planned or logged, moved, settled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from cases.casefile.models import Case
from cases.casefile.services import add_care_team_member
from cases.people.models import Person
from cases.sessions.booking import cases_of, check_free, give_up, lock_for, occupy, one_at_a_time, taken_up
from cases.sessions.corrections import facts_of, note_correction
from cases.sessions.group_models import Group
from cases.sessions.models import MOST_OTHER_MINUTES, Attendance, Session
from cases.sessions.moments import after
from cases.sessions.notes import add_words
from cases.sessions.own import note_own, parts_of
from cases.sessions.rules import (
    SessionError,
    in_time,
    manages,
    may_log,
    may_log_for_group,
    may_meet_as_couple,
    may_record,
    offered,
    settled,
)
from cases.sessions.whole import lock, lock_owner, marks_of
from centres.duties import duties_of
from centres.models import Room, Service, StaffMember

__all__ = ["SessionError", "edit_session", "log_session", "resolve_session"]

Presence = Attendance.Presence
Status = Session.Status


_SETTLED = ("status", "cancel_reason", "resolved_by", "ends_at", "travel_minutes", "paperwork_minutes")
"""What settling changes in the meeting itself."""


class Mark(NamedTuple):
    """What the list of a meeting says about one person."""

    presence: str
    is_late: bool = False


def log_session(
    owner: Case | Group,
    *,
    service: Service,
    therapist: StaffMember,
    co_therapists: Collection[StaffMember] = (),
    room: Room | None = None,
    is_online: bool = False,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    present: Mapping[Person, str],
    late: Collection[Person] = (),
    status: str,
    reason: str = "",
    note: str | None = None,
    group_note: str | None = None,
    summary: str | None = None,
    travel_minutes: int = 0,
    paperwork_minutes: int = 0,
    by: User,
) -> Session:
    """Plan a meeting to come, or log one that is over: the service, who led it, where, and who was there.

    `present` says for each person invited whether they came; for a planned meeting everybody in it is expected. Of
    those in `late` it counts who was present. `reason` says why a meeting was called off. The minutes on the way and
    on documentation are kept where the centre keeps account of them. A group's meetings to come are planned as a
    series; one that is over and that nobody had planned joins it. Raises SessionError.
    """
    with one_at_a_time(), transaction.atomic():
        owner = lock_owner(owner)
        if isinstance(owner, Group):
            may_log_for_group(owner, [therapist, *co_therapists], status, by)
            offered(service, owner)
        else:
            may_log(owner, therapist, by, service)
        in_time(owner, starts_at, ends_at, status)
        may_meet_as_couple(service, owner, status)
        presences = settled(status, {person.pk: presence for person, presence in present.items()})
        booking = lock_for(owner, therapist, room, presences, starts_at, co_therapists=co_therapists)
        join_care_team(owner, booking.leaders, by)
        session = Session(
            **owned_by(owner),
            series=owner.series if isinstance(owner, Group) else None,
            centre=owner.centre,
            service=service,
            therapist=booking.therapist,
            room=booking.room,
            is_online=is_online,
            starts_at=starts_at,
            ends_at=ends_at,
            status=status,
            resolved_by_id=None if status == Status.PLANNED else duties_of(by).staff_id,
        )
        session.cancel_reason = reason.strip() if session.is_cancelled else ""
        _keep_time_around(session, travel_minutes, paperwork_minutes)
        check_free(session, booking)
        _clean(session)
        session.save(force_insert=True)
        if booking.co_therapists:
            session.co_therapists.set(booking.co_therapists)
        _write_attendances(session, {}, _marked(presences, late))
        occupy(session, booking)
        note_correction(session, None, facts_of(session, booking.co_therapists, presences), by)
        add_words(session, note=note, group_note=group_note, summary=summary, by=by)
        record(
            by,
            "cases.log_session",
            session,
            **said_of(owner),
            service=service.slug,
            therapist=therapist.uuid,
            status=status,
            starts_at=starts_at,
            persons=len(presences),
            **_co_therapists_said(booking.co_therapists),
        )
        return session


def edit_session(
    session: Session,
    *,
    service: Service,
    therapist: StaffMember,
    co_therapists: Collection[StaffMember] | None = None,
    room: Room | None,
    is_online: bool | None = None,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    persons: Collection[Person] | None = None,
    version: int,
    by: User,
) -> Session:
    """Move a meeting to another time or room, give it to another therapist, or correct what was logged.

    `persons` changes who is invited to a planned meeting; after the meeting, `resolve_session` does. None leaves them,
    the co-therapists and whether it is online as they are. What stays as it was is not judged anew: a room since
    closed, a therapist who has left. Raises SessionError and Stale.
    """
    with one_at_a_time(), transaction.atomic():
        session = lock(session, version)
        owner, leaders = session.owner, set(session.leaders)
        if co_therapists is None:
            co_therapists = [one for one in session.co_therapists.all() if one.pk != therapist.pk]
        may_record(session, by, therapist)
        if (starts_at, ends_at) != (session.starts_at, session.ends_at):
            in_time(owner, starts_at, ends_at, session.status, status_stays=True)
        if service.pk != session.service_id:
            offered(service, owner)
        if service.pk != session.service_id or (starts_at, ends_at) != (session.starts_at, session.ends_at):
            may_meet_as_couple(service, owner, session.status)
        before = _marks_of(session)
        facts = facts_of(session, session.co_therapists.all(), _presences(before))
        parts = parts_of(session, session.co_therapists.all())
        after = before
        if persons is not None and session.status == Status.PLANNED:
            expected = {person.pk: Presence.EXPECTED for person in persons}
            after = _marked(settled(Status.PLANNED, expected, of_group=isinstance(owner, Group)))
        presences = _presences(after)
        booking = lock_for(owner, therapist, room, presences, starts_at, session, co_therapists)
        new_leaders = set(booking.leaders) - leaders
        join_care_team(owner, new_leaders, by)
        changes = {
            "service": service,
            "therapist": therapist,
            "room": room,
            "is_online": session.is_online if is_online is None else is_online,
            "starts_at": starts_at,
            "ends_at": ends_at,
        }
        changed = sorted(name for name, value in changes.items() if value != getattr(session, name))
        for name in changed:
            setattr(session, name, changes[name])
        if set(after) != set(before):
            changed.append("persons")
        if set(booking.co_therapists) != set(session.co_therapists.all()):
            changed.append("co_therapists")
            session.co_therapists.set(booking.co_therapists)
        note_own(session, parts, booking.co_therapists)
        check_free(session, booking, anew=bool(new_leaders) or not {"starts_at", "ends_at"}.isdisjoint(changed))
        _save(session)
        _write_attendances(session, before, after)
        occupy(session, booking)
        note_correction(session, facts, facts_of(session, booking.co_therapists, presences), by)
        record(
            by,
            "cases.edit_session",
            session,
            changed=changed,
            therapist=therapist.uuid,
            starts_at=starts_at,
            minutes=session.minutes,
            **_co_therapists_said(booking.co_therapists),
        )
        return session


def resolve_session(
    session: Session,
    *,
    status: str,
    presences: Mapping[Person, str],
    late: Collection[Person] = (),
    reason: str = "",
    note: str | None = None,
    group_note: str | None = None,
    summary: str | None = None,
    words_version: int = 1,
    minutes: int | None = None,
    travel_minutes: int | None = None,
    paperwork_minutes: int | None = None,
    version: int,
    by: User,
) -> Session:
    """Say what became of a meeting: it was held, cancelled and by whom, or nobody came. A correction is another entry.

    A cancelled meeting keeps why, frees its people and its room; taking the cancellation back takes them up again, if
    they are still free. Of those in `late` it counts who was present. `minutes` says how long a held meeting really
    took, which must not run into another one. None leaves minutes and words as they are; what is written has a version
    of its own (`notes.version_of_words`). Raises SessionError and Stale.
    """
    with one_at_a_time(), transaction.atomic():
        session = lock(session, version)
        may_record(session, by)
        owner = session.owner
        before, ends_at = _marks_of(session), session.ends_at
        facts = facts_of(session, session.co_therapists.all(), _presences(before))
        if minutes is not None and minutes != session.minutes and status == Status.HELD:
            session.ends_at = after(session.starts_at, minutes)
        in_time(owner, session.starts_at, session.ends_at, status, moving=session.ends_at != ends_at)
        if status != session.status:
            may_meet_as_couple(session.service, owner, status)
        answers = {person.pk: presence for person, presence in presences.items()}
        if isinstance(owner, Group) and session.is_cancelled and status == Status.PLANNED:
            answers = _seated(owner, session)  # who joined or left in the meantime
        presence = settled(status, answers, of_group=isinstance(owner, Group))
        was_there, there = taken_up(_presences(before)), taken_up(presence)
        # Usual: it took place as planned, or not. Nobody new is taken up, so nobody is asked whether they are free.
        as_planned = session.occupies and presence.keys() <= before.keys() and there <= was_there
        as_planned &= session.ends_at <= ends_at
        old_status, session.status = session.status, status
        session.cancel_reason = reason.strip() if session.is_cancelled else ""
        session.resolved_by_id = duties_of(by).staff_id
        _keep_time_around(session, travel_minutes, paperwork_minutes)
        co_therapists = session.co_therapists.all()
        if not as_planned:
            booking = lock_for(
                owner, session.therapist, session.room, presence, session.starts_at, session, co_therapists
            )
            check_free(session, booking, anew=status != old_status)
        _save(session, *_SETTLED)
        marks = _marked(presence, late)
        _write_attendances(session, before, marks)
        if as_planned:
            give_up(session, was_there - there, shorter=session.ends_at < ends_at)
        else:
            occupy(session, booking)
        note_correction(session, facts, facts_of(session, co_therapists, presence), by)
        add_words(session, note=note, group_note=group_note, summary=summary, version=words_version, by=by)
        counts = {value: list(presence.values()).count(value) for value in sorted(set(presence.values()))}
        if came_late := sum(mark.is_late for mark in marks.values()):
            counts["late"] = came_late
        record(by, "cases.resolve_session", session, before=old_status, after=status, presences=counts)
        return session


def _seated(group: Group, session: Session) -> dict[int, str]:
    """Everybody who has a seat in the group on the day of the meeting, as expected."""
    people = group.enrolments.seated(session.day, session.day).values_list("person_id", flat=True)
    return dict.fromkeys(people, Presence.EXPECTED)


def join_care_team(owner: Case | Group, leaders: Collection[StaffMember], by: User) -> None:
    """Who is to meet a family must be able to open its file: a therapist from outside the care team joins it.

    Who leads a group needs the names of its people, not their families' files. A therapist brings nobody in. `leaders`
    come from `lock_leaders`.
    """
    if isinstance(owner, Group) or owner.closed_on:
        return
    outside = [one for one in leaders if not vars(one)["knows"]]
    if outside and not manages(owner, by):
        outside = [one for one in outside if one.pk != duties_of(by).staff_id]  # of the care team until today
        if outside:
            raise SessionError(
                _("Choose a co-therapist from the family's care team, or ask the coordinator to add somebody to it."),
                code="not_in_team",
                field="co_therapists",
            )
    for one in outside:
        add_care_team_member(owner, one, by=by)


def owned_by(owner: Case | Group) -> dict[str, Any]:
    return {"group": owner} if isinstance(owner, Group) else {"case": owner}


def said_of(owner: Case | Group) -> dict[str, Any]:
    """Whose meeting or series it is, for the audit log."""
    return {name: one.uuid for name, one in owned_by(owner).items()}


def _co_therapists_said(co_therapists: Sequence[StaffMember]) -> dict[str, Any]:
    """For the audit log, where there are any."""
    return {"co_therapists": [one.uuid for one in co_therapists]} if co_therapists else {}


def _marks_of(session: Session) -> dict[int, Mark]:
    return {pk: Mark(presence, is_late) for pk, presence, is_late in marks_of(session)}


def _presences(marks: Mapping[int, Mark]) -> dict[int, str]:
    return {pk: mark.presence for pk, mark in marks.items()}


def _marked(presences: Mapping[int, str], late: Collection[Person] = ()) -> dict[int, Mark]:
    """Nobody is late to a meeting to which they did not come."""
    ids = {person.pk for person in late}
    return {pk: Mark(value, value == Presence.PRESENT and pk in ids) for pk, value in presences.items()}


def _keep_time_around(session: Session, travel: int | None, paperwork: int | None) -> None:
    """What a meeting still to come will take besides, nobody knows yet."""
    if not session.centre.logs_time_around or session.status == Status.PLANNED:
        return
    for name, minutes in (("travel_minutes", travel), ("paperwork_minutes", paperwork)):
        if minutes is not None:
            if not 0 <= minutes <= MOST_OTHER_MINUTES:
                raise SessionError(
                    _("Give at most %(limit)s minutes."),
                    code="other_minutes",
                    field=name,
                    params={"limit": MOST_OTHER_MINUTES},
                )
            setattr(session, name, minutes)


def _clean(session: Session) -> None:
    """The model's own rules; `in_time` and the locks have seen to the rest.

    `full_clean` would ask the database again whether the end is after the start: three statements for each meeting.
    """
    session.clean_fields(exclude=["case", "group", "centre", "service", "therapist", "room", "series", "resolved_by"])


def _save(session: Session, *fields: str) -> None:
    """Save these fields, or all of them."""
    session.version += 1
    _clean(session)
    session.save(update_fields=[*fields, "version"] if fields else None)


def _write_attendances(session: Session, before: Mapping[int, Mark], after: Mapping[int, Mark]) -> None:
    if gone := set(before) - set(after):
        session.attendances.filter(person__in=gone).delete()
    for mark in sorted(set(after.values())):
        changed = [pk for pk, one in after.items() if one == mark and before.get(pk, mark) != mark]
        if changed:
            session.attendances.filter(person__in=changed).update(**mark._asdict())
    new = {pk: mark for pk, mark in after.items() if pk not in before}
    if new:
        cases = cases_of(session.owner, new, session.day)
        Attendance.objects.bulk_create(
            Attendance(session_id=session.pk, person_id=pk, case_id=cases[pk], **mark._asdict())
            for pk, mark in new.items()
        )

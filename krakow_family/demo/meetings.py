"""The invented meetings of a family: the one of its diagnosis, and the series of its therapy."""

from __future__ import annotations

import datetime as dt
from random import Random
from uuid import uuid5

from django.utils import timezone

from cases.casefile.models import CareTeamMember, Case
from cases.people.models import Person
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.note_models import TherapyNote
from centres.models import Room, Service, StaffMember
from foundation.working_days import is_working_day
from krakow_family.demo import words
from krakow_family.demo.family_world import DAY, World
from krakow_family.demo.series import series_of

HOURS = range(8, 19)
MEETINGS_PER_THERAPY = 26
FAMILY_THERAPY = "terapia-rodzinna"


def diagnosis_meeting(world: World, case: Case, people: list[Person], therapist: StaffMember) -> None:
    """The first talk is planned, with somebody who joins the care team by that."""
    service = next((one for one in world.services[case.centre.slug] if one.slug.startswith("diagnoza")), None)
    if service is None:
        return
    day = max(world.today, case.opened_on) + DAY * world.rng.randrange(1, 6)
    before = len(world.sessions)
    _meeting(world, case, people, therapist, service, day, world.rng.choice(HOURS), Session.Status.PLANNED)
    if len(world.sessions) > before:  # who is to meet a family must be able to open its file, as in `join_care_team`
        key = uuid5(case.uuid, "care team")  # of no draw, so that what follows stays as it is
        CareTeamMember.objects.create(uuid=key, case=case, staff=therapist, from_on=case.opened_on)


def therapy(
    world: World, case: Case, people: list[Person], therapist: StaffMember, since: dt.date, until: dt.date | None
) -> None:
    """Weekly meetings of half a year: held, now and then cancelled, the last few still to be settled or to come."""
    rng = world.rng
    offered = [one for one in world.services[case.centre.slug] if not one.slug.startswith("diagnoza")]
    family_first = sorted(offered, key=lambda one: one.slug != FAMILY_THERAPY)
    service = family_first[0] if rng.random() < 0.45 else rng.choice(offered)
    who = (
        people if service.form == Service.Form.FAMILY else people[:2] if service.form == Service.Form.COUPLE else None
    )
    who = who or [rng.choice(people)]
    hour = rng.choice(HOURS)
    first = since
    while first.isoweekday() > 5:
        first += DAY
    before = len(world.sessions)
    for week in range(MEETINGS_PER_THERAPY):
        day = first + DAY * 7 * week
        if day > world.today + DAY * 35 or (until and day > until):
            break
        if not is_working_day(day):
            continue
        if day >= world.today or ((world.today - day).days < 12 and rng.random() < 0.25):
            status = Session.Status.PLANNED
        else:
            status = rng.choices(
                (
                    Session.Status.HELD,
                    Session.Status.CANCELLED_BY_FAMILY,
                    Session.Status.CANCELLED_BY_CENTRE,
                    Session.Status.CANCELLED_BY_THERAPIST,
                    Session.Status.NO_SHOW,
                ),
                (86, 6, 2, 3, 3),
            )[0]
        _meeting(world, case, who, therapist, service, day, hour, status)
    if meetings := world.sessions[before:]:
        series, review = series_of(meetings, world.today)
        world.series.append(series)
        world.series_reviews += review


def _meeting(
    world: World,
    case: Case,
    people: list[Person],
    therapist: StaffMember,
    service: Service,
    day: dt.date,
    hour: int,
    status: Session.Status,
) -> None:
    rng = world.rng
    rooms = world.rooms[case.centre.slug]
    room = rooms[rng.randrange(len(rooms))]
    place = _free_place(world, therapist, room, rooms, people, day, hour)
    if place is None:
        return
    room, starts_at = place
    session = Session(
        uuid=world.uid(),
        case=case,
        centre=case.centre,
        service=service,
        therapist=therapist,
        room=room,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=service.minutes),
        status=status,
        resolved_by=None if status == Session.Status.PLANNED else therapist,
        created_at=starts_at - 7 * DAY,
    )
    world.sessions.append(session)
    came = _presences(rng, status, len(people))
    world.attendances += [
        Attendance(session=session, person=person, case=case, presence=presence)
        for person, presence in zip(people, came, strict=True)
    ]
    if session.occupies:
        span = {"from_at": session.starts_at, "to_at": session.ends_at, "session": session}
        world.occupancies.append(Occupancy(staff=therapist, **span))
        world.occupancies.append(Occupancy(room=room, **span))
        world.occupancies += [Occupancy(person=person, **span) for person in people]
    if status == Session.Status.HELD:
        _words(world, session)


def _words(world: World, session: Session) -> None:
    """A note about some meetings, mostly signed, and a summary of some."""
    rng = world.rng
    if rng.random() < 0.25:
        begun = session.ends_at + dt.timedelta(minutes=rng.randrange(2, 40))
        signed = begun + dt.timedelta(hours=rng.choice((1, 3, 24, 48, 96)))
        recent = (world.today - timezone.localdate(session.ends_at)).days < 8
        unsigned = signed >= world.moment(world.today) or rng.random() < (0.4 if recent else 0.02)
        world.notes.append(
            TherapyNote(
                uuid=world.uid(),
                session=session,
                author=session.therapist,
                text=rng.choice(words.NOTES),
                begun_at=begun,
                signed_at=None if unsigned else signed,
            )
        )
    if rng.random() < 0.3:
        session.summary = rng.choice(words.SUMMARIES)


def _presences(rng: Random, status: Session.Status, count: int) -> list[Attendance.Presence]:
    presence = Attendance.Presence
    if status == Session.Status.HELD:
        rest = [
            rng.choices((presence.PRESENT, presence.EXCUSED, presence.UNEXCUSED), (88, 9, 3))[0] for _ in range(count)
        ]
        return [presence.PRESENT, *rest[1:]]
    if status == Session.Status.NO_SHOW:
        return [presence.UNEXCUSED] * count
    if status == Session.Status.PLANNED:
        return [presence.EXPECTED] * count
    return [presence.EXCUSED] * count


def _free_place(
    world: World,
    therapist: StaffMember,
    room: Room,
    rooms: list[Room],
    people: list[Person],
    day: dt.date,
    hour: int,
) -> tuple[Room, dt.datetime] | None:
    """The first free hour of the day from the wanted one on, in a free room; two hours are taken for long meetings."""
    for shift in range(len(HOURS)):
        at = HOURS[(hour - HOURS[0] + shift) % len(HOURS)]
        slots = [world.moment(day, at), world.moment(day, min(at + 1, 23))]
        busy = [("staff", therapist.pk), *(("person", person.pk) for person in people)]
        if any((kind, pk, slot) in world.taken for kind, pk in busy for slot in slots):
            continue
        for candidate in [room, *rooms]:
            if all(("room", candidate.pk, slot) not in world.taken for slot in slots):
                world.taken |= {(kind, pk, slot) for kind, pk in [*busy, ("room", candidate.pk)] for slot in slots}
                return candidate, slots[0]
    return None

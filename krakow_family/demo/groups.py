"""Invented groups at each centre: one that is over, one in its course and one to come; the same for the same seed.

People of several families take part, some of them of another centre; some wait for a seat, and one has left. Nobody is
invited to a meeting at which they are somewhere else already.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import UUID, uuid5

from django.db.models import Q
from django.utils import timezone

from cases.casefile.models import Case
from cases.people.models import FamilyMember, Person, age_on
from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.moments import overlap
from cases.sessions.note_models import TherapyNote
from cases.sessions.recurrence import days_of_series
from cases.sessions.series_models import SeriesReview, SessionSeries
from centres.models import Centre, Role, Room, Service, StaffMember
from foundation.working_days import is_working_day
from krakow_family.demo import words
from krakow_family.demo.accounts import Staff

DAY = dt.timedelta(days=1)
TIMES = (dt.time(17), dt.time(16), dt.time(15), dt.time(10), dt.time(9))
"""The earlier ones where the leaders have therapies on most days of the cycle."""

FRIDAY = 5
GUESTS = 2
"""How many people of another centre a group has."""

Presence = Attendance.Presence
Status = Session.Status
Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class Plan:
    """A group as it is meant to be: for whom, how often, and when it began or begins, in days from today."""

    centre: str
    service: str
    name: str
    about: str
    ages: range
    weeks_between: int
    count: int
    begins: int
    takes: int
    """How many have a seat in the beginning; where some wait for one, all seats are taken."""
    seats: int = 10
    waiting: int = 0
    to_give: bool = False
    """Whether the seat of who left is still to be given to one of those who wait."""


PARENTS, YOUNGER, OLDER, ANY_CHILD = range(24, 60), range(6, 12), range(12, 18), range(7, 18)
PLANS = (
    Plan("wodna", "grupa-wsparcia-dla-matek-i-ojcow", "Grupa wsparcia, edycja zakończona", "matki i ojcowie",
         PARENTS, 1, 8, -98, 8),
    Plan("wodna", "szkola-dla-rodzicow", "Szkoła dla rodziców, popołudnia", "rodzice dzieci do 10 lat",
         PARENTS, 2, 13, -84, 9, seats=9, waiting=3),
    Plan("wodna", "terapia-grupowa", "Terapia grupowa dla dorosłych", "dorośli po zakończonej terapii indywidualnej",
         PARENTS, 2, 13, 9, 6),
    Plan("krakowiakow", "szkola-dla-rodzicow", "Szkoła dla rodziców, edycja zakończona", "rodzice dzieci do 10 lat",
         PARENTS, 1, 8, -105, 8),
    Plan("krakowiakow", "trening-umiejetnosci-spolecznych", "TUS młodsi", "dzieci 6–11 lat",
         YOUNGER, 2, 13, -77, 8, seats=8, waiting=2),
    Plan("krakowiakow", "trening-umiejetnosci-spolecznych", "TUS starsi", "młodzież 12–17 lat",
         OLDER, 2, 13, 12, 7, seats=8),
    Plan("wadowicka", "praca-z-cialem", "Praca z ciałem, edycja zakończona", "dzieci i młodzież 7–17 lat",
         ANY_CHILD, 1, 8, -91, 7, seats=8),
    Plan("wadowicka", "praca-z-cialem", "Praca z ciałem, grupa pierwsza", "dzieci i młodzież 7–17 lat",
         ANY_CHILD, 2, 13, -70, 8, seats=8, waiting=2, to_give=True),
    Plan("wadowicka", "praca-z-cialem", "Praca z ciałem, grupa druga", "dzieci i młodzież 7–17 lat",
         ANY_CHILD, 2, 13, 10, 5, seats=8),
)  # fmt: skip


@dataclass
class World:
    """What is being made, kept until it is written in bulk."""

    rng: Random
    today: dt.date
    staff: Staff
    taken: dict[tuple[str, int, dt.date], list[Span]] = field(default_factory=lambda: defaultdict(list))
    chosen: set[int] = field(default_factory=set)
    sessions: list[Session] = field(default_factory=list)
    co_therapists: list[tuple[Session, StaffMember]] = field(default_factory=list)
    attendances: list[Attendance] = field(default_factory=list)
    occupancies: list[Occupancy] = field(default_factory=list)
    notes: list[TherapyNote] = field(default_factory=list)

    def uid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def take(self, kind: str, pk: int, span: Span) -> None:
        self.taken[kind, pk, timezone.localdate(span[0])].append(span)

    def is_free(self, kind: str, pk: int, span: Span) -> bool:
        return not any(overlap(*span, *other) for other in self.taken[kind, pk, timezone.localdate(span[0])])


def make_groups(seed: int, staff: Staff, *, today: dt.date) -> None:
    """The groups of all centres, as far as there are people for them; after the families."""
    world = World(Random(f"{seed} groups"), today, staff)  # of its own, so that the families stay as they are
    _learn_what_is_taken(world)
    people = _people()
    for plan in PLANS:
        _group(world, plan, people)
    Session.objects.bulk_create(world.sessions)
    through = Session.co_therapists.through
    through.objects.bulk_create(
        through(session_id=session.pk, staffmember_id=staff.pk) for session, staff in world.co_therapists
    )
    Attendance.objects.bulk_create(world.attendances)
    Occupancy.objects.bulk_create(world.occupancies)
    TherapyNote.objects.bulk_create(world.notes)


def _learn_what_is_taken(world: World) -> None:
    since = timezone.make_aware(dt.datetime.combine(world.today + DAY * min(plan.begins for plan in PLANS), dt.time()))
    rows = Occupancy.objects.filter(to_at__gt=since).values_list(
        "staff_id", "room_id", "person_id", "from_at", "to_at"
    )
    for staff, room, person, start, end in rows:
        kind, pk = ("staff", staff) if staff else ("room", room) if room else ("person", person)
        world.take(kind, pk, (start, end))


People = list[tuple[Case, Person]]


def _people() -> People:
    """Everybody whose age is known and who is in a family with a case, in an order that is the same every time."""
    members = FamilyMember.objects.filter(to_on=None, person__birth_date__isnull=False).select_related("person")
    by_family: dict[int, list[Person]] = defaultdict(list)
    for member in members.order_by("id"):
        by_family[member.family_id].append(member.person)
    cases = Case.objects.filter(diagnosed_on__isnull=False).select_related("centre").order_by("id")
    return [(case, person) for case in cases for person in by_family[case.family_id]]


def _group(world: World, plan: Plan, people: People) -> None:
    centre = Centre.objects.get(slug=plan.centre)
    service = Service.objects.get(slug=plan.service)
    leaders, coordinator = world.staff[plan.centre][Role.THERAPIST], world.staff[plan.centre][Role.COORDINATOR][0]
    rooms = list(Room.objects.filter(centre=centre).order_by("-seats", "id"))
    first_on, time, room = _place(world, plan, service, leaders, rooms, world.today + DAY * plan.begins)
    full = plan.waiting > 0  # nobody waits where there are seats
    seated = list(_choose(world, plan, people, first_on, plan.seats if full else plan.takes, lasting=full))
    if not seated:
        return
    made_on = timezone.make_aware(dt.datetime.combine(min(first_on - 21 * DAY, world.today - DAY), dt.time(11)))
    group = Group.objects.create(
        uuid=world.uid(), centre=centre, service=service, name=plan.name, about=plan.about, seats=plan.seats,
        created_by=coordinator, created_at=made_on,
    )  # fmt: skip
    days = [day for day in days_of_series(first_on, plan.weeks_between, plan.count) if is_working_day(day)]
    series = SessionSeries.objects.create(
        uuid=world.uid(), group=group, service=service, therapist=leaders[0], room=room,
        weeks_between=plan.weeks_between, weekday=first_on.isoweekday(), time=time, minutes=service.minutes,
        first_on=first_on, count=len(days), review_on=first_on + 182 * DAY, created_by=coordinator, created_at=made_on,
    )  # fmt: skip
    series.co_therapists.set(leaders[1:])
    enrolments = list(_enrol(world, group, seated, first_on))
    if full and not plan.to_give and (left_on := enrolments[-1].to_on):  # the seat went to somebody else
        later = left_on + 10 * DAY
        enrolments += _enrol(world, group, [*_choose(world, plan, people, later, 1, lasting=True)], later)
    for case, person in _choose(world, plan, people, world.today, plan.waiting, lasting=True):
        asked_on = max(world.today - DAY * world.rng.randrange(3, 40), case.opened_on)
        GroupEnrolment.objects.create(
            uuid=world.uid(), group=group, case=case, person=person, asked_on=asked_on, created_by=coordinator
        )
    unresolved = _last_of_the_month_before(days, world.today) if plan.waiting else None
    for day in days:
        _meeting(world, series, enrolments, leaders, _status(world, day, unresolved), day)
    if days[-1] < world.today:
        series.ended_on = days[-1]
        series.save(update_fields=["ended_on"])
        SeriesReview.objects.create(
            uuid=uuid5(series.uuid, "review"), series=series,
            decision=SeriesReview.Decision.ENDED, reason="Grupa zakończyła się zgodnie z planem.",
            meetings=0, on=days[-1], by=leaders[0],
        )  # fmt: skip
        lasting = group.enrolments.filter(Q(to_on=None) | Q(to_on__gt=days[-1]))
        for enrolment in lasting:
            enrolment.to_on, enrolment.leaving_reason = days[-1], "Grupa się zakończyła."
            enrolment.save(update_fields=["to_on", "leaving_reason"])


def _choose(
    world: World, plan: Plan, people: People, on: dt.date, number: int, *, lasting: bool = False
) -> Iterator[tuple[Case, Person]]:
    """People of the right age whose case is open on that day, or `lasting` until today; a few of other centres."""
    fitting = [
        (case, person)
        for case, person in people
        if person.pk not in world.chosen
        and person.birth_date is not None
        and age_on(person.birth_date, world.today) in plan.ages
        and case.opened_on <= on
        and (case.closed_on is None or (case.closed_on > on and not lasting))
    ]
    own = [one for one in fitting if one[0].centre.slug == plan.centre]
    others = [one for one in fitting if one[0].centre.slug != plan.centre]
    guests = world.rng.sample(others, min(len(others), GUESTS if number > GUESTS else 0))
    for one in [*guests, *world.rng.sample(own, min(len(own), number - len(guests)))]:
        world.chosen.add(one[1].pk)
        yield one


def _place(
    world: World,
    plan: Plan,
    service: Service,
    leaders: Sequence[StaffMember],
    rooms: Sequence[Room],
    first_on: dt.date,
) -> tuple[dt.date, dt.time, Room]:
    """The weekday, the hour and the room at which the leaders and the room are taken least often."""

    def clashes(place: tuple[dt.date, dt.time, Room]) -> int:
        first, time, room = place
        spans = [_span(day, time, service.minutes) for day in days_of_series(first, plan.weeks_between, plan.count)]
        return sum(not _leaders_are_free(world, leaders, room, span) for span in spans)

    weekdays = [day for day in (first_on + DAY * n for n in range(7)) if day.isoweekday() <= FRIDAY]
    return min(((day, time, room) for time in TIMES for day in weekdays for room in rooms), key=clashes)


def _leaders_are_free(world: World, leaders: Sequence[StaffMember], room: Room, span: Span) -> bool:
    return world.is_free("room", room.pk, span) and all(world.is_free("staff", one.pk, span) for one in leaders)


def _span(day: dt.date, time: dt.time, minutes: int) -> Span:
    start = timezone.make_aware(dt.datetime.combine(day, time))
    return start, start + dt.timedelta(minutes=minutes)


def _enrol(
    world: World, group: Group, seated: Sequence[tuple[Case, Person]], first_on: dt.date
) -> Iterator[GroupEnrolment]:
    """A seat from the first day on, to the day on which the case was closed; the last one has left before."""
    for number, (case, person) in enumerate(seated, start=1):
        left_on = first_on + 30 * DAY if number == len(seated) and len(seated) > GUESTS else None
        if left_on is not None and left_on >= world.today:
            left_on = None
        to_on = min((day for day in (case.closed_on, left_on) if day), default=None)
        reason = "" if to_on is None else "Zmiana godzin pracy." if to_on == left_on else "Sprawa została zamknięta."
        yield GroupEnrolment.objects.create(
            uuid=world.uid(), group=group, case=case, person=person, asked_on=max(first_on - 25 * DAY, case.opened_on),
            from_on=first_on, to_on=to_on, leaving_reason=reason, created_by=group.created_by,
        )  # fmt: skip


def _last_of_the_month_before(days: Sequence[dt.date], today: dt.date) -> dt.date | None:
    """The meeting that nobody has settled, so that the report of the last month has a gap to name."""
    month = today.replace(day=1)
    return max((day for day in days if (month - DAY).replace(day=1) <= day < month), default=None)


def _status(world: World, day: dt.date, unresolved: dt.date | None) -> Session.Status:
    if day >= world.today or day == unresolved:
        return Status.PLANNED
    return world.rng.choices((Status.HELD, Status.CANCELLED_BY_THERAPIST, Status.CANCELLED_BY_CENTRE), (90, 6, 4))[0]


def _meeting(
    world: World,
    series: SessionSeries,
    enrolments: Sequence[GroupEnrolment],
    leaders: Sequence[StaffMember],
    status: Session.Status,
    day: dt.date,
) -> None:
    """One meeting with those who have a seat on the day; none where a leader or the room is taken, or nobody comes."""
    assert series.group is not None  # noqa: S101 - made with one
    assert series.room is not None  # noqa: S101 - made with one
    span = _span(day, series.time, series.minutes)
    seated = [one for one in enrolments if one.holds_on(day) and world.is_free("person", one.person_id, span)]
    if not seated or not _leaders_are_free(world, leaders, series.room, span):
        return
    session = Session(
        uuid=world.uid(), group=series.group, series=series, centre=series.group.centre, service=series.service,
        therapist=leaders[0], room=series.room, starts_at=span[0], ends_at=span[1], status=status,
        created_at=series.created_at, resolved_by=None if status == Status.PLANNED else leaders[0],
        cancel_reason="Choroba prowadzącego." if status == Status.CANCELLED_BY_THERAPIST else "",
    )  # fmt: skip
    world.sessions.append(session)
    world.co_therapists += [(session, one) for one in leaders[1:]]
    presences = _presences(world, status, len(seated))
    things: list[tuple[str, int]] = [("room", series.room.pk), *(("staff", one.pk) for one in leaders)]
    for enrolment, presence in zip(seated, presences, strict=True):
        late = presence == Presence.PRESENT and world.rng.random() < 0.06
        world.attendances.append(
            Attendance(session=session, person=enrolment.person, case=enrolment.case, presence=presence, is_late=late)
        )
        if presence in {Presence.PRESENT, Presence.EXPECTED}:
            things.append(("person", enrolment.person_id))
    if session.occupies:
        for kind, pk in things:
            world.take(kind, pk, span)
            world.occupancies.append(Occupancy(session=session, from_at=span[0], to_at=span[1], **{f"{kind}_id": pk}))
    if status == Status.HELD and world.rng.random() < 0.4:
        _note(world, session)


def _presences(world: World, status: Session.Status, number: int) -> list[Attendance.Presence]:
    if status != Status.HELD:
        return [Presence.EXPECTED] * number
    rest = world.rng.choices((Presence.PRESENT, Presence.EXCUSED, Presence.UNEXCUSED), (86, 10, 4), k=number)
    return [Presence.PRESENT, *rest[1:]]


def _note(world: World, session: Session) -> None:
    """The note about the group that its leaders share."""
    begun = session.ends_at + dt.timedelta(minutes=world.rng.randrange(5, 60))
    signed = begun + dt.timedelta(hours=world.rng.choice((1, 24, 48)))
    is_draft = timezone.localdate(signed) >= world.today
    world.notes.append(
        TherapyNote(
            uuid=world.uid(), session=session, author=session.therapist, is_of_group=True,
            text=world.rng.choice(words.GROUP_NOTES), begun_at=begun, signed_at=None if is_draft else signed,
        )
    )  # fmt: skip

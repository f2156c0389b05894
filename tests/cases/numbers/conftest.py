"""Sunday 22 November 2026, noon in Kraków, and a made-up world of meetings for those who recount it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from cases.casefile.models import Case
from cases.people.models import Person
from cases.sessions.group_models import Group
from cases.sessions.models import Attendance, Session
from centres.models import Centre, Role, Service, StaffMember

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=WARSAW)
HELD, NO_SHOW, PLANNED = Session.Status.HELD, Session.Status.NO_SHOW, Session.Status.PLANNED


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def at(day: str, time: str = "10:00") -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=WARSAW)


Meet = Callable[..., Session]


@pytest.fixture
def meet(piotr: StaffMember, family_therapy: Service) -> Meet:
    """`meet(case, "2026-10-05", present=1)`: a meeting with the family's first people, the others stayed away."""

    def met(
        case: Case,
        day: str,
        *,
        time: str = "10:00",
        minutes: int = 50,
        status: str = HELD,
        service: Service = family_therapy,
        therapist: StaffMember = piotr,
        together_with: Sequence[StaffMember] = (),
        present: int = 2,
        late: int = 0,
        **more: Any,
    ) -> Session:
        starts_at = at(day, time)
        session = Session.objects.create(
            case=case,
            centre=case.centre,
            service=service,
            therapist=therapist,
            starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(minutes=minutes),
            status=status,
            **more,
        )
        session.co_therapists.set(together_with)
        settled = status in (HELD, NO_SHOW)
        for number, member in enumerate(case.family.members.order_by("id")):
            came = status == HELD and number < present
            presence = "present" if came else "excused" if settled else "expected"
            Attendance.objects.create(
                session=session,
                person_id=member.person_id,
                case=case,
                presence=presence,
                is_late=came and number < late,
            )
        return session

    return met


@pytest.fixture
def families(make_case: Callable[..., Case], wodna: Centre) -> Callable[..., list[Case]]:
    """`families(6)`: so many cases, of Wodna unless said otherwise."""

    def made(number: int, centre: Centre = wodna) -> list[Case]:
        received = dt.date(2026, 1, 2)
        return [make_case(centre, f"Rodzina Sekretnych {i}", received_on=received) for i in range(number)]

    return made


@pytest.fixture
def busy_autumn(
    families: Callable[..., list[Case]],
    make_staff: Callable[..., StaffMember],
    wodna: Centre,
    krakowiakow: Centre,
    wadowicka: Centre,
) -> list[Session]:
    """Months of every kind of meeting at all centres, some of two therapists and some of groups, by seeded chance."""
    rng = Random(8)  # noqa: S311 - chance that is the same in every run
    made: list[tuple[Session, list[StaffMember]]] = []
    services = list(Service.objects.order_by("order", "slug"))
    alone = [one for one in services if one.form != Service.Form.GROUP][:4]
    in_groups = [one for one in services if one.form == Service.Form.GROUP][:2]
    attendances: list[Attendance] = []
    for centre, number in ((wodna, 14), (krakowiakow, 11), (wadowicka, 7)):
        cases = families(number, centre)
        staff = [make_staff(f"Zdzisława{n}", centre.slug, Role.THERAPIST, centre=centre) for n in range(3)]
        people = {case.pk: [one.person for one in case.family.members.order_by("id")] for case in cases}
        groups = [_group(centre, service, staff[0]) for service in in_groups]
        for n in range(230):
            of_group = n % 12 == 0
            invited = rng.sample(cases, 6) if of_group else [rng.choice(cases[: rng.choice((4, number))])]
            owner: dict[str, Any] = {"case": invited[0], "service": rng.choice(alone)}
            if of_group:
                group = rng.choice(groups)
                owner = {"group": group, "service": group.service}
            session, others = _meeting(rng, n, centre, staff, owner)
            made.append((session, others))
            attendances += [_attendance(rng, session, case, person) for case in invited for person in people[case.pk]]
    sessions = Session.objects.bulk_create(session for session, _others in made)
    led_with = Session.co_therapists.through
    led_with.objects.bulk_create(led_with(session=one, staffmember=other) for one, others in made for other in others)
    Attendance.objects.bulk_create(attendances)
    return sessions


def _group(centre: Centre, service: Service, therapist: StaffMember) -> Group:
    return Group.objects.create(centre=centre, service=service, name=service.name, seats=12)


def _meeting(
    rng: Random, n: int, centre: Centre, staff: list[StaffMember], owner: dict[str, Any]
) -> tuple[Session, list[StaffMember]]:
    """A meeting to be saved, and who leads it besides its therapist."""
    starts_at = at("2026-07-01", "08:00") + dt.timedelta(days=rng.randrange(170), minutes=rng.choice((0, 15, 600)))
    over = starts_at + dt.timedelta(hours=4) < NOW
    chance = rng.choices((HELD, "by_family", "by_centre", "by_therapist", NO_SHOW, PLANNED), (75, 6, 4, 4, 6, 5))[0]
    led = rng.sample(staff, 2 if n % 7 == 0 else 1)
    session = Session(
        centre=centre,
        therapist=led[0],
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=owner["service"].minutes),
        status=chance if over else PLANNED,
        travel_minutes=rng.choice((0, 0, 30)),
        paperwork_minutes=rng.choice((0, 15)),
        **owner,
    )
    return session, led[1:]


def _attendance(rng: Random, session: Session, case: Case, person: Person) -> Attendance:
    presence = "expected"
    if session.status == HELD:
        presence = rng.choices(("present", "excused", "unexcused", "expected"), (80, 9, 8, 3))[0]
    elif session.status == NO_SHOW:
        presence = "unexcused"
    late = presence == "present" and rng.random() < 0.2
    return Attendance(session=session, person=person, case=case, presence=presence, is_late=late)

"""Sunday 22 November 2026, noon in Kraków. Piotr is the therapist in the team of Anna's case, open for three weeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from cases.casefile.models import CareTeamMember, Case
from cases.people.models import Person
from cases.sessions.models import Session
from cases.sessions.services import log_session
from centres.models import Centre, Role, Room, Service, StaffMember
from tests.conftest import StaffMaker

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=WARSAW)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def at(day: str, time: str = "10:00") -> dt.datetime:
    """`at("2026-11-23", "16:00")`: what the clocks of Kraków show."""
    return dt.datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=WARSAW)


@pytest.fixture
def annas_case(make_case: Callable[..., Case], wodna: Any, anna: StaffMember, piotr: StaffMember) -> Case:
    case = make_case(wodna, coordinator=anna, received_on=dt.date(2026, 11, 1))
    CareTeamMember.objects.create(case=case, staff=piotr, from_on=dt.date(2026, 11, 1))
    return case


def people_of(case: Case) -> list[Person]:
    return [member.person for member in case.family.members.select_related("person").order_by("id")]


Book = Callable[..., Session]


@pytest.fixture
def book(annas_case: Case, piotr: StaffMember, room: Room, family_therapy: Service) -> Book:
    """Log a meeting of Anna's case as Piotr would; every argument may be given otherwise."""

    def booked(**changes: Any) -> Session:
        case = changes.pop("case", annas_case)
        start = changes.pop("starts_at", at("2026-11-23", "16:00"))
        arguments: dict[str, Any] = {
            "service": family_therapy,
            "therapist": piotr,
            "room": room,
            "starts_at": start,
            "ends_at": start + dt.timedelta(minutes=changes.pop("minutes", 60)),
            "present": dict.fromkeys(people_of(case), "present"),
            "status": "planned",
            "by": piotr.user,
        }
        return log_session(case, **arguments | changes)

    return booked


@pytest.fixture
def planned(book: Book) -> Session:
    """Monday, 16:00–17:00."""
    return book()


@pytest.fixture
def unresolved(book: Book) -> Session:
    """Was planned for last Thursday, 16:00–17:00; nobody has said what became of it."""
    with time_machine.travel(at("2026-11-18"), tick=False):
        return book(starts_at=at("2026-11-19", "16:00"))


@pytest.fixture
def held(book: Book) -> Session:
    """Last Friday, 16:00–17:00."""
    return book(starts_at=at("2026-11-20", "16:00"), status="held")


@pytest.fixture
def olga(make_staff: StaffMaker, wodna: Centre) -> StaffMember:
    """A therapist at Wodna, who does not know Anna's family yet."""
    return make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)


@pytest.fixture
def olga_in_team(olga: StaffMember, annas_case: Case) -> StaffMember:
    CareTeamMember.objects.create(case=annas_case, staff=olga, from_on=dt.date(2026, 11, 1))
    return olga


@pytest.fixture
def together_with_olga(book: Book, olga_in_team: StaffMember) -> Session:
    """Monday, 16:00–17:00, Piotr's and Olga's."""
    return book(co_therapists=[olga_in_team])


def fields_of(form: Any) -> dict[str, Any]:
    """What a browser would send of a form that nobody has touched."""
    data = {}
    for field in form:
        value = field.value()
        if isinstance(value, dt.time):
            value = f"{value:%H:%M}"
        elif isinstance(value, dt.date):
            value = value.isoformat()
        elif not isinstance(value, list):
            value = "" if value is None else str(field.field.prepare_value(value))
        data[field.html_name] = value
    return data

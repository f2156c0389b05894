"""Sunday 22 November 2026, noon. Anna plans a group at Wodna; Piotr and Basia lead it every other Tuesday, 16:00."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from cases.casefile.models import Case
from cases.groups.services import enrol_in_group, plan_group
from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import Session
from cases.sessions.moments import local_moment
from cases.sessions.recurrence import days_of_series
from centres.models import Role, Service, StaffMember
from tests.cases.sessions.conftest import (  # noqa: F401 - fixtures, which tests ask for by name
    _now,
    annas_case,
    at,
    book,
    olga,
    olga_in_team,
    people_of,
)

TUESDAY = dt.date(2026, 11, 24)


@pytest.fixture
def tus(wodna: Any) -> Service:
    """Training of social skills, which is given to groups; here Wodna gives it, too."""
    service = Service.objects.get(slug="trening-umiejetnosci-spolecznych")
    service.centres.add(wodna)
    return service


@pytest.fixture
def basia(make_staff: Callable[..., StaffMember], wodna: Any) -> StaffMember:
    """Leads groups together with Piotr."""
    return make_staff("Basia", "Druga", Role.THERAPIST, centre=wodna)


MakeGroup = Callable[..., Group]


@pytest.fixture
def make_group(wodna: Any, tus: Service, piotr: StaffMember, basia: StaffMember, anna: StaffMember) -> MakeGroup:
    """Four meetings from Tuesday on; every argument may be given otherwise."""

    def made(**changes: Any) -> Group:
        first_on = changes.pop("first_on", TUESDAY)
        time = changes.get("time", dt.time(16))
        arguments: dict[str, Any] = {
            "name": "TUS młodsi",
            "about": "dzieci 7–9 lat",
            "seats": 4,
            "service": tus,
            "therapist": piotr,
            "co_therapists": [basia],
            "room": None,
            "weeks_between": 2,
            "first_on": first_on,
            "time": time,
            "minutes": 90,
            "starts": [local_moment(day, time) for day in days_of_series(first_on, 2, changes.pop("count", 4))],
            "by": anna.user,
        }
        return plan_group(changes.pop("centre", wodna), **arguments | changes)

    return made


@pytest.fixture
def group(make_group: MakeGroup) -> Group:
    return make_group()


@pytest.fixture
def ewas_case(make_case: Callable[..., Case], krakowiakow: Any, ewa: StaffMember) -> Case:
    """A family of another centre, which Ewa coordinates."""
    return make_case(krakowiakow, "Rodzina Innych", coordinator=ewa, received_on=dt.date(2026, 11, 1))


Enrol = Callable[..., list[GroupEnrolment]]


@pytest.fixture
def enrol(group: Group, annas_case: Case, anna: StaffMember) -> Enrol:  # noqa: F811 - the fixture of that name
    """Zofia of Anna's case from today on; every argument may be given otherwise."""

    def enrolled(**changes: Any) -> list[GroupEnrolment]:
        case = changes.pop("case", annas_case)
        arguments: dict[str, Any] = {
            "case": case,
            "persons": people_of(case)[1:],
            "from_on": dt.date(2026, 11, 22),
            "by": anna.user,
        }
        return enrol_in_group(changes.pop("group", group), **arguments | changes)

    return enrolled


def meetings_of(group: Group) -> list[Session]:
    return list(group.sessions.order_by("starts_at"))


def expected_at(session: Session) -> list[str]:
    return sorted(str(row.person) for row in session.attendances.select_related("person"))

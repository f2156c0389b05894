"""The demonstration: visibly invented, and what the services would have let through."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from django.core.management import CommandError
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from stdnum.pl import pesel as stdnum_pesel

from accounts.demo import DEMO_PASSWORD
from accounts.models import DemoMode, User
from cases.casefile.models import CareTeamMember, Case, Stage
from cases.people.models import Person
from cases.sessions.correction_models import SessionCorrection
from cases.sessions.models import Occupancy, Session
from tests.krakow_family.test_seed_demo import seed


@pytest.fixture(scope="module")
def demonstration(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """Made once for all tests of this file, and undone after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield seed()
        transaction.set_rollback(True)


@pytest.fixture
def told(demonstration: dict[str, Any], db: None) -> dict[str, Any]:
    """What the command said; the portal is full of what it made."""
    return demonstration


def test_the_summary_names_accounts_and_records(told):
    emails = {user["email"] for user in told["users"]}
    assert {"coordinator.wodna@example.org", "therapist2.wadowicka@example.org", "dpo@example.org"} <= emails
    assert len(emails) == 22
    assert set(told["centres"]) == {"wodna", "krakowiakow", "wadowicka"}
    for centre in told["centres"].values():
        assert centre["cases"]
        assert centre["sessions"]
    assert told["base"] == "/"


def test_accounts_open_with_the_demo_password_while_the_marker_stands(told, client):
    assert DemoMode.objects.exists()
    typed = {"login": "coordinator.wodna@example.org", "password": DEMO_PASSWORD}

    assert client.post("/accounts/login/", typed).status_code == 302
    assert client.get("/cases/").status_code == 200


def test_without_the_marker_the_demo_password_opens_nothing(told, client):
    from accounts.demo import forget_demo_mode

    DemoMode.objects.all().delete()
    forget_demo_mode()
    typed = {"login": "coordinator.wodna@example.org", "password": DEMO_PASSWORD}

    assert client.post("/accounts/login/", typed).status_code == 200


def test_no_pesel_and_no_phone_could_be_anybodys(told):
    people = list(Person.objects.all())
    assert any(person.pesel for person in people)
    for person in people:
        if person.pesel:
            assert stdnum_pesel.get_birth_date(person.pesel).year < 1840
        if person.phone:
            assert person.phone.startswith("+4810")


def test_nobody_is_in_two_places_at_once(told):
    for column in ("staff", "room", "person"):
        seen: dict[int, list[tuple[dt.datetime, dt.datetime]]] = {}
        for pk, start, end in Occupancy.objects.filter(**{f"{column}__isnull": False}).values_list(
            column, "from_at", "to_at"
        ):
            for other_start, other_end in seen.setdefault(pk, []):
                assert end <= other_start or other_end <= start
            seen[pk].append((start, end))


def test_every_case_keeps_the_rules_of_its_path(told):
    for case in Case.objects.all():
        case.full_clean()
        assert case.assignments.current().count() <= 1


def test_a_portal_with_data_is_left_alone(told):
    with pytest.raises(CommandError):
        seed()

    assert DemoMode.objects.count() == 1


def test_users_have_no_powers_beyond_their_roles(told):
    for user in User.objects.all():
        assert not user.is_superuser


def test_who_is_booked_with_a_family_is_in_its_care_team(told):
    team = CareTeamMember.objects.filter(case=OuterRef("case"), staff=OuterRef("therapist"))
    assert not Session.objects.filter(case__isnull=False).exclude(Exists(team)).exists()
    assert Session.objects.filter(case__stage=Stage.DIAGNOSIS).exists()


def test_a_month_that_has_ended_was_corrected_here_and_there(told):
    found = SessionCorrection.objects.select_related("session").order_by("id")
    assert [one.kind for one in found] == ["settled", "changed"]
    for one in found:
        assert timezone.localdate(one.session.starts_at).replace(day=1) == one.month
        assert timezone.localdate(one.at) >= one.month + relativedelta(months=1)


def test_a_series_has_the_room_of_most_of_its_meetings_and_the_others_one_of_their_own(told):
    meetings = Session.objects.filter(case__isnull=False, series__isnull=False)
    assert meetings.filter(own_parts="", room=F("series__room")).exists()
    assert not meetings.filter(own_parts="").exclude(room=F("series__room")).exists()

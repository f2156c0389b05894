"""The demonstration: visibly invented, the same every time, and only in an empty portal."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from stdnum.pl import pesel as stdnum_pesel

from accounts.demo import DEMO_PASSWORD
from accounts.models import DemoMode, User
from cases.assessments.models import Assessment, Sheet
from cases.casefile.models import CareTeamMember, Case, Stage
from cases.intake.models import Referral
from cases.people.models import Person
from cases.sessions.correction_models import SessionCorrection
from cases.sessions.models import Occupancy, Session
from programme.reports.models import Report

SMALL: dict[str, Any] = {"families": 30, "months": 6, "today": None}


def seed(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("seed_demo", **(SMALL | options), json=True, stdout=out, stderr=StringIO())
    told: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return told


@pytest.fixture
def told(db) -> dict[str, Any]:
    return seed()


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


def test_there_are_referrals_and_cases_in_every_state(db):
    seed(families=120, months=14)

    assert set(Referral.objects.values_list("status", flat=True)) == set(Referral.Status.values)
    assert set(Case.objects.values_list("stage", flat=True)) == set(Stage.values)
    assert set(Session.objects.values_list("status", flat=True)) == set(Session.Status.values)
    assert Session.objects.unresolved().exists()
    assert Report.objects.exists()


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


@pytest.mark.parametrize("families", [0, -1, 10**9])
def test_impossible_sizes_are_refused(db, families):
    with pytest.raises(CommandError):
        seed(families=families)


def test_a_portal_with_data_is_left_alone(told):
    with pytest.raises(CommandError):
        seed()

    assert DemoMode.objects.count() == 1


@pytest.mark.parametrize(("families", "months"), [(1, 1), (3, 2)])
def test_small_demonstrations_work_too(db, families, months):
    seed(families=families, months=months)

    assert Case.objects.count() <= families


def picture() -> tuple[Any, ...]:
    """What a seed made, and then undone."""
    undo = transaction.savepoint()
    told = seed(today=dt.date(2026, 11, 22), seed=7)
    meetings = Session.objects.order_by("id").values_list("uuid", "case__number", "starts_at", "status", "room__name")
    people = Person.objects.order_by("id").values_list("uuid", "first_name", "last_name", "birth_date")
    columns = ("uuid", "case__number", "occasion", "status", "worst_label", "finalised_at", "assessor__user__email")
    assessments = Assessment.objects.order_by("id").values_list(*columns)
    answers = [sheet.answers for sheet in Sheet.objects.order_by("id")]
    seen = (told, list(meetings), list(people), list(assessments), answers)
    transaction.savepoint_rollback(undo)
    return seen


def test_the_same_seed_and_day_give_the_same_data(db):
    assert picture() == picture()


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

"""The care team: who reads the file besides the coordinator, and until when."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases.casefile.models import Case, Stage
from cases.casefile.services import CaseError, add_care_team_member, close_case, end_care_team_membership


def test_membership_opens_the_file_and_its_end_closes_it_from_tomorrow(annas_case, anna, piotr, sign_in):
    assert sign_in(piotr).get(annas_case.get_absolute_url()).status_code == 404

    member = add_care_team_member(annas_case, piotr, by=anna.user)
    assert sign_in(piotr).get(annas_case.get_absolute_url()).status_code == 200

    end_care_team_membership(member, by=anna.user)
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=True):
        assert sign_in(piotr).get(annas_case.get_absolute_url()).status_code == 404


def test_before_its_first_day_the_file_stays_closed(annas_case, anna, piotr, sign_in):
    add_care_team_member(annas_case, piotr, from_on=timezone.localdate() + dt.timedelta(days=1), by=anna.user)

    assert sign_in(piotr).get(annas_case.get_absolute_url()).status_code == 404


def test_twice_is_refused(annas_case, anna, piotr):
    add_care_team_member(annas_case, piotr, by=anna.user)

    with pytest.raises(CaseError) as error:
        add_care_team_member(annas_case, piotr, by=anna.user)

    assert error.value.code == "already_in_team"


def test_somebody_of_another_centre_is_refused(annas_case, anna, ewa):
    with pytest.raises(CaseError) as error:
        add_care_team_member(annas_case, ewa, by=anna.user)

    assert error.value.code == "other_centre"


def test_from_the_page(annas_case, anna, piotr, sign_in):
    client = sign_in(anna)
    today = timezone.localdate().isoformat()

    added = client.post(
        reverse("cases:add_care_team_member", args=[annas_case.uuid]),
        {"once": str(uuid.uuid4()), "staff": piotr.pk, "from_on": today},
    )
    member = annas_case.care_team.get()
    ended = client.post(
        reverse("cases:end_care_team_membership", args=[annas_case.uuid, member.uuid]), {"once": str(uuid.uuid4())}
    )

    assert (added.status_code, ended.status_code) == (302, 302)
    member.refresh_from_db()
    assert member.to_on is not None


def test_open_cases_in_somebodys_hands_are_those_that_they_work_on(make_case, wodna, anna, piotr):
    coordinated = make_case(wodna, "Rodzina Prowadzonych", coordinator=anna)
    helped = make_case(wodna, "Rodzina Wspieranych", coordinator=piotr)
    add_care_team_member(helped, anna, by=piotr.user)
    make_case(wodna, "Rodzina Innych", coordinator=piotr)
    closed = make_case(wodna, "Rodzina Zamkniętych", coordinator=anna, stage=Stage.FOLLOW_UP)
    close_case(closed, on=timezone.localdate(), note="Cele osiągnięte.", version=closed.version, by=anna.user)

    assert set(Case.objects.worked_on_by(anna.user)) == {coordinated, helped, closed}
    assert set(Case.objects.in_hands_of(anna.user)) == {coordinated, helped}

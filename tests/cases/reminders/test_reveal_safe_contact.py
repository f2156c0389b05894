"""The address is shown only on request, and the request is on record."""

from __future__ import annotations

import uuid

from django.urls import reverse

from audit.models import AuditEntry
from cases.reminders.services import withdraw_safe_contact
from tests.cases.reminders.conftest import ADDRESS


def reveal(client, case, member, **headers):
    url = reverse("cases:reveal_safe_contact", args=[case.uuid, member.uuid])
    return client.post(url, {"once": str(uuid.uuid4())}, headers=headers)


def test_asking_shows_it_and_is_on_record(safe, annas_case, maria, anna, sign_in):
    assert ADDRESS in reveal(sign_in(anna), annas_case, maria).content.decode()

    entry = AuditEntry.objects.get(action="cases.reveal_safe_contact")
    assert (entry.actor, entry.object_uuid) == (anna.user, safe.uuid)
    assert ADDRESS not in str(entry.details)


def test_htmx_gets_the_address_alone(safe, annas_case, maria, anna, sign_in):
    page = reveal(sign_in(anna), annas_case, maria, hx_request="true").content.decode()

    assert ADDRESS in page
    assert "<html" not in page


def test_one_that_is_withdrawn_is_shown_no_more(safe, annas_case, maria, anna, sign_in):
    withdraw_safe_contact(annas_case, maria, by=anna.user)

    assert reveal(sign_in(anna), annas_case, maria).status_code == 404


def test_a_therapist_of_the_team_does_not_get_it(safe, annas_case, maria, piotr, sign_in):
    assert reveal(sign_in(piotr), annas_case, maria).status_code == 404

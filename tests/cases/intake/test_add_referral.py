"""Entering a request for help."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.intake.models import Referral


def typed(**changes: object) -> dict[str, object]:
    return {
        "once": str(uuid.uuid4()),
        "source": "school",
        "received_on": timezone.localdate().isoformat(),
        "contact_first_name": "Łucja",
        "contact_last_name": "Świątek-Próbna",
        "contact_role": "mother",
        "contact_phone": "12 421 92 82",
        "family_label": "",
        "adults": "2",
        "children": "1",
        "district": "13",
        "concern": "Dane zmyślone.",
    } | changes


@pytest.fixture
def send(sign_in, anna, wodna):
    client = sign_in(anna)
    return lambda **changes: client.post(reverse("cases:add_referral"), typed(centre=wodna.pk) | changes, follow=False)


def test_it_is_saved_new_and_recorded(send, anna):
    response = send()

    referral = Referral.objects.get()
    assert response.status_code == 302
    assert response.url == referral.get_absolute_url()
    assert referral.status == Referral.Status.NEW
    assert referral.family_label == "Rodzina: Świątek-Próbna"
    assert referral.contact_phone == "+48124219282"
    assert referral.created_by == anna
    assert AuditEntry.objects.filter(action="cases.enter_referral", object_uuid=referral.uuid).exists()


def test_what_the_family_needs_is_unreadable_in_the_database(send):
    send(concern="Tajne słowo")

    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT concern, contact_phone FROM cases_referral")
        row = cursor.fetchone()
    assert "Tajne" not in row[0]
    assert "4219282" not in row[1]


def test_a_double_click_makes_one_referral_and_one_answer(send):
    once = str(uuid.uuid4())

    first, second = send(once=once), send(once=once)

    assert Referral.objects.count() == 1
    assert first.url == second.url


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("received_on", "2999-01-01", "Podaj rok"),
        ("received_on", "wczoraj", "datę"),
        ("source", "księżyc", "Wybierz"),
        ("contact_phone", "12", "numer"),
        ("contact_first_name", "", "wymagane"),
        ("adults", "-1", "0"),
        ("adults", "9" * 30, ""),
        ("centre", "999999", ""),
        ("concern", "\x00x", ""),
    ],
)
def test_bad_input_is_answered_beside_the_field_and_nothing_typed_is_lost(send, field, value, sentence):
    response = send(**{field: value, "family_label": "Rodzina do zachowania"})

    assert response.status_code == 200
    assert not Referral.objects.exists()
    form = response.context["form"]
    assert field in form.errors
    assert sentence in " ".join(form.errors[field])
    assert "Rodzina do zachowania" in response.content.decode()


def test_nobody_in_the_family_is_refused(send):
    response = send(adults="0", children="0")

    assert response.context["form"].has_error("adults", "nobody")


def test_a_form_without_its_token_saves_nothing(send):
    response = send(once="")

    assert response.status_code == 200
    assert not Referral.objects.exists()
    assert "Łucja" in response.content.decode()


def test_tomorrow_is_refused(send):
    tomorrow = timezone.localdate() + dt.timedelta(days=1)

    response = send(received_on=tomorrow.isoformat())

    assert response.context["form"].has_error("received_on", "future")


def test_only_ones_own_centre_is_offered(sign_in, anna, krakowiakow):
    response = sign_in(anna).post(reverse("cases:add_referral"), typed(centre=krakowiakow.pk))

    assert "centre" in response.context["form"].errors
    assert not Referral.objects.exists()


def test_a_therapist_may_not_enter_one(sign_in, piotr):
    assert sign_in(piotr).get(reverse("cases:add_referral")).status_code == 403

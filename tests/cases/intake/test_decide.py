"""Declining, withdrawing, redirecting; what two people at once may not do."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from cases.intake.models import Referral
from cases.intake.services import (
    IntakeError,
    decline_referral,
    edit_referral,
    redirect_referral,
    withdraw_referral,
)
from foundation.forms import Stale


def test_declining_keeps_reason_day_and_person(referral, anna):
    declined = decline_referral(referral, version=1, reason="Mieszka poza Krakowem", by=anna.user)

    assert declined.status == Referral.Status.DECLINED
    assert declined.reason == "Mieszka poza Krakowem"
    assert declined.decided_by == anna
    assert declined.decided_on is not None


def test_a_second_decision_is_refused(referral, anna):
    withdraw_referral(referral, version=1, reason="Rezygnuje", by=anna.user)

    with pytest.raises(IntakeError) as error:
        decline_referral(referral, version=2, reason="Nie", by=anna.user)

    assert error.value.code == "decided"


def test_redirecting_makes_a_new_one_there_with_the_same_day_of_receipt(referral, krakowiakow, anna):
    there = redirect_referral(referral, version=1, centre=krakowiakow, reason="Dzieci", by=anna.user)

    referral.refresh_from_db()
    assert referral.redirected_to == krakowiakow
    assert there.centre == krakowiakow
    assert there.received_on == referral.received_on
    assert there.status == Referral.Status.NEW
    assert there.contact_phone == referral.contact_phone


def test_redirecting_to_the_same_centre_is_refused(referral, wodna, anna):
    with pytest.raises(IntakeError) as error:
        redirect_referral(referral, version=1, centre=wodna, reason="?", by=anna.user)

    assert error.value.code == "same_centre"


def test_a_lost_race_is_refused(referral, anna):
    edit_referral(referral, version=1, by=anna.user, adults=3)

    with pytest.raises(Stale):
        edit_referral(referral, version=1, by=anna.user, adults=4)


def test_the_page_after_a_lost_race_shows_both_texts(referral, anna, sign_in):
    client = sign_in(anna)
    form = client.get(reverse("cases:edit_referral", args=[referral.uuid])).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {"family_label": "Rodzina moja"}
    typed["received_on"] = referral.received_on.isoformat()
    edit_referral(referral, version=1, by=anna.user, family_label="Rodzina cudza")

    response = client.post(reverse("cases:edit_referral", args=[referral.uuid]), typed)

    page = response.content.decode()
    assert "Rodzina moja" in page
    assert "Rodzina cudza" in page
    typed |= {"version": response.context["form"]["version"].value(), "once": str(uuid.uuid4())}
    assert client.post(reverse("cases:edit_referral", args=[referral.uuid]), typed).status_code == 302
    referral.refresh_from_db()
    assert referral.family_label == "Rodzina moja"


def test_somebody_of_another_centre_sees_nothing(referral, ewa, sign_in):
    client = sign_in(ewa)

    assert client.get(referral.get_absolute_url()).status_code == 404
    assert "Świątek" not in client.get(reverse("cases:referrals") + "?status=all").content.decode()


def test_reading_is_recorded(referral, anna, sign_in):
    from audit.models import AuditEntry

    sign_in(anna).get(referral.get_absolute_url())

    assert AuditEntry.objects.filter(action="cases.read_referral", actor=anna.user).count() == 1


@pytest.mark.parametrize(
    "page", ["edit_referral", "accept_referral", "decline_referral", "withdraw_referral", "redirect_referral"]
)
def test_no_form_is_opened_once_it_is_decided(referral, anna, sign_in, page):
    withdraw_referral(referral, version=1, reason="Rezygnuje", by=anna.user)

    response = sign_in(anna).get(reverse(f"cases:{page}", args=[referral.uuid]))

    assert response.status_code == 302
    assert response["Location"] == referral.get_absolute_url()


def test_a_decision_of_somebody_else_keeps_what_was_typed(referral, anna, sign_in):
    client = sign_in(anna)
    form = client.get(reverse("cases:edit_referral", args=[referral.uuid])).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {"family_label": "Rodzina moja"}
    typed["received_on"] = referral.received_on.isoformat()
    withdraw_referral(referral, version=1, reason="Rezygnuje", by=anna.user)

    response = client.post(reverse("cases:edit_referral", args=[referral.uuid]), typed)

    assert response.status_code == 200
    assert "Rodzina moja" in response.content.decode()
    referral.refresh_from_db()
    assert referral.family_label == "Rodzina Świątek"

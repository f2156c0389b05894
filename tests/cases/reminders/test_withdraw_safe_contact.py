"""Withdrawing is one click, and it counts everywhere: what is unsafe in one case is unsafe in the other."""

from __future__ import annotations

import uuid

from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.casefile.services import close_case
from cases.people.models import FamilyMember
from cases.reminders.models import SafeContact
from cases.reminders.services import mark_safe_contact, withdraw_safe_contact
from tests.cases.reminders.conftest import ADDRESS
from tests.cases.sessions.conftest import NOW


def withdraw(client, case, member):
    url = reverse("cases:withdraw_safe_contact", args=[case.uuid, member.uuid])
    return client.post(url, {"once": str(uuid.uuid4())}, follow=True)


def test_one_click_withdraws_and_the_history_stays(safe, annas_case, maria, marek, sign_in):
    response = withdraw(sign_in(marek), annas_case, maria)

    safe.refresh_from_db()
    assert (safe.withdrawn_by, safe.withdrawn_at) == (marek, NOW)
    page = response.content.decode()
    assert "Adres jest wycofany. Do tej osoby nic więcej nie zostanie wysłane." in page
    assert "Wcześniejsze adresy" in page
    assert ADDRESS not in page


def test_it_is_on_record_without_the_address(safe, annas_case, maria, marek, sign_in):
    withdraw(sign_in(marek), annas_case, maria)

    entry = AuditEntry.objects.get(action="cases.withdraw_safe_contact")
    assert (entry.actor, entry.object_uuid) == (marek.user, safe.uuid)
    case = str(annas_case.uuid)
    assert entry.details == {"person": str(maria.person.uuid), "case": case, "asked_in": case}


def test_a_second_click_changes_nothing(safe, annas_case, maria, anna, marek, sign_in):
    withdraw(sign_in(marek), annas_case, maria)

    assert withdraw(sign_in(anna), annas_case, maria).status_code == 200
    safe.refresh_from_db()
    assert safe.withdrawn_by == marek
    assert AuditEntry.objects.filter(action="cases.withdraw_safe_contact").count() == 1


def test_it_needs_no_click_on_a_link_to_be_done(safe, annas_case, maria, anna, sign_in):
    url = reverse("cases:withdraw_safe_contact", args=[annas_case.uuid, maria.uuid])

    assert sign_in(anna).get(url).status_code == 405
    safe.refresh_from_db()
    assert safe.withdrawn_at is None


def test_afterwards_another_address_may_be_marked(safe, annas_case, maria, anna):
    withdraw_safe_contact(annas_case, maria, by=anna.user)

    mark_safe_contact(annas_case, maria, address="inny@poczta.example", by=anna.user)

    assert SafeContact.objects.current().get().address == "inny@poczta.example"


def test_it_withdraws_the_addresses_of_other_cases_too_and_tells_neither_of_the_other(
    safe, annas_case, maria, make_case, krakowiakow, anna, ewa, sign_in
):
    other = make_case(krakowiakow, "Rodzina Druga", coordinator=ewa)
    there = FamilyMember.objects.create(family=other.family, person=maria.person, role="mother")
    mark_safe_contact(other, there, address="druga@poczta.example", by=ewa.user)
    hers = sign_in(ewa).get(reverse("cases:mark_safe_contact", args=[other.uuid, there.uuid])).content.decode()
    assert "Anna Przykład" not in hers

    withdraw_safe_contact(annas_case, maria, by=anna.user)

    assert not SafeContact.objects.current().exists()
    hers = sign_in(ewa).get(reverse("cases:mark_safe_contact", args=[other.uuid, there.uuid])).content.decode()
    assert "Wycofano" in hers
    assert "Anna Przykład" not in hers
    assert annas_case.number not in hers


def test_it_can_be_done_in_a_closed_case(safe, annas_case, maria, anna, sign_in):
    close_case(annas_case, on=timezone.localdate(), note="Koniec", version=1, by=anna.user)

    withdraw(sign_in(anna), annas_case, maria)

    assert not SafeContact.objects.current().exists()

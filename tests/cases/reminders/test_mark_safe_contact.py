"""An address is kept only after somebody has said that nobody else reads it, and it stays hidden."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.casefile.services import close_case
from cases.people.services import add_person, end_membership
from cases.reminders.models import SafeContact
from cases.reminders.services import mark_safe_contact
from tests.cases.reminders.conftest import ADDRESS
from tests.cases.sessions.conftest import NOW

HALF_A_YEAR_LATER = NOW.astimezone(dt.UTC) + dt.timedelta(days=183)


def url_of(case, member):
    return reverse("cases:mark_safe_contact", args=[case.uuid, member.uuid])


def typed(**changes):
    return {
        "once": str(uuid.uuid4()),
        "address": ADDRESS,
        "nobody_else_reads": "on",
        "wants_reminders": "on",
    } | changes


def test_the_coordinator_marks_it_after_saying_both_things(annas_case, maria, anna, sign_in):
    response = sign_in(anna).post(url_of(annas_case, maria), typed(), follow=True)

    contact = SafeContact.objects.get()
    assert (contact.address, contact.person, contact.case) == (ADDRESS, maria.person, annas_case)
    assert (contact.marked_by, contact.marked_at) == (anna, NOW)
    page = response.content.decode()
    assert "Adres jest zapisany jako bezpieczny." in page
    assert "Anna Przykład" in page


def test_the_head_of_centre_may_too(annas_case, maria, marek, sign_in):
    assert sign_in(marek).post(url_of(annas_case, maria), typed()).status_code == 302


def test_a_mistyped_address_is_answered_as_the_portal_speaks(annas_case, maria, anna, sign_in):
    response = sign_in(anna).post(url_of(annas_case, maria), typed(address="maria@"))
    assert response.context["form"].errors["address"] == ["Wpisz poprawny adres e-mail."]


@pytest.mark.parametrize("who", ["piotr", "ewa", "clara", "jan", "iga", "adam"])
def test_nobody_else_may_and_they_are_told_nothing(who, request, annas_case, maria, sign_in):
    client = sign_in(request.getfixturevalue(who))

    assert client.get(url_of(annas_case, maria)).status_code == 404
    assert client.post(url_of(annas_case, maria), typed()).status_code == 404
    assert not SafeContact.objects.exists()


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("nobody_else_reads", "Bez tego nic tam wysłać nie wolno. Najpierw zapytaj tę osobę, bez świadków."),
        ("wants_reminders", "Bez zgody tej osoby adresu się nie zapisuje."),
    ],
)
def test_without_one_of_the_confirmations_nothing_is_kept(annas_case, maria, anna, sign_in, missing, words):
    data = typed()
    del data[missing]

    response = sign_in(anna).post(url_of(annas_case, maria), data)

    assert words in response.content.decode()
    assert f'value="{ADDRESS}"' in response.content.decode()  # what was typed stays
    assert not SafeContact.objects.exists()


@pytest.mark.parametrize(
    "address", ["", "maria", "maria@", "a@b@c.example", f"{'m' * 250}@poczta.example", "m\x00@x.pl"]
)
def test_bad_input_is_answered_beside_the_field(annas_case, maria, anna, sign_in, address):
    response = sign_in(anna).post(url_of(annas_case, maria), typed(address=address))

    assert response.status_code == 200
    assert "address" in response.context["form"].errors


def test_the_stored_address_is_encrypted(safe):
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, address_hash FROM cases_safecontact")
        row = cursor.fetchone()

    assert row[0].startswith("v1:")
    assert ADDRESS not in "".join(row)


def test_it_is_on_record_without_the_address(safe, anna):
    entry = AuditEntry.objects.get(action="cases.mark_safe_contact")

    assert (entry.actor, entry.object_uuid) == (anna.user, safe.uuid)
    assert entry.details == {"person": str(safe.person.uuid), "case": str(safe.case.uuid)}


def test_no_page_shows_it_unasked(safe, annas_case, maria, anna, sign_in):
    client = sign_in(anna)
    edit = reverse("cases:edit_person", args=[annas_case.uuid, maria.uuid])

    for url in (annas_case.get_absolute_url(), edit, url_of(annas_case, maria)):
        assert ADDRESS not in client.get(url).content.decode()
    assert f'href="{url_of(annas_case, maria)}"' in client.get(annas_case.get_absolute_url()).content.decode()


def test_opening_the_page_is_on_record(annas_case, maria, anna, sign_in):
    sign_in(anna).get(url_of(annas_case, maria))

    assert AuditEntry.objects.filter(action="cases.read_person", object_uuid=maria.person.uuid).count() == 1


def test_the_page_says_that_nothing_is_sent_while_reminders_are_off(annas_case, maria, anna, sign_in):
    page = sign_in(anna).get(url_of(annas_case, maria)).content.decode()

    assert "Wysyłanie przypomnień jest w tym portalu wyłączone." in page
    assert "Adres można zapisać, ale nic nie zostanie wysłane." in page


def test_the_page_does_not_say_so_while_they_are_on(switched_on, annas_case, maria, anna, sign_in):
    assert "wyłączone" not in sign_in(anna).get(url_of(annas_case, maria)).content.decode()


def test_the_page_shows_what_will_be_sent(annas_case, maria, anna, sign_in):
    page = sign_in(anna).get(url_of(annas_case, maria)).content.decode()

    assert "przypominamy o umówionym terminie: poniedziałek, 23 listopada, godz. 16:00." in page


def test_a_child_has_none(annas_case, zofia, anna, sign_in):
    client = sign_in(anna)
    with pytest.raises(ValidationError) as error:
        mark_safe_contact(annas_case, zofia, address=ADDRESS, by=anna.user)

    assert error.value.code == "not_adult"
    page = client.get(url_of(annas_case, zofia)).content.decode()
    assert "Przypomnienia e-mailem dostają tylko osoby dorosłe" in page
    assert 'name="address"' not in page
    assert url_of(annas_case, zofia) not in client.get(annas_case.get_absolute_url()).content.decode()


def test_nor_has_somebody_whose_age_is_not_known(annas_case, anna):
    member = add_person(
        annas_case.family, role="guardian", by=anna.user, first_name="Jan", last_name="P", no_pesel_reason="?"
    )

    with pytest.raises(ValidationError) as error:
        mark_safe_contact(annas_case, member, address=ADDRESS, by=anna.user)
    assert error.value.code == "not_adult"


def test_the_eighteenth_birthday_is_the_first_day(annas_case, zofia, anna):
    zofia.person.birth_date = dt.date(2008, 11, 23)
    zofia.person.save()

    with pytest.raises(ValidationError):
        mark_safe_contact(annas_case, zofia, address=ADDRESS, by=anna.user)
    with time_machine.travel(NOW + dt.timedelta(days=1), tick=False):
        assert mark_safe_contact(annas_case, zofia, address=ADDRESS, by=anna.user)


def test_nor_who_has_left_the_family(annas_case, maria, anna, sign_in):
    end_membership(maria, to_on=timezone.localdate(), by=anna.user)

    with pytest.raises(ValidationError) as error:
        mark_safe_contact(annas_case, maria, address=ADDRESS, by=anna.user)
    assert error.value.code == "not_family"
    assert "nie należy już do rodziny" in sign_in(anna).get(url_of(annas_case, maria)).content.decode()


def test_a_closed_case_takes_none(annas_case, maria, anna, sign_in):
    close_case(annas_case, on=timezone.localdate(), note="Koniec", version=1, by=anna.user)

    response = sign_in(anna).post(url_of(annas_case, maria), typed())

    assert "Ta sprawa jest zamknięta." in response.content.decode()
    assert not SafeContact.objects.exists()


def test_a_second_address_needs_the_first_to_be_withdrawn(safe, annas_case, maria, anna, sign_in):
    client = sign_in(anna)

    assert 'name="address"' not in client.get(url_of(annas_case, maria)).content.decode()
    page = client.post(url_of(annas_case, maria), typed(address="inny@poczta.example")).content.decode()

    assert "Jest już zapisany adres. Zanim zapiszesz inny, wycofaj go." in page
    assert SafeContact.objects.get().address == ADDRESS


def test_the_database_itself_keeps_one_current_address(safe, anna):
    with pytest.raises(IntegrityError), transaction.atomic():
        SafeContact.objects.create(
            person=safe.person, case=safe.case, address="inny@poczta.example", address_hash="x", marked_by=anna
        )


def test_a_mailbox_of_two_people_is_safe_for_neither(safe, annas_case, anna):
    father = add_person(
        annas_case.family,
        role="father",
        by=anna.user,
        first_name="Jan",
        last_name="P",
        birth_date=dt.date(1980, 1, 1),
        no_pesel_reason="?",
    )

    with pytest.raises(ValidationError) as error:
        mark_safe_contact(annas_case, father, address=ADDRESS.upper(), by=anna.user)
    assert "czyta go więcej niż jedna osoba" in " ".join(error.value.messages)


def test_after_half_a_year_it_has_to_be_asked_anew(safe, annas_case, maria, anna, sign_in):
    with time_machine.travel(HALF_A_YEAR_LATER - dt.timedelta(minutes=1), tick=False):
        assert "zapisany jako bezpieczny" in sign_in(anna).get(url_of(annas_case, maria)).content.decode()
    with time_machine.travel(HALF_A_YEAR_LATER, tick=False):
        client = sign_in(anna)
        page = client.get(url_of(annas_case, maria)).content.decode()
        assert "Pod ten adres nic już nie jest wysyłane: minęło pół roku." in page
        assert client.post(url_of(annas_case, maria), typed()).status_code == 302

    first, second = SafeContact.objects.order_by("id")
    assert (first.withdrawn_by, first.withdrawn_at) == (anna, HALF_A_YEAR_LATER)
    assert second.withdrawn_at is None


def test_a_double_click_marks_once(annas_case, maria, anna, sign_in):
    client, data = sign_in(anna), typed()

    for _ in range(2):
        assert client.post(url_of(annas_case, maria), data).status_code == 302
    assert SafeContact.objects.count() == 1


def test_a_member_of_another_family_is_not_found_through_this_case(annas_case, make_case, krakowiakow, anna, sign_in):
    theirs = make_case(krakowiakow, "Rodzina Druga").family.members.first()
    client = sign_in(anna)

    for name in ("mark_safe_contact", "withdraw_safe_contact", "reveal_safe_contact"):
        url = reverse(f"cases:{name}", args=[annas_case.uuid, theirs.uuid])
        assert client.post(url, typed()).status_code == 404


def test_the_address_of_somebody_who_works_here_is_nobody_s_safe_one(annas_case, maria, anna, ewa):
    for address in (ewa.user.email, ewa.user.email.upper()):
        with pytest.raises(ValidationError) as error:
            mark_safe_contact(annas_case, maria, address=address, by=anna.user)
        assert error.value.code == "of_staff"

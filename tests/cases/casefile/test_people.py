"""Who belongs to the family: adding, correcting, leaving, and the PESEL that is shown only on request."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.people.models import FamilyRole, Person
from cases.people.services import PeopleError, add_person, doubts_about

PESEL = "44051401359"  # the example of A4


def typed(**changes: object) -> dict[str, object]:
    return {
        "once": str(uuid.uuid4()),
        "first_name": "Jan",
        "last_name": "Przykładowy",
        "role": "grandfather",
        "birth_date": "",
        "sex": "",
        "pesel": PESEL,
        "no_pesel_reason": "",
        "phone": "",
    } | changes


def test_birth_date_and_sex_come_from_the_pesel(annas_case, anna, sign_in):
    response = sign_in(anna).post(reverse("cases:add_person", args=[annas_case.uuid]), typed())

    assert response.status_code == 302
    person = Person.objects.get(first_name="Jan")
    assert person.birth_date == dt.date(1944, 5, 14)
    assert person.sex == "m"


def test_the_pesel_is_masked_until_asked_for_and_asking_is_recorded(annas_case, anna, sign_in):
    member = add_person(
        annas_case.family, role=FamilyRole.GRANDFATHER, by=anna.user, first_name="Jan", last_name="P", pesel=PESEL
    )
    client = sign_in(anna)

    assert PESEL not in client.get(annas_case.get_absolute_url()).content.decode()
    shown = client.post(
        reverse("cases:reveal_pesel", args=[annas_case.uuid, member.uuid]), {"once": str(uuid.uuid4())}
    )

    assert PESEL in shown.content.decode()
    assert AuditEntry.objects.filter(action="cases.reveal_pesel", object_uuid=member.person.uuid).count() == 1


def test_a_different_birth_date_is_a_doubt_and_not_an_error(annas_case, anna):
    member = add_person(
        annas_case.family,
        role=FamilyRole.GRANDFATHER,
        by=anna.user,
        first_name="Jan",
        last_name="P",
        pesel=PESEL,
        birth_date=dt.date(1950, 1, 1),
        sex="f",
    )

    assert len(doubts_about(member.person)) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pesel": "44051401358"}, "pesel"),
        ({"pesel": "4405140135"}, "pesel"),
        ({"pesel": "", "no_pesel_reason": ""}, "no_pesel_reason"),
        ({"no_pesel_reason": "po co?"}, "no_pesel_reason"),
        ({"birth_date": "2999-01-01"}, "birth_date"),
        ({"role": "kuzyn"}, "role"),
        ({"first_name": "x" * 61}, "first_name"),
    ],
)
def test_bad_input_is_answered_beside_the_field(annas_case, anna, sign_in, changes, field):
    response = sign_in(anna).post(reverse("cases:add_person", args=[annas_case.uuid]), typed(**changes))

    assert response.status_code == 200
    assert field in response.context["form"].errors


def test_one_person_may_belong_to_two_families(annas_case, make_case, krakowiakow, anna, ewa):
    other = make_case(krakowiakow, "Rodzina Druga", coordinator=ewa)
    facts: dict[str, Any] = {"first_name": "Jan", "last_name": "Przykładowy", "pesel": PESEL}

    here = add_person(annas_case.family, role=FamilyRole.FATHER, by=anna.user, **facts)
    there = add_person(other.family, role=FamilyRole.FATHER, by=ewa.user, **facts)

    assert here.person == there.person


def test_a_known_pesel_under_another_name_is_refused(annas_case, anna):
    add_person(annas_case.family, role="father", by=anna.user, first_name="Jan", last_name="A", pesel=PESEL)

    with pytest.raises(PeopleError) as error:
        add_person(annas_case.family, role="father", by=anna.user, first_name="Adam", last_name="B", pesel=PESEL)

    assert error.value.code == "other_name"


def test_who_has_left_is_no_longer_listed_or_found(annas_case, anna, sign_in):
    member = add_person(
        annas_case.family, role="son", by=anna.user, first_name="Żegota", last_name="Odszedł", no_pesel_reason="?"
    )
    client = sign_in(anna)

    response = client.post(
        reverse("cases:end_membership", args=[annas_case.uuid, member.uuid]),
        {"once": str(uuid.uuid4()), "to_on": member.from_on.isoformat()},
    )

    assert response.status_code == 302
    assert "Żegota" not in client.get(annas_case.get_absolute_url()).content.decode()
    annas_case.family.refresh_from_db()
    assert "zegota" not in annas_case.family.search_text


def test_a_member_of_another_family_is_not_found_through_this_case(annas_case, make_case, krakowiakow, anna, sign_in):
    theirs = make_case(krakowiakow, "Rodzina Druga").family.members.first()
    client = sign_in(anna)

    for name in ("edit_person", "end_membership"):
        assert client.get(reverse(f"cases:{name}", args=[annas_case.uuid, theirs.uuid])).status_code == 404
    assert client.post(reverse("cases:reveal_pesel", args=[annas_case.uuid, theirs.uuid])).status_code == 404


def test_the_form_does_not_show_the_pesel_and_leaving_it_empty_keeps_it(annas_case, anna, sign_in):
    member = add_person(
        annas_case.family,
        role="father",
        by=anna.user,
        first_name="Jan",
        last_name="P",
        pesel=PESEL,
        phone="+48100000001",
    )
    client, url = sign_in(anna), reverse("cases:edit_person", args=[annas_case.uuid, member.uuid])

    assert PESEL not in client.get(url).content.decode()
    response = client.post(url, typed(last_name="Nowe", pesel="", role="father", version=1))

    assert response.status_code == 302
    person = Person.objects.get(pk=member.person_id)
    assert (person.last_name, person.pesel) == ("Nowe", PESEL)


def test_a_reason_takes_a_mistaken_pesel_away(annas_case, anna, sign_in):
    member = add_person(annas_case.family, role="father", by=anna.user, first_name="Jan", last_name="P", pesel=PESEL)
    url = reverse("cases:edit_person", args=[annas_case.uuid, member.uuid])

    sign_in(anna).post(url, typed(pesel="", no_pesel_reason="pomyłka", role="father", version=1))

    person = Person.objects.get(pk=member.person_id)
    assert (person.pesel, person.pesel_hash) == ("", "")


def test_correcting_a_person_keeps_the_search_true(annas_case, anna, sign_in):
    member = annas_case.family.members.first()
    changes = typed(
        first_name="Świętosława", last_name="Zażółć", role="mother", pesel="", no_pesel_reason="brak", version=1
    )

    response = sign_in(anna).post(reverse("cases:edit_person", args=[annas_case.uuid, member.uuid]), changes)

    assert response.status_code == 302
    annas_case.family.refresh_from_db()
    assert "swietoslawa zazolc" in annas_case.family.search_text


def test_the_page_of_leaving_says_who_leaves(annas_case, anna, sign_in):
    member = annas_case.family.members.get(person__first_name="Maria")
    page = sign_in(anna).get(reverse("cases:end_membership", args=[annas_case.uuid, member.uuid])).content.decode()
    assert f"<b>{member.person}</b>" in page

"""The page of one case: for whom it opens, what it shows, what it costs."""

from __future__ import annotations

import uuid

from django.urls import reverse

from audit.models import AuditEntry
from cases.casefile.services import add_care_team_member, put_on_waitlist, record_diagnosis
from cases.people.models import FamilyMember, Person


def test_it_opens_for_those_who_work_with_the_family(annas_case, anna, marek, clara, sign_in):
    for person in (anna, marek, clara):
        assert sign_in(person).get(annas_case.get_absolute_url()).status_code == 200


def test_strangers_learn_nothing_and_the_denial_is_recorded(annas_case, ewa, jan, iga, adam, piotr, sign_in):
    for person in (ewa, jan, iga, adam, piotr):
        response = sign_in(person).get(annas_case.get_absolute_url())
        unknown = sign_in(person).get(reverse("cases:case", args=[uuid.uuid4()]))

        assert response.status_code == unknown.status_code == 404
        assert response.content == unknown.content
        assert AuditEntry.objects.filter(action="accounts.denied", actor=person.user).count() == 2


def test_every_opening_is_on_record(annas_case, anna, sign_in):
    client = sign_in(anna)
    client.get(annas_case.get_absolute_url())
    client.get(annas_case.get_absolute_url())

    assert AuditEntry.objects.filter(action="cases.read_case", object_uuid=annas_case.uuid).count() == 2


def test_at_most_eight_statements_however_large_the_family(annas_case, anna, piotr, sign_in, own_queries):
    client = sign_in(anna)
    add_care_team_member(annas_case, piotr, by=anna.user)
    client.get(annas_case.get_absolute_url())
    counts = []
    for _ in range(2):
        for number in range(5):
            person = Person.objects.create(first_name=f"Osoba{number}")
            FamilyMember.objects.create(family=annas_case.family, person=person, role="other")
        with own_queries() as made:
            client.get(annas_case.get_absolute_url())
        counts.append(len(made))

    assert counts[0] == counts[1]
    assert counts[1] <= 8, "\n".join(made)


def test_the_next_step_stands_on_the_page(annas_case, anna, piotr, sign_in):
    client = sign_in(anna)
    assert "Zapisz diagnozę" in client.get(annas_case.get_absolute_url()).content.decode()

    case = record_diagnosis(
        annas_case, diagnosed_on=annas_case.received_on, diagnosed_by=piotr, version=1, by=anna.user
    )
    page = client.get(case.get_absolute_url()).content.decode()

    assert "Rozpocznij terapię" in page
    assert "Wpisz na listę oczekujących" in page


def test_who_only_reads_is_offered_no_steps(annas_case, clara, sign_in):
    page = sign_in(clara).get(annas_case.get_absolute_url()).content.decode()

    assert "Zapisz diagnozę" not in page
    assert "Dodaj osobę" not in page


def test_the_history_tells_stages_people_and_coordinators(annas_case, anna, piotr, sign_in):
    record_diagnosis(annas_case, diagnosed_on=annas_case.received_on, diagnosed_by=piotr, version=1, by=anna.user)
    add_care_team_member(annas_case, piotr, by=anna.user)

    page = sign_in(anna).get(reverse("cases:case_history", args=[annas_case.uuid])).content.decode()

    for words in ("Wpłynęło zgłoszenie", "Etap: Plan wsparcia", "Koordynator: Anna Przykład", "Piotr Próbny"):
        assert words in page


def test_the_waiting_list_is_ordered_by_the_referral(make_case, wodna, anna, piotr, marek, sign_in):
    import datetime as dt

    from django.utils import timezone

    today = timezone.localdate()
    waiting = []
    for days in (30, 90, 60):
        case = make_case(wodna, f"Rodzina {days}", coordinator=anna, received_on=today - dt.timedelta(days=days))
        case = record_diagnosis(case, diagnosed_on=case.received_on, diagnosed_by=piotr, version=1, by=anna.user)
        waiting.append(put_on_waitlist(case, on=today, version=2, by=anna.user))

    response = sign_in(marek).get(reverse("cases:waitlist"))

    assert [row.case.number for row in response.context["rows"]] == [waiting[n].number for n in (1, 2, 0)]

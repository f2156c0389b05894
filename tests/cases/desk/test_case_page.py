"""The page of one case: for whom it opens, what it shows, what it costs."""

from __future__ import annotations

import datetime as dt
import uuid

from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.casefile.services import add_care_team_member, put_on_waitlist, record_diagnosis
from cases.people.models import FamilyMember, Person
from cases.sessions.group_models import GroupEnrolment
from tests.groups import make_group


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


def test_the_history_tells_who_waited_for_a_group_joined_and_left_it(annas_case, wodna, anna, piotr, sign_in):
    group = make_group(wodna, piotr)
    mother, daughter = [member.person for member in annas_case.family.members.order_by("id")]
    today = timezone.localdate()

    def ago(days: int) -> dt.date:
        return today - dt.timedelta(days=days)

    for person, asked, first, last, reason in (
        (mother, 40, 30, 10, "Nowa praca"),
        (daughter, 20, None, 5, "Już nie potrzebuje"),
        (daughter, 3, None, None, ""),
    ):
        GroupEnrolment.objects.create(
            group=group, case=annas_case, person=person, asked_on=ago(asked), from_on=ago(first) if first else None,
            to_on=ago(last) if last else None, leaving_reason=reason,
        )  # fmt: skip

    events = sign_in(anna).get(reverse("cases:case_history", args=[annas_case.uuid])).context["events"]

    told = [(event.on, str(event.words), event.detail) for event in events if group.name in str(event.words)]
    assert told == [
        (ago(3), f"Oczekiwanie na miejsce w grupie „{group}”: {daughter}", ""),
        (ago(5), f"Koniec oczekiwania na miejsce w grupie „{group}”: {daughter}", "Już nie potrzebuje"),
        (ago(10), f"Koniec udziału w grupie „{group}”: {mother}", "Nowa praca"),
        (ago(20), f"Oczekiwanie na miejsce w grupie „{group}”: {daughter}", ""),
        (ago(30), f"Miejsce w grupie „{group}”: {mother}", ""),
        (ago(40), f"Na liście grupy „{group}”: {mother}", ""),
    ]


def test_a_seat_promised_for_later_is_no_history_yet(annas_case, wodna, anna, piotr, sign_in):
    group = make_group(wodna, piotr)
    today = timezone.localdate()
    person = annas_case.family.members.order_by("id")[0].person
    soon, later = today + dt.timedelta(days=7), today + dt.timedelta(days=70)
    GroupEnrolment.objects.create(group=group, case=annas_case, person=person, from_on=soon, to_on=later)

    events = sign_in(anna).get(reverse("cases:case_history", args=[annas_case.uuid])).context["events"]

    assert [str(event.words) for event in events if group.name in str(event.words)] == [
        f"Na liście grupy „{group}”: {person}"
    ]


def test_the_waiting_list_is_ordered_by_the_referral(make_case, wodna, anna, piotr, marek, sign_in):
    today = timezone.localdate()
    waiting = []
    for days in (30, 90, 60):
        case = make_case(wodna, f"Rodzina {days}", coordinator=anna, received_on=today - dt.timedelta(days=days))
        case = record_diagnosis(case, diagnosed_on=case.received_on, diagnosed_by=piotr, version=1, by=anna.user)
        waiting.append(put_on_waitlist(case, on=today, version=2, by=anna.user))

    response = sign_in(marek).get(reverse("cases:waitlist"))

    assert [row.case.number for row in response.context["rows"]] == [waiting[n].number for n in (1, 2, 0)]

"""The list of cases: whose, in which order, and how many statements it takes."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.casefile.models import NO_DEADLINE, Case, Stage
from centres.models import Role

URL = "/cases/"


def numbers(response) -> list[str]:
    return [row.case.number for row in response.context["rows"]]


def test_the_nearest_deadline_comes_first(make_case, wodna, anna, sign_in):
    today = timezone.localdate()
    late = make_case(wodna, "Rodzina A", coordinator=anna, received_on=today - dt.timedelta(days=20))
    fresh = make_case(wodna, "Rodzina B", coordinator=anna, received_on=today)
    soon = make_case(wodna, "Rodzina C", coordinator=anna, received_on=today - dt.timedelta(days=10))

    assert numbers(sign_in(anna).get(URL)) == [late.number, soon.number, fresh.number]


def test_a_coordinator_sees_own_cases_first_and_the_centre_on_request(make_case, wodna, anna, annas_case, sign_in):
    other = make_case(wodna, "Rodzina Cudzych")
    client = sign_in(anna)

    assert numbers(client.get(URL)) == [annas_case.number]
    whole = client.get(URL + "?whose=all")

    assert set(numbers(whole)) == {annas_case.number, other.number}
    assert "Rodzina Cudzych" not in whole.content.decode()


def test_another_centre_sees_none_of_it(annas_case, ewa, sign_in):
    assert numbers(sign_in(ewa).get(URL + "?whose=all")) == []


def test_the_head_of_centre_sees_names(annas_case, marek, sign_in):
    assert annas_case.family.label in sign_in(marek).get(URL).content.decode()


def test_a_therapist_sees_cases_of_their_care_teams_only(annas_case, make_case, wodna, piotr, sign_in):
    make_case(wodna, "Rodzina Cudzych")
    annas_case.care_team.create(staff=piotr, from_on=annas_case.opened_on)

    assert numbers(sign_in(piotr).get(URL + "?whose=all")) == [annas_case.number]


def test_filters_by_stage_overdue_and_coordinator(make_case, make_staff, wodna, anna, marek, sign_in):
    today = timezone.localdate()
    basia = make_staff("Barbara", "Druga", Role.COORDINATOR, centre=wodna)
    late = make_case(wodna, "A", coordinator=anna, received_on=today - dt.timedelta(days=20))
    therapy = make_case(wodna, "B", coordinator=basia, stage=Stage.THERAPY)
    Case.objects.filter(pk=therapy.pk).update(next_deadline_on=NO_DEADLINE)
    client = sign_in(marek)

    assert numbers(client.get(URL + "?stage=therapy")) == [therapy.number]
    assert numbers(client.get(URL + "?overdue=1")) == [late.number]
    assert numbers(client.get(URL + f"?whose=all&coordinator={basia.uuid}")) == [therapy.number]


@pytest.mark.parametrize(
    "query", ["?stage=ksiezyc", "?coordinator=x", "?overdue=tak", "?whose=nikogo", "?unresolved=%00", "?stage=%F0%9F"]
)
def test_a_malformed_filter_counts_as_not_asked(annas_case, anna, sign_in, query):
    assert numbers(sign_in(anna).get(URL + query)) == [annas_case.number]


@pytest.mark.parametrize("cursor", ["x", "%00", "a" * 5000, "eyJhIjoxfQ"])
def test_a_forged_cursor_is_a_bad_request(annas_case, anna, sign_in, cursor):
    assert sign_in(anna).get(URL + f"?cursor={cursor}").status_code == 400


def test_pages_hold_fifty_and_lose_nobody(many_cases, anna, sign_in):
    many_cases(107)
    client = sign_in(anna)

    seen, cursor = [], ""
    while cursor is not None:
        response = client.get(URL + (f"?cursor={cursor}" if cursor else ""))
        seen += numbers(response)
        cursor = response.context["page"].next_cursor

    assert len(seen) == len(set(seen)) == 107


def test_at_most_six_statements_however_many_cases(many_cases, anna, sign_in, own_queries):
    client = sign_in(anna)
    counts = []
    for _ in range(2):
        many_cases(30)
        client.get(URL)
        with own_queries() as made:
            client.get(URL)
        counts.append(len(made))

    assert counts[0] == counts[1]
    assert counts[1] <= 6, "\n".join(made)


def test_closed_cases_are_out_of_sight_until_asked_for(annas_case, anna, marek, sign_in):
    from cases.casefile.services import close_case

    close_case(annas_case, on=annas_case.opened_on, note="Koniec", version=1, by=marek.user)
    client = sign_in(anna)

    assert numbers(client.get(URL)) == []
    assert numbers(client.get(URL + "?stage=closed")) == [annas_case.number]


def test_an_analyst_is_refused(jan, sign_in):
    assert sign_in(jan).get(URL).status_code == 403


def search(client, term):
    return client.post(reverse("cases:search"), {"q": term, "once": str(uuid.uuid4())})


@pytest.mark.parametrize("term", ["swiatek", "ŚWIĄTEK", "lukasz swiatek", "  Świątek ", "iatek"])
def test_search_ignores_case_and_diacritics(make_case, wodna, anna, sign_in, term):
    members = (("Łukasz", "Świątek", "father", None),)
    case = make_case(wodna, "Rodzina Świątków", coordinator=anna, members=members)

    assert numbers(search(sign_in(anna), term)) == [case.number]


def test_search_finds_number_phone_and_pesel(make_case, wodna, anna, sign_in):
    from cases.people.services import add_person

    case = make_case(wodna, "Rodzina X", coordinator=anna)
    add_person(
        case.family,
        role="father",
        by=anna.user,
        first_name="Jan",
        last_name="X",
        pesel="44051401359",
        phone="+48100000007",
    )
    client = sign_in(anna)

    for term in (case.number, case.number.lower(), "44051401359", "440514 01359", "100 000 007", "+48100000007"):
        assert numbers(search(client, term)) == [case.number], term


def test_search_never_tells_of_families_that_one_may_not_read(annas_case, ewa, sign_in):
    response = search(sign_in(ewa), "Przykład")

    assert numbers(response) == []


def test_a_colleague_finds_the_number_but_no_name(make_case, wodna, anna, sign_in):
    other = make_case(wodna, "Rodzina Cudzych")
    client = sign_in(anna)

    assert numbers(search(client, "Cudzych")) == []
    found = search(client, other.number)
    assert numbers(found) == [other.number]
    assert "Rodzina Cudzych" not in found.content.decode()


def test_what_was_typed_is_not_in_the_audit_log(annas_case, anna, sign_in):
    from audit.models import AuditEntry

    search(sign_in(anna), "Przykładowa")

    entry = AuditEntry.objects.get(action="cases.search")
    assert "Przyk" not in str(entry.details)
    assert entry.details["found"] == 1


@pytest.mark.parametrize("term", ["", "a", "%", "\x00", "'; DROP TABLE", "9" * 500, "😀😀"])
def test_strange_terms_find_nothing_and_break_nothing(annas_case, anna, sign_in, term):
    response = search(sign_in(anna), term)

    assert response.status_code == 200
    assert numbers(response) == []

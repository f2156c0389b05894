"""The list of groups, and one group's page."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from audit.models import AuditEntry
from cases.groups.services import edit_group
from cases.sessions.rules import SessionError
from cases.sessions.services import resolve_session
from centres.models import Role
from foundation.forms import Stale
from tests.cases.groups.conftest import meetings_of
from tests.cases.sessions.conftest import at, fields_of, people_of
from tests.cases.sessions.series_world import dates_of

pytestmark = pytest.mark.django_db


def test_coordinators_of_all_centres_see_where_a_seat_is_free(sign_in, group, enrol, ewa):
    enrol()
    page = sign_in(ewa).get(reverse("cases:groups"))
    (row,) = page.context["page"].items
    assert (row, row.taken_count, row.waiting_count) == (group, 1, 0)


def test_the_list_is_narrowed_by_centre_and_service(sign_in, group, anna):
    browser, url = sign_in(anna), reverse("cases:groups")
    assert browser.get(url, {"centre": "wodna", "service": group.service.slug}).context["page"].items == [group]
    assert browser.get(url, {"centre": "krakowiakow"}).context["page"].items == []
    nonsense = browser.get(url, {"centre": "x", "service": "y"})
    assert nonsense.context["page"].items == [group]
    assert "nie ma na liście takiego centrum" in nonsense.content.decode().lower()


def test_the_list_costs_the_same_for_one_group_and_for_many(
    sign_in, anna, make_group, group, django_assert_num_queries
):
    browser, url = sign_in(anna), reverse("cases:groups")
    browser.get(url)
    with django_assert_num_queries(7) as few:
        browser.get(url)
    for n in range(4):
        make_group(name=f"TUS {n}", time=dt.time(8 + 2 * n), minutes=60)
    with django_assert_num_queries(len(few)):
        assert len(browser.get(url).context["page"].items) == 5


def test_names_are_for_who_leads_it_for_the_head_and_for_who_reads_the_case(
    sign_in, group, enrol, ewas_case, ewa, anna, piotr, basia, marek, clara
):
    enrol()
    enrol(case=ewas_case, by=ewa.user)

    def named(staff):
        people = sign_in(staff).get(group.get_absolute_url()).context["people"]
        return [bool(one.name) for one in people.seated].count(True), people.hidden

    assert named(piotr) == named(basia) == named(marek) == named(clara) == (2, 0)
    assert named(anna) == named(ewa) == (1, 1)


def test_a_hidden_name_is_nowhere_on_the_page(sign_in, group, enrol, annas_case, ewa):
    enrol(persons=people_of(annas_case), from_on=None)
    page = sign_in(ewa).get(group.get_absolute_url()).content.decode()
    for secret in ("Przykładow", annas_case.number, str(annas_case.uuid)):
        assert secret not in page


def test_the_number_of_a_case_stands_where_its_header_may_be_seen(
    sign_in, group, enrol, annas_case, ewas_case, ewa, make_staff, wodna
):
    enrol(persons=people_of(annas_case))
    enrol(case=ewas_case, by=ewa.user)
    beata = make_staff("Beata", "Nowa", Role.COORDINATOR, centre=wodna)
    answer = sign_in(beata).get(group.get_absolute_url())
    listed = [(one.name, one.known_as) for one in answer.context["people"].seated]
    number = annas_case.number
    assert listed == [("", f"{number} (1)"), ("", f"{number} (2)"), ("", ewas_case.centre.place)]
    page = answer.content.decode()
    assert number in page
    assert f'href="{annas_case.get_absolute_url()}"' not in page
    assert ewas_case.number not in page
    assert "Przykładow" not in page


def test_hidden_names_stand_in_the_order_in_which_they_came_to_the_list(sign_in, group, enrol, annas_case, ewa):
    mother, daughter = people_of(annas_case)
    type(mother).objects.filter(pk=mother.pk).update(last_name="Żółta")
    enrol(persons=[mother])
    enrol(persons=[daughter])
    people = sign_in(ewa).get(group.get_absolute_url()).context["people"]
    assert [one.enrolment.person for one in people.seated] == [mother, daughter]


def test_the_page_says_how_many_came_to_a_meeting(sign_in, anna, piotr, group, enrol, annas_case):
    enrol(persons=people_of(annas_case))
    mother, daughter = people_of(annas_case)
    meeting = meetings_of(group)[0]
    came = {mother: "unexcused", daughter: "present"}
    with time_machine.travel(at("2026-11-24", "18:00"), tick=False):
        resolve_session(meeting, status="held", presences=came, version=meeting.version, by=piotr.user)
        assert "obecne osoby: 1 z 2" in sign_in(anna).get(group.get_absolute_url()).content.decode()


def test_opening_a_group_is_on_record(sign_in, group, anna):
    sign_in(anna).get(group.get_absolute_url())
    assert AuditEntry.objects.filter(action="cases.read_group", object_uuid=group.uuid).count() == 1


def test_the_page_costs_the_same_however_many_people(
    sign_in, anna, group, enrol, make_case, wodna, django_assert_num_queries
):
    enrol()
    browser = sign_in(anna)
    browser.get(group.get_absolute_url())
    with django_assert_num_queries(15) as few:
        browser.get(group.get_absolute_url())
    for n in range(3):
        enrol(case=make_case(wodna, f"Rodzina {n}", coordinator=anna, received_on=dt.date(2026, 11, 1)))
    with django_assert_num_queries(len(few)):
        browser.get(group.get_absolute_url())


def test_its_series_is_changed_extended_and_ended_by_the_centre_alone(sign_in, group, anna, marek, ewa, piotr):
    for name in ("edit_series", "prolong_series", "end_series"):
        url = reverse(f"cases:{name}", args=[group.series.uuid])
        for staff, status in ((anna, 200), (marek, 200), (ewa, 404), (piotr, 404)):
            assert sign_in(staff).get(url).status_code == status, name


def test_the_page_of_its_series_is_the_group_s(sign_in, group, anna):
    answer = sign_in(anna).get(reverse("cases:series", args=[group.series.uuid]))
    assert (answer.status_code, answer.url) == (302, group.get_absolute_url())


def test_meetings_added_later_expect_who_has_a_seat_then(sign_in, group, enrol, annas_case, anna):
    enrol()
    browser, url = sign_in(anna), reverse("cases:prolong_series", args=[group.series.uuid])
    first = browser.get(url)
    assert "spotkania grupy potrwają dłużej" in first.content.decode()
    assert "terapia jest przedłużana" not in first.content.decode()
    data = fields_of(first.context["form"]) | {"count": "2", "reason": "Dłuższy cykl", "step": "preview"}
    second = browser.post(url, data)
    assert len(second.context["preview"].rows) == 2
    assert browser.post(url, dates_of(second) | {"step": "save"}).status_code == 302
    meetings = meetings_of(group)
    assert len(meetings) == 6
    assert {meeting.attendances.count() for meeting in meetings} == {1}


# --- changing it ---


def test_the_group_is_renamed_and_gets_more_seats(sign_in, group, anna):
    browser, url = sign_in(anna), reverse("cases:edit_group", args=[group.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"name": "TUS klasy 1–3", "seats": "9"}
    assert browser.post(url, data).status_code == 302
    group.refresh_from_db()
    assert (group.name, group.seats) == ("TUS klasy 1–3", 9)


def test_a_new_name_that_differs_from_another_by_capital_letters_is_refused_beside_its_field(
    sign_in, group, make_group, anna
):
    make_group(name="Łączka", first_on=dt.date(2027, 6, 1))
    browser, url = sign_in(anna), reverse("cases:edit_group", args=[group.uuid])
    data = fields_of(browser.get(url).context["form"])
    answer = browser.post(url, data | {"name": "łĄCZKA"})
    assert answer.context["form"].has_error("name", "same_name")
    assert 'value="łĄCZKA"' in answer.content.decode()
    assert browser.post(url, data | {"name": "TUS Młodsi"}).status_code == 302  # its own, written otherwise


def test_seats_that_are_taken_stay(group, enrol, annas_case, anna):
    enrol(persons=people_of(annas_case))
    with pytest.raises(SessionError) as error:
        edit_group(group, name=group.name, about="", seats=1, version=1, by=anna.user)
    assert error.value.code == "seats_taken"


def test_a_change_made_meanwhile_is_shown_and_the_typed_text_kept(sign_in, group, anna, marek):
    browser, url = sign_in(anna), reverse("cases:edit_group", args=[group.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"name": "Moja nazwa"}
    edit_group(group, name="Nazwa Marka", about="", seats=4, version=1, by=marek.user)
    answer = browser.post(url, data)
    assert "Nazwa Marka" in answer.content.decode()
    assert 'value="Moja nazwa"' in answer.content.decode()
    with pytest.raises(Stale):
        edit_group(group, name="x", about="", seats=4, version=1, by=anna.user)

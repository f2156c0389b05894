from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
import time_machine
from django.urls import reverse

from audit.models import AuditEntry
from cases.groups.services import edit_group, enrol_in_group, leave_group
from cases.sessions.group_models import GroupEnrolment
from cases.sessions.models import Attendance, Occupancy
from cases.sessions.rules import SessionError
from cases.sessions.services import log_session
from tests.cases.groups.conftest import expected_at, meetings_of
from tests.cases.sessions.conftest import at, fields_of, people_of
from tests.cases.sessions.test_double_booking import only_postgresql, together

pytestmark = pytest.mark.django_db


def test_who_gets_a_seat_is_expected_at_all_meetings_from_that_day(enrol, group):
    enrol(from_on=dt.date(2026, 12, 1))
    assert [expected_at(one) for one in meetings_of(group)] == [[], *[["Zofia Przykładowa"]] * 3]
    assert Occupancy.objects.filter(person__first_name="Zofia").count() == 3
    entry = AuditEntry.objects.get(action="cases.enrol_in_group")
    assert entry.details["invitations"] == 3
    assert "Zofia" not in str(entry.details)


def test_families_of_several_centres_meet_in_one_group(enrol, group, ewas_case, ewa, annas_case):
    enrol()
    enrol(case=ewas_case, by=ewa.user)
    rows = Attendance.objects.filter(session=meetings_of(group)[0])
    assert {row.case for row in rows} == {annas_case, ewas_case}


def test_several_people_of_a_family_join_at_once(enrol, annas_case, group):
    assert len(enrol(persons=people_of(annas_case))) == 2
    assert len(expected_at(meetings_of(group)[0])) == 2


def test_the_waiting_list_invites_nobody(enrol, group):
    (waiting,) = enrol(from_on=None)
    assert waiting.is_waiting
    assert not Attendance.objects.filter(session__group=group).exists()


def test_there_are_no_more_people_than_seats(make_group, enrol, annas_case):
    small = make_group(name="Mała", seats=1, time=dt.time(10))
    with pytest.raises(SessionError) as error:
        enrol(group=small, persons=people_of(annas_case))
    assert error.value.code == "full"
    enrol(group=small)
    with pytest.raises(SessionError) as error:
        enrol(group=small, persons=people_of(annas_case)[:1])
    assert error.value.code == "full"
    assert enrol(group=small, persons=people_of(annas_case)[:1], from_on=None)[0].is_waiting


def test_a_seat_is_free_again_the_day_after_somebody_left(make_group, enrol, annas_case, anna):
    small = make_group(name="Mała", seats=1, time=dt.time(10))
    (first,) = enrol(group=small)
    leave_group(first, to_on=dt.date(2026, 12, 8), reason="Przeprowadzka", version=1, by=anna.user)
    mother = people_of(annas_case)[:1]
    with pytest.raises(SessionError) as error:
        enrol(group=small, persons=mother, from_on=dt.date(2026, 12, 8))
    assert error.value.code == "full"
    assert enrol(group=small, persons=mother, from_on=dt.date(2026, 12, 9))


def test_nobody_is_on_the_list_twice(enrol):
    enrol(from_on=None)
    with pytest.raises(SessionError) as error:
        enrol()
    assert error.value.code == "already_enrolled"


@pytest.fixture
def elsewhere(annas_case, marek, family_therapy):
    """Zofia has a meeting of her own on 8 December, 16:30–17:30, with Marek."""
    start = at("2026-12-08", "16:30")
    return log_session(
        annas_case,
        service=family_therapy,
        therapist=marek,
        starts_at=start,
        ends_at=start + dt.timedelta(hours=1),
        present=dict.fromkeys(people_of(annas_case)[1:], "expected"),
        status="planned",
        by=marek.user,
    )


def test_a_meeting_elsewhere_stops_the_enrolment_and_is_named(enrol, elsewhere):
    with pytest.raises(SessionError) as error:
        enrol()
    assert error.value.code == "person_taken"
    assert "Zofia Przykładowa: 8.12.2026 16:30–17:30" in str(error.value)
    assert not GroupEnrolment.objects.exists()


def test_meetings_elsewhere_are_left_out_when_that_is_chosen(enrol, elsewhere, group):
    enrol(leave_out_clashes=True)
    assert [len(expected_at(one)) for one in meetings_of(group)] == [1, 0, 1, 1]


def test_one_may_go_from_one_meeting_straight_to_the_next(enrol, annas_case, marek, family_therapy, group):
    start = at("2026-12-08", "17:30")
    log_session(
        annas_case,
        service=family_therapy,
        therapist=marek,
        starts_at=start,
        ends_at=start + dt.timedelta(hours=1),
        present=dict.fromkeys(people_of(annas_case)[1:], "expected"),
        status="planned",
        by=marek.user,
    )
    enrol()
    assert len(expected_at(meetings_of(group)[1])) == 1


def test_a_meeting_that_is_over_and_unsettled_may_have_been_the_first(enrol, group):
    with time_machine.travel(at("2026-11-25"), tick=False):
        enrol(from_on=dt.date(2026, 11, 24))
    assert len(expected_at(meetings_of(group)[0])) == 1


def test_a_second_place_before_the_first_has_ended_is_refused(enrol, anna):
    (first,) = enrol()
    leave_group(first, to_on=dt.date(2027, 1, 4), reason="Przeprowadzka", version=1, by=anna.user)
    with pytest.raises(SessionError) as error:
        enrol(from_on=dt.date(2026, 12, 1))
    assert error.value.code == "already_enrolled"
    assert enrol(from_on=dt.date(2027, 1, 5))


@pytest.mark.parametrize(
    ("day", "code"), [(dt.date(2026, 10, 31), "before_opening"), (dt.date(2027, 1, 6), "after_last_meeting")]
)
def test_a_seat_begins_within_the_case_and_the_cycle(enrol, day, code):
    with pytest.raises(SessionError) as error:
        enrol(from_on=day)
    assert error.value.code == code


def test_seats_are_counted_on_the_fullest_day(make_group, enrol, annas_case, ewas_case, anna, ewa):
    small = make_group(name="Mała", seats=1, time=dt.time(10))
    (today,) = enrol(group=small)
    leave_group(today, to_on=dt.date(2026, 11, 22), reason="Zmiana planów", version=1, by=anna.user)
    enrol(group=small, persons=people_of(annas_case)[:1], from_on=dt.date(2026, 11, 23))
    assert edit_group(small, name="Mała", about="dorośli", seats=1, version=1, by=anna.user).about == "dorośli"
    with pytest.raises(SessionError) as error:
        enrol(group=small, case=ewas_case, from_on=dt.date(2026, 11, 22), by=ewa.user)
    assert error.value.code == "full"


def test_only_people_of_the_own_case_are_enrolled(enrol, ewas_case, annas_case, ewa, piotr):
    for change, code in (
        ({"persons": people_of(ewas_case)}, "not_family"),
        ({"persons": []}, "nobody"),
        ({"by": ewa.user}, "not_yours"),
        ({"by": piotr.user}, "not_yours"),
    ):
        with pytest.raises(SessionError) as error:
            enrol(**change)
        assert error.value.code == code


def test_a_group_that_has_ended_takes_nobody(enrol, group):
    group.series.ended_on = dt.date(2026, 11, 1)
    group.series.save()
    with pytest.raises(SessionError) as error:
        enrol()
    assert error.value.code == "ended"


def test_who_leads_the_group_does_not_get_the_families_files(enrol, annas_case, basia):
    enrol()
    assert not annas_case.care_team.filter(staff=basia).exists()


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_ten_families_that_want_the_last_two_seats_at_once_two_get_them(make_group, make_case, wodna, anna):
    group = make_group(seats=2)
    cases = [make_case(wodna, f"Rodzina {n}", coordinator=anna, received_on=dt.date(2026, 11, 1)) for n in range(10)]
    jobs = [
        lambda case=case: enrol_in_group(
            group, case=case, persons=people_of(case)[:1], from_on=dt.date(2026, 11, 22), by=anna.user
        )
        for case in cases
    ]
    ended = together(*jobs)
    assert Counter(type(one) for one in ended) == {list: 2, SessionError: 8}
    assert {one.code for one in ended if isinstance(one, SessionError)} == {"full"}
    assert len(expected_at(meetings_of(group)[0])) == 2


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_groups_at_one_hour_a_person_gets_a_seat_in_one(make_group, annas_case, anna, marek):
    groups = [make_group(), make_group(name="TUS starsi", therapist=marek, co_therapists=[])]
    jobs = [
        lambda group=group: enrol_in_group(
            group, case=annas_case, persons=people_of(annas_case)[1:], from_on=dt.date(2026, 11, 22), by=anna.user
        )
        for group in groups
    ]
    ended = together(*jobs)
    assert Counter(type(one) for one in ended) == {list: 1, SessionError: 1}
    assert Occupancy.objects.filter(person__first_name="Zofia").count() == 4


# --- the pages ---


def url_of(case, group=None):
    return reverse("cases:enrol_in_group", args=[case.uuid]) + (f"?group={group.uuid}" if group else "")


def test_the_page_enrols_and_leads_to_the_group(sign_in, anna, annas_case, group):
    browser, url = sign_in(anna), url_of(annas_case, group)
    zofia = people_of(annas_case)[1]
    data = fields_of(browser.get(url).context["form"]) | {"persons": [str(zofia.uuid)]}
    assert data["group"] == str(group.uuid)
    answer = browser.post(url, data)
    assert (answer.status_code, answer.url) == (302, group.get_absolute_url())
    assert GroupEnrolment.objects.get().person == zofia


def test_a_clash_is_said_beside_the_box_and_the_second_try_leaves_it_out(sign_in, anna, annas_case, group, elsewhere):
    browser, url = sign_in(anna), url_of(annas_case, group)
    data = fields_of(browser.get(url).context["form"]) | {"persons": [str(people_of(annas_case)[1].uuid)]}
    refused = browser.post(url, data)
    assert "leave_out_clashes" in refused.context["form"].errors
    again = fields_of(refused.context["form"]) | {"leave_out_clashes": "on"}
    assert browser.post(url, again).status_code == 302


def test_without_a_day_there_is_no_seat(sign_in, anna, annas_case, group):
    browser, url = sign_in(anna), url_of(annas_case, group)
    data = fields_of(browser.get(url).context["form"]) | {"persons": [str(people_of(annas_case)[1].uuid)]}
    assert "from_on" in browser.post(url, data | {"from_on": ""}).context["form"].errors
    assert browser.post(url, data | {"from_on": "", "place": "wait"}).status_code == 302


def test_nonsense_is_refused_with_sentences(sign_in, anna, annas_case, group):
    browser, url = sign_in(anna), url_of(annas_case)
    data = fields_of(browser.get(url).context["form"])
    answer = browser.post(url, data | {"group": "x", "persons": ["y"], "place": "z", "from_on": "32.13.2026"})
    assert {"group", "persons", "place", "from_on"} <= set(answer.context["form"].errors)


def test_from_the_group_one_comes_to_the_family(sign_in, anna, annas_case, group, ewas_case):
    browser, url = sign_in(anna), reverse("cases:choose_case", args=[group.uuid])
    form = browser.get(url).context["form"]
    assert [*form.fields["case"].queryset] == [annas_case]
    answer = browser.get(url, {"case": str(annas_case.uuid)})
    assert answer.url == url_of(annas_case, group)
    assert browser.get(url, {"case": str(ewas_case.uuid)}).status_code == 200


def test_the_case_says_in_which_groups_its_people_are(sign_in, anna, enrol, annas_case, group):
    enrol()
    page = sign_in(anna).get(reverse("cases:case_sessions", args=[annas_case.uuid])).content.decode()
    assert group.get_absolute_url() in page

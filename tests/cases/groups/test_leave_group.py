from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases.casefile.services import close_case
from cases.groups.services import leave_group
from cases.sessions.models import Occupancy
from cases.sessions.rules import SessionError
from cases.sessions.series import end_series
from cases.sessions.services import resolve_session
from centres.models import Role
from tests.cases.groups.conftest import expected_at, meetings_of
from tests.cases.sessions.conftest import at, fields_of, people_of
from tests.cases.sessions.series_world import dates_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def seated(enrol):
    (enrolment,) = enrol()
    return enrolment


def leave(enrolment, staff, **changes):
    arguments: dict[str, Any] = {"to_on": dt.date(2026, 12, 8), "reason": "Przeprowadzka", "version": 1} | changes
    return leave_group(enrolment, by=staff.user, **arguments)


def test_meetings_after_the_last_day_expect_them_no_more_and_their_time_is_free(seated, group, anna):
    leave(seated, anna)
    assert [len(expected_at(one)) for one in meetings_of(group)] == [1, 1, 0, 0]
    assert Occupancy.objects.filter(person=seated.person).count() == 2


def test_one_may_come_back_later(seated, anna, enrol):
    leave(seated, anna)
    assert enrol(from_on=dt.date(2027, 1, 1))


def test_who_only_waited_leaves_the_list(enrol, anna, group):
    (waiting,) = enrol(from_on=None)
    assert leave(waiting, anna, to_on=dt.date(2026, 11, 22)).to_on == dt.date(2026, 11, 22)
    assert not group.enrolments.waiting().exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": " "}, "no_reason"),
        ({"reason": "x" * 301}, "long_reason"),
    ],
)
def test_it_wants_a_reason(seated, anna, change, code):
    with pytest.raises(SessionError) as error:
        leave(seated, anna, **change)
    assert error.value.code == code


def test_a_promised_seat_is_given_back_before_its_first_day(enrol, anna, group):
    (promised,) = enrol(from_on=dt.date(2026, 12, 8))
    ended = leave(promised, anna, to_on=dt.date(2026, 11, 22))
    assert (ended.from_on, ended.to_on) == (None, dt.date(2026, 11, 22))
    assert [expected_at(one) for one in meetings_of(group)] == [[], [], [], []]
    assert enrol(from_on=dt.date(2026, 12, 8))


def test_a_last_day_that_has_not_passed_is_put_right_both_ways(seated, anna, group):
    leave(seated, anna)
    leave(seated, anna, to_on=dt.date(2026, 12, 22), version=2)
    assert [len(expected_at(one)) for one in meetings_of(group)] == [1, 1, 1, 0]
    leave(seated, anna, to_on=dt.date(2026, 11, 24), version=3)
    assert [len(expected_at(one)) for one in meetings_of(group)] == [1, 0, 0, 0]


def refused(enrolment, staff, code):
    enrolment.refresh_from_db()
    with pytest.raises(SessionError) as error:
        leave(enrolment, staff, to_on=dt.date(2027, 1, 4), version=enrolment.version)
    assert (error.value.code, list(error.value.error_dict)) == (code, ["to_on"])


def test_a_later_last_day_does_not_take_a_seat_that_somebody_else_has_by_then(make_group, enrol, annas_case, anna):
    small = make_group(name="Mała", seats=1, time=dt.time(10))
    (first,) = enrol(group=small)
    leave(first, anna)
    (second,) = enrol(group=small, persons=people_of(annas_case)[:1], from_on=dt.date(2026, 12, 22))
    refused(first, anna, "full")
    assert leave(first, anna, to_on=dt.date(2026, 12, 21), version=2)
    assert Occupancy.objects.filter(person=second.person).exists()


def test_a_later_last_day_does_not_reach_into_ones_next_place(seated, anna, enrol):
    leave(seated, anna)
    enrol(from_on=dt.date(2026, 12, 22))
    refused(seated, anna, "already_enrolled")


def test_whose_case_was_closed_today_does_not_stay_longer(seated, anna, annas_case):
    annas_case.refresh_from_db()
    close_case(annas_case, on=dt.date(2026, 11, 22), note="Koniec", version=annas_case.version, by=anna.user)
    refused(seated, anna, "case_closed")


def test_who_has_left_the_family_does_not_stay_longer(seated, anna, annas_case):
    leave(seated, anna)
    member = annas_case.family.members.get(person=seated.person)
    type(member).objects.filter(pk=member.pk).update(to_on=dt.date(2026, 11, 22))
    refused(seated, anna, "not_family")


@pytest.mark.parametrize("day", [dt.date(1926, 12, 8), dt.date(2020, 1, 1), dt.date(2026, 11, 21)])
def test_a_seat_that_has_begun_does_not_end_before_its_first_day(seated, anna, sign_in, day):
    with pytest.raises(SessionError) as error:
        leave(seated, anna, to_on=day)
    assert (error.value.code, list(error.value.error_dict)) == ("before_first_day", ["to_on"])
    url = reverse("cases:leave_group", args=[seated.uuid])
    browser = sign_in(anna)
    data = fields_of(browser.get(url).context["form"]) | {"reason": "Pomyłka", "to_on": day.isoformat()}
    (said,) = browser.post(url, data).context["form"].errors["to_on"]
    assert said == "Miejsce jest zajęte od 22.11.2026; ostatni dzień nie może być wcześniejszy."
    assert leave(seated, anna, to_on=dt.date(2026, 11, 22)).from_on == dt.date(2026, 11, 22)


def test_a_promised_seat_is_not_given_back_on_a_day_that_has_passed(enrol, anna):
    (promised,) = enrol(from_on=dt.date(2026, 12, 8))
    with pytest.raises(SessionError) as error:
        leave(promised, anna, to_on=dt.date(2020, 1, 1))
    assert error.value.code == "before_first_day"


def test_nobody_leaves_twice(seated, anna):
    leave(seated, anna)
    with time_machine.travel(at("2026-12-09"), tick=False), pytest.raises(SessionError) as error:
        leave(seated, anna, version=2)
    assert error.value.code == "left"


def test_nobody_leaves_before_a_meeting_at_which_they_were(seated, anna, piotr, group):
    meeting = meetings_of(group)[0]
    with time_machine.travel(at("2026-11-24", "18:00"), tick=False):
        resolve_session(
            meeting, status="held", presences={seated.person: "present"}, version=meeting.version, by=piotr.user
        )
        with pytest.raises(SessionError) as error:
            leave(seated, anna, to_on=dt.date(2026, 11, 23))
        assert error.value.code == "was_there_later"
        assert leave(seated, anna, to_on=dt.date(2026, 11, 24))


def test_an_earlier_place_ends_without_taking_a_later_one_along(seated, anna, enrol, group):
    leave(seated, anna)
    enrol(from_on=dt.date(2026, 12, 9))
    leave(seated, anna, to_on=dt.date(2026, 11, 24), version=2)
    assert [len(expected_at(one)) for one in meetings_of(group)] == [1, 0, 1, 1]


def test_when_the_group_ends_its_people_leave_with_its_last_meeting(seated, enrol, anna, group, annas_case):
    (waiting,) = enrol(persons=people_of(annas_case)[:1], from_on=None)
    since = meetings_of(group)[2]
    series = group.series
    end_series(series, since=since, status="by_centre", reason="Za mało osób", version=series.version, by=anna.user)
    seated.refresh_from_db()
    waiting.refresh_from_db()
    assert (seated.to_on, waiting.to_on) == (dt.date(2026, 12, 8), dt.date(2026, 11, 22))
    assert [len(expected_at(one)) for one in meetings_of(group)[:2]] == [1, 1]


def test_the_meetings_that_a_group_which_ends_still_has_may_be_moved_and_none_added(seated, anna, sign_in, group):
    since, series = meetings_of(group)[2], group.series
    end_series(series, since=since, status="by_centre", reason="Za mało osób", version=series.version, by=anna.user)
    browser, url = sign_in(anna), reverse("cases:edit_series", args=[series.uuid])
    page = browser.get(group.get_absolute_url()).content.decode()
    assert (f'href="{url}"' in page, f"{url}?since=" in page) == (True, True)
    assert reverse("cases:prolong_series", args=[series.uuid]) not in page
    data = fields_of(browser.get(url).context["form"]) | {"since": str(meetings_of(group)[0].uuid), "time": "18:30"}
    answer = browser.post(url, data | {"step": "preview"})
    assert browser.post(url, dates_of(answer) | {"step": "save"}).status_code == 302
    assert [f"{timezone.localtime(one.starts_at):%H:%M}" for one in meetings_of(group)[:2]] == ["18:30"] * 2
    assert [len(expected_at(one)) for one in meetings_of(group)[:2]] == [1, 1]


def test_strangers_end_nobody_s_place(seated, ewa, piotr, sign_in):
    for stranger in (ewa, piotr):
        with pytest.raises(SessionError) as error:
            leave(seated, stranger)
        assert error.value.code == "not_yours"
        assert sign_in(stranger).get(reverse("cases:leave_group", args=[seated.uuid])).status_code == 404


def test_who_cannot_tell_whom_it_is_about_ends_nobody_s_place(
    enrol, annas_case, ewas_case, ewa, make_staff, wodna, marek, sign_in
):
    """Of another centre's people a coordinator knows the centre alone, of own centre's the number of the case."""
    beata = make_staff("Beata", "Nowa", Role.COORDINATOR, centre=wodna)
    (guest,) = enrol(case=ewas_case, by=ewa.user)
    (daughter,) = enrol()

    def may_end(staff, enrolment):
        url = reverse("cases:leave_group", args=[enrolment.uuid])
        answer = sign_in(staff).get(url)
        offered = url in sign_in(staff).get(enrolment.group.get_absolute_url()).content.decode()
        assert offered == (answer.status_code == 200)
        return offered

    assert [may_end(one, guest) for one in (beata, ewa, marek)] == [False, True, True]
    assert may_end(beata, daughter)
    assert f"Osoba ze sprawy {annas_case.number}" in " ".join(
        sign_in(beata).get(reverse("cases:leave_group", args=[daughter.uuid])).content.decode().split()
    )
    enrol(persons=people_of(annas_case)[:1])  # now there are two of one case
    assert not may_end(beata, daughter)
    with pytest.raises(SessionError) as error:
        leave(daughter, beata)
    assert error.value.code == "not_yours"


def test_the_page_ends_the_place(seated, anna, sign_in, group):
    browser, url = sign_in(anna), reverse("cases:leave_group", args=[seated.uuid])
    data = fields_of(browser.get(url).context["form"])
    assert "reason" in browser.post(url, data | {"reason": ""}).context["form"].errors
    answer = browser.post(url, data | {"reason": "Nowa praca mamy", "to_on": "2026-12-08"})
    assert (answer.status_code, answer.url) == (302, group.get_absolute_url())
    page = browser.get(group.get_absolute_url()).content.decode()
    assert "Nowa praca mamy" in page

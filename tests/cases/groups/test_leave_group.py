from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from cases.groups.services import leave_group
from cases.sessions.models import Occupancy
from cases.sessions.rules import SessionError
from tests.cases.groups.conftest import expected_at, meetings_of
from tests.cases.sessions.conftest import fields_of

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
        ({"to_on": dt.date(2026, 11, 1)}, "end_before_start"),
    ],
)
def test_it_wants_a_reason_and_a_day_after_the_first(seated, anna, change, code):
    with pytest.raises(SessionError) as error:
        leave(seated, anna, **change)
    assert error.value.code == code


def test_nobody_leaves_twice(seated, anna):
    leave(seated, anna)
    with pytest.raises(SessionError) as error:
        leave(seated, anna, version=2)
    assert error.value.code == "left"


def test_strangers_end_nobody_s_place(seated, ewa, piotr, sign_in):
    for stranger in (ewa, piotr):
        with pytest.raises(SessionError) as error:
            leave(seated, stranger)
        assert error.value.code == "not_yours"
        assert sign_in(stranger).get(reverse("cases:leave_group", args=[seated.uuid])).status_code == 404


def test_the_page_ends_the_place(seated, anna, sign_in, group):
    browser, url = sign_in(anna), reverse("cases:leave_group", args=[seated.uuid])
    data = fields_of(browser.get(url).context["form"])
    assert "reason" in browser.post(url, data | {"reason": ""}).context["form"].errors
    answer = browser.post(url, data | {"reason": "Nowa praca mamy", "to_on": "2026-12-08"})
    assert (answer.status_code, answer.url) == (302, group.get_absolute_url())
    page = browser.get(group.get_absolute_url()).content.decode()
    assert "Nowa praca mamy" in page

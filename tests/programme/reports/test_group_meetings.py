"""What a month's report counts of groups: meetings once, people once, and the families who came behind them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from cases.sessions.models import Session
from programme.reports import counting, indicators
from tests.groups import group_meeting, make_group
from tests.programme.reports.conftest import OCTOBER


def october(day: int) -> dt.date:
    return dt.date(2026, 10, day)


@pytest.fixture
def count(wodna):
    def counted(*centres):
        keys = [centre.pk for centre in centres or (wodna,)]
        return counting.count_month(OCTOBER, keys, data_at=timezone.now())

    return counted


@pytest.fixture
def five(make_case, wodna):
    return [make_case(wodna, f"Rodzina {n}", received_on=october(1)) for n in range(5)]


@pytest.fixture
def tus(five, wodna, piotr):
    return make_group(wodna, piotr, *five, first_on=october(1))


def test_a_groups_meeting_counts_once_with_the_families_and_people_who_came(count, tus, five):
    group_meeting(tus, october(6))
    group_meeting(tus, october(20), dict.fromkeys(five[:3], "present") | dict.fromkeys(five[3:], "unexcused"))

    month = count()

    assert month["held"] == {"count": 2, "families": 5}
    (service,) = month["services"]
    assert (service["slug"], service["count"], service["families"]) == ("trening-umiejetnosci-spolecznych", 2, 5)
    assert (service["people"], service["people_families"]) == (5, 5)
    assert (service["present"], service["expected"]) == (8, 10)
    assert month["people"]["all"] == {"people": 5, "families": 5}


def test_families_who_were_invited_and_stayed_away_do_not_stand_behind_a_held_meeting(count, tus, five):
    group_meeting(tus, october(6), dict.fromkeys(five[:4], "present") | {five[4]: "excused"})

    month = count()

    assert month["held"]["families"] == 4
    assert month["services"][0]["families"] == 4


def test_meetings_of_cases_and_groups_together_never_stand_for_more_families_than_there_are(count, tus, five, meet):
    for case in five[:3]:
        meet(case, october(5))
    group_meeting(tus, october(6), dict.fromkeys(five[:4], "present"))

    held = count()["held"]

    assert held["count"] == 4
    assert held["families"] <= 4


def test_called_off_and_unresolved_meetings_stand_for_those_who_were_invited(count, tus, five):
    group_meeting(tus, october(6), status=Session.Status.CANCELLED_BY_THERAPIST)
    group_meeting(tus, october(20), dict.fromkeys(five[:2], "expected"), status=Session.Status.PLANNED)

    month = count()

    assert month["not_held"]["by_therapist"] == {"count": 1, "families": 5}
    assert month["unresolved"]["count"] == 1
    assert month["unresolved"]["families"] == 2


def test_an_unresolved_meeting_to_which_nobody_is_invited_yet_is_hidden(count, tus):
    group_meeting(tus, october(6), {}, status=Session.Status.PLANNED)

    assert count()["unresolved"]["families"] == 1


def test_a_family_of_another_centre_counts_where_the_group_meets(count, tus, make_case, wodna, krakowiakow):
    guest = make_case(krakowiakow, "Rodzina Gości", received_on=october(1))
    group_meeting(tus, october(6), {guest: "present"})

    assert count(wodna)["people"]["all"]["people"] == 1
    assert count(krakowiakow)["people"]["all"]["people"] == 0
    assert count(wodna, krakowiakow)["people"]["all"]["people"] == 1


def test_the_running_total_knows_the_families_of_groups(five, wodna, piotr):
    group = make_group(wodna, piotr, *five, service="terapia-grupowa", first_on=october(1))
    group_meeting(group, dt.date(2026, 9, 30), dict.fromkeys(five[:3], "present"))
    group_meeting(group, october(6), dict.fromkeys(five[1:], "present"))

    frozen = indicators.of_month(OCTOBER, centre=wodna, everything=False, data_at=timezone.now())["services_to_date"]

    september, last = frozen["points"][-2:]
    assert (september["total"], september["families"]) == (1, 3)
    assert (last["total"], last["families"]) == (2, 5)
    assert frozen["month"] == {"count": 1, "families": 4}


def test_the_running_total_counts_a_family_of_a_case_and_a_group_once(five, wodna, piotr, meet):
    group = make_group(wodna, piotr, *five, service="terapia-grupowa", first_on=october(1))
    for case in five[:4]:
        meet(case, dt.date(2026, 9, 30))
    group_meeting(group, october(6), dict.fromkeys(five[:4], "present"))

    frozen = indicators.of_month(OCTOBER, centre=wodna, everything=False, data_at=timezone.now())["services_to_date"]

    assert [point["families"] for point in frozen["points"][-2:]] == [4, 4]

"""Meetings of groups in indicator 1.1: one service each, hidden by the families who came."""

from __future__ import annotations

import datetime as dt

import pytest

from cases.sessions.models import Session
from programme.results import families
from programme.results.counting import cells, counted, monthly
from programme.results.drilldown import drill_down
from tests.groups import group_meeting, make_group

YEAR_END = dt.date(2026, 12, 31)
MARCH = dt.date(2026, 3, 1)


def march(day: int) -> dt.date:
    return dt.date(2026, 3, day)


@pytest.fixture
def families_of_wodna(make_case, wodna):
    return [make_case(wodna, f"Rodzina {n}") for n in range(6)]


@pytest.fixture
def therapy_group(families_of_wodna, wodna, piotr):
    """Group therapy for all six families."""
    return make_group(wodna, piotr, *families_of_wodna, service="terapia-grupowa", first_on=march(2))


def test_a_groups_meeting_is_one_service_whoever_came(therapy_group):
    group_meeting(therapy_group, march(5))

    assert monthly("held_sessions", 2026, until=YEAR_END)[MARCH] == 1


@pytest.mark.parametrize("status", [status for status in Session.Status.values if status != Session.Status.HELD])
def test_a_groups_meeting_that_did_not_take_place_is_none(therapy_group, status):
    group_meeting(therapy_group, march(5), status=status)

    assert monthly("held_sessions", 2026, until=YEAR_END)[MARCH] == 0


def test_a_groups_meeting_is_published_when_enough_families_came(therapy_group):
    group_meeting(therapy_group, march(5))

    assert counted("held_sessions", 2026, until=YEAR_END).small_months == frozenset()
    assert cells("held_sessions", 2026, until=YEAR_END)[0].families == 6


def test_a_groups_meetings_are_hidden_when_few_families_came(therapy_group, families_of_wodna):
    four = dict.fromkeys(families_of_wodna[:4], "present") | dict.fromkeys(families_of_wodna[4:], "excused")
    for day in (5, 19):
        group_meeting(therapy_group, march(day), four)

    found = counted("held_sessions", 2026, until=YEAR_END)

    assert found.small_months == {MARCH}
    assert found.is_small
    assert cells("held_sessions", 2026, until=YEAR_END)[0].families == 4


def test_families_of_cases_and_of_groups_are_not_counted_twice(therapy_group, families_of_wodna, hold):
    three = families_of_wodna[:3]
    for case in three:
        hold(case, march(4))
    group_meeting(therapy_group, march(5), dict.fromkeys(three, "present"))
    assert counted("held_sessions", 2026, until=YEAR_END).small_months == {MARCH}

    group_meeting(therapy_group, march(19), dict.fromkeys(families_of_wodna[1:5], "present"))

    assert counted("held_sessions", 2026, until=YEAR_END).small_months == frozenset()


def test_a_service_given_to_cases_and_to_groups_has_as_many_families_as_are_sure(
    therapy_group, families_of_wodna, hold
):
    for case in families_of_wodna[:3]:
        hold(case, march(4), service="terapia-grupowa")
    group_meeting(therapy_group, march(5), dict.fromkeys(families_of_wodna[2:], "present"))

    (cell,) = cells("held_sessions", 2026, until=YEAR_END)

    assert (cell.count, cell.families) == (4, 4)


def test_the_drill_down_hides_groups_and_adds_up_the_families_of_its_sums(therapy_group, families_of_wodna, hold):
    hold(families_of_wodna[0], march(4))
    group_meeting(therapy_group, march(5), dict.fromkeys(families_of_wodna[:4], "present"))
    group_meeting(therapy_group, dt.date(2026, 4, 2), dict.fromkeys(families_of_wodna[2:5], "present"))

    found = drill_down("held_sessions", 2026, until=YEAR_END)
    wodna = next(table for table in found.centres if table.centre.slug == "wodna")

    assert [line.total.text for line in wodna.lines] == ["<5", "2"]  # one family; five of them in the group
    assert [figure.text for figure in wodna.months[:4]] == ["0", "0", "<5", "<5"]
    assert (found.total.count, found.total.families, found.total.text) == (3, 5, "3")


def test_a_held_meeting_without_anybody_is_hidden_rather_than_shown(therapy_group):
    group_meeting(therapy_group, march(5), {})

    assert counted("held_sessions", 2026, until=YEAR_END).small_months == {MARCH}
    assert drill_down("held_sessions", 2026, until=YEAR_END).total.text == "<5"


def test_behind_a_meeting_that_was_called_off_stand_those_who_were_invited(therapy_group, families_of_wodna):
    group_meeting(therapy_group, march(5), status=Session.Status.CANCELLED_BY_CENTRE)
    group_meeting(therapy_group, march(19), dict.fromkeys(families_of_wodna[:2], "present"))

    found = families.of_groups(Session.objects.all(), "status")

    assert {status: len(some) for (status,), some in found.items()} == {"by_centre": 6, "held": 2}

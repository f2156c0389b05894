from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from cases.casefile.models import Case
from cases.sessions.annotations import with_meeting_counts, with_meetings
from tests.cases.sessions.conftest import at
from tests.groups import group_meeting, make_group


@pytest.fixture
def annotated(annas_case):
    def read(case=annas_case):
        return with_meetings(Case.objects.all(), timezone.now()).get(pk=case.pk)

    return read


def test_a_case_without_meetings_says_so(annotated):
    case = annotated()
    assert (case.next_session_at, case.last_session_at, case.unresolved_count) == (None, None, 0)


def test_the_next_is_the_nearest_planned_and_the_last_the_latest_held(annotated, planned, held, unresolved, book):
    book(starts_at=at("2026-12-01"))
    book(starts_at=at("2026-11-22", "18:00"), status="by_family")
    book(starts_at=at("2026-11-16"), status="held")
    case = annotated()
    assert case.next_session_at == planned.starts_at
    assert case.last_session_at == held.starts_at
    assert case.unresolved_count == 1


def test_a_meeting_under_way_is_neither_next_nor_unresolved(annotated, planned):
    with time_machine.travel(at("2026-11-23", "16:30"), tick=False):
        case = annotated()
        assert (case.next_session_at, case.unresolved_count) == (None, 0)
    with time_machine.travel(at("2026-11-23", "17:00"), tick=False):
        assert annotated().unresolved_count == 1


def test_each_case_counts_its_own(annotated, unresolved, make_case, wodna):
    other = make_case(wodna, "Rodzina Druga")
    assert [annotated().unresolved_count, annotated(other).unresolved_count] == [1, 0]


@pytest.fixture
def counted(annas_case):
    def read(case=annas_case):
        return with_meeting_counts(Case.objects.all(), timezone.now()).get(pk=case.pk)

    return read


def test_the_page_of_a_case_counts_what_its_row_says(counted, annotated, planned, held, unresolved):
    case = counted()
    assert (case.held_count, case.unresolved_count, case.next_session_at) == (1, 1, planned.starts_at)
    assert annotated().next_session_at == case.next_session_at


@pytest.fixture
def tus(wodna, piotr, annas_case, make_case):
    return make_group(wodna, piotr, annas_case, make_case(wodna, "Rodzina Druga"))


def test_a_group_s_meetings_are_those_of_the_cases_in_it(annotated, counted, tus, make_case, wodna):
    last = group_meeting(tus, at("2026-11-12", "17:00"))
    coming = group_meeting(tus, at("2026-11-26", "17:00"), status="planned")
    for case in (annotated(), counted()):
        assert case.next_session_at == coming.starts_at
    assert annotated().last_session_at == last.starts_at
    assert counted().held_count == 1
    stranger = make_case(wodna, "Rodzina Obca")
    assert (annotated(stranger).next_session_at, annotated(stranger).last_session_at) == (None, None)
    assert counted(stranger).held_count == 0


def test_of_a_case_s_and_a_group_s_meeting_the_nearer_one_counts(annotated, tus, planned, held):
    before, after = at("2026-11-23", "08:00"), at("2026-12-01", "08:00")
    group_meeting(tus, after, status="planned")
    assert annotated().next_session_at == planned.starts_at
    group_meeting(tus, before, status="planned")
    assert annotated().next_session_at == before
    group_meeting(tus, at("2026-11-05", "08:00"))
    assert annotated().last_session_at == held.starts_at
    later = group_meeting(tus, at("2026-11-21", "08:00"))
    assert annotated().last_session_at == later.starts_at


def test_a_meeting_of_the_group_without_the_case_s_people_is_not_theirs(annotated, counted, tus, annas_case):
    other = next(one.case for one in tus.enrolments.all() if one.case != annas_case)
    group_meeting(tus, at("2026-11-12", "17:00"), {annas_case: "excused", other: "present"})
    group_meeting(tus, at("2026-11-26", "17:00"), {other: "expected"}, status="planned")
    assert (annotated().next_session_at, annotated().last_session_at) == (None, None)
    assert counted().held_count == 0


def test_two_people_of_one_family_make_one_meeting(counted, tus, annas_case):
    child = annas_case.family.members.order_by("id")[1].person
    tus.enrolments.create(person=child, case=annas_case, from_on=dt.date(2026, 11, 1))
    meeting = group_meeting(tus, at("2026-11-12", "17:00"), {annas_case: "present"})
    meeting.attendances.create(person=child, case=annas_case, presence="present")
    assert counted().held_count == 1


def test_an_unresolved_meeting_of_a_group_waits_for_its_leaders_and_not_for_the_case(annotated, counted, tus):
    group_meeting(tus, at("2026-11-19", "17:00"), status="planned")
    assert annotated().unresolved_count == counted().unresolved_count == 0

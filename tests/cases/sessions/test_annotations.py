from __future__ import annotations

import pytest
import time_machine
from django.utils import timezone

from cases.casefile.models import Case
from cases.sessions.annotations import with_meetings
from tests.cases.sessions.conftest import at


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

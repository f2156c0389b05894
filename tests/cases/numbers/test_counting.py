"""What the database groups is what somebody gets who goes through the meetings one by one."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import pytest
from django.utils import timezone

from cases.numbers.counting import HELD, NO_SHOW, Asked, Place, Tally, count, count_by_therapist, grouped, summed
from cases.numbers.periods import Period, periods, span
from cases.sessions.models import Session
from centres.models import Centre, Service, StaffMember
from tests.cases.numbers.conftest import NOW, at

AUTUMN = span(dt.date(2026, 7, 15), dt.date(2026, 12, 31))


def recounted(asked: Asked) -> tuple[dict[Place, Tally], dict[int, Tally]]:
    """A loop over all meetings there are."""
    cells: dict[Place, Tally] = defaultdict(Tally)
    people: dict[int, Tally] = defaultdict(Tally)
    months = [(month.first.year, month.first.month) for month in asked.period.months]
    for session in Session.objects.all():
        day = timezone.localtime(session.starts_at).date()
        leaders = session.leaders
        if not asked.period.first <= day <= asked.period.last or session.centre_id not in asked.centres:
            continue
        if asked.service not in (None, session.service_id):
            continue
        if asked.therapist is not None and asked.therapist not in {one.pk for one in leaders}:
            continue
        state = str(session.status)
        if state == "planned":
            state = "unresolved" if session.ends_at <= asked.now else "to_come"
        one = Tally(travel=session.travel_minutes, paperwork=session.paperwork_minutes)
        one.meetings[state] += 1
        if state == HELD:
            one.minutes = session.minutes
        if state in (HELD, NO_SHOW):
            for attendance in session.attendances.all():
                one.present += attendance.presence == "present"
                one.expected += attendance.presence != "expected"
                one.late += attendance.is_late
        cells[Place(months.index((day.year, day.month)), session.centre_id, session.service_id)].add(one)
        for leader in leaders:
            theirs = summed([one])
            if leader.pk != session.therapist_id:
                theirs.travel = theirs.paperwork = 0
            people[leader.pk].add(theirs)
    return dict(cells), dict(people)


def asked_for(period: Period = AUTUMN, **chosen: Any) -> Asked:
    centres = tuple(Centre.objects.values_list("pk", flat=True))
    return Asked(period=period, centres=centres, now=NOW, **chosen)


def test_a_whole_autumn_is_counted_as_a_loop_counts_it(busy_autumn):
    asked = asked_for()
    cells, people = recounted(asked)
    assert len(cells) > 50
    assert count(asked) == cells
    assert count_by_therapist(asked) == people


def test_a_service_and_a_therapist_can_be_chosen(busy_autumn):
    therapist = StaffMember.objects.filter(co_led_sessions__isnull=False)[0]
    service = Service.objects.filter(sessions__isnull=False)[0]
    choices: tuple[dict[str, Any], ...] = (
        {"therapist": therapist.pk},
        {"service": service.pk},
        {"therapist": therapist.pk, "service": service.pk},
    )
    for chosen in choices:
        asked = asked_for(**chosen)
        cells, people = recounted(asked)
        assert cells
        assert count(asked) == cells
        assert count_by_therapist(asked) == people


def test_a_centre_alone_is_counted(busy_autumn, krakowiakow):
    asked = Asked(period=AUTUMN, centres=(krakowiakow.pk,), now=NOW)
    cells, _people = recounted(asked)
    assert count(asked) == cells


def test_a_meeting_just_after_midnight_in_krakow_belongs_to_the_new_month(meet, annas_case):
    meet(annas_case, "2026-10-31", time="23:50")
    meet(annas_case, "2026-11-01", time="00:05", minutes=30)
    asked = asked_for(span(dt.date(2026, 10, 1), dt.date(2026, 11, 30)))
    by_month = grouped(count(asked), "month")
    assert (by_month[0].minutes, by_month[1].minutes) == (50, 30)


def test_the_hour_that_an_autumn_night_has_twice_is_counted_as_it_passes(meet, annas_case):
    session = meet(annas_case, "2026-10-24")
    session.starts_at, session.ends_at = at("2026-10-25", "01:30"), at("2026-10-25", "03:30")
    session.save()
    (tally,) = count(asked_for()).values()
    assert tally.minutes == 180


def test_a_meeting_of_two_counts_once_for_the_centre_and_for_both(meet, annas_case, piotr, make_staff, wodna):
    other = make_staff("Kinga", "Druga", centre=wodna)
    meet(annas_case, "2026-10-05", together_with=[other], travel_minutes=40)
    asked = asked_for()
    assert summed(count(asked).values()).minutes == 50
    people = count_by_therapist(asked)
    assert (people[piotr.pk].minutes, people[other.pk].minutes) == (50, 50)
    assert (people[piotr.pk].travel, people[other.pk].travel) == (40, 0)


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("2026", dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
        ("2026-h1", dt.date(2026, 1, 1), dt.date(2026, 6, 30)),
        ("2026-q3", dt.date(2026, 7, 1), dt.date(2026, 9, 30)),
        ("2025-12", dt.date(2025, 12, 1), dt.date(2025, 12, 31)),
    ],
)
def test_periods_are_those_of_the_calendar(key, first, last):
    offered = {one.key: one for _year, group in periods(dt.date(2025, 12, 9), dt.date(2026, 11, 22)) for one in group}
    assert (offered[key].first, offered[key].last) == (first, last)


def test_only_periods_with_a_day_to_count_are_offered():
    (year, offered), (before, earlier) = periods(dt.date(2025, 12, 9), dt.date(2026, 11, 22))
    assert (year, before) == (2026, 2025)
    assert {one.key for one in offered} >= {"2026", "2026-h2", "2026-q4", "2026-11", "2026-01"}
    assert "2026-12" not in {one.key for one in offered}
    assert {one.key for one in earlier} == {"2025", "2025-h2", "2025-q4", "2025-12"}

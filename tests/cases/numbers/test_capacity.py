"""How much time for meetings the weeks to come have, and how much of it is taken."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from cases.numbers.capacity import Hours, Load, TeamLoad, capacity_of_week
from cases.numbers.outlook import capacity_ahead, first_monday
from centres.models import Absence, OpeningHours, Role, RoleAssignment, WeeklyHours
from tests.cases.numbers.conftest import at

MONDAY = dt.date(2026, 11, 23)
NEXT, CHRISTMAS = MONDAY, dt.date(2026, 12, 21)
TWENTY = [Hours(Decimal(20), dt.date(2026, 1, 1))]
EIGHT_TO_SIX = [(dt.time(8), dt.time(18))]


def minutes(monday=MONDAY, hours=TWENTY, *, works_on=lambda day: True, spells_of=lambda day: None, away=()):
    return capacity_of_week(monday, hours=hours, works_on=works_on, spells_of=spells_of, away=away)


def test_a_plain_week_has_the_hours_that_are_entered():
    assert minutes() == 20 * 60


def test_where_nobody_has_entered_hours_nothing_is_assumed():
    assert minutes(hours=[]) is None
    assert minutes(hours=[Hours(Decimal(20), dt.date(2026, 12, 1))]) is None


def test_zero_hours_are_an_answer():
    assert minutes(hours=[Hours(Decimal(0), dt.date(2026, 1, 1))]) == 0


def test_a_holiday_takes_its_day_away():
    assert minutes(CHRISTMAS) == 3 * 4 * 60  # the 24th and the 25th; the 26th is a Saturday


def test_hours_that_change_within_the_week_hold_from_their_day():
    changed = [
        Hours(Decimal(20), dt.date(2026, 1, 1), dt.date(2026, 11, 24)),
        Hours(Decimal(10), dt.date(2026, 11, 25)),
    ]
    assert minutes(hours=changed) == 2 * 240 + 3 * 120


def test_a_whole_day_away_takes_its_day_and_a_part_of_the_day_its_part():
    day = (at("2026-11-24", "00:00"), at("2026-11-25", "00:00"))
    assert minutes(away=[day]) == 4 * 240
    afternoon = (at("2026-11-24", "13:00"), at("2026-11-25", "00:00"))
    assert minutes(away=[afternoon], spells_of=lambda day: EIGHT_TO_SIX if day.isoweekday() < 6 else []) == 4.5 * 240


def test_without_opening_hours_a_part_of_a_day_is_measured_from_eight_to_eight():
    assert minutes(away=[(at("2026-11-24", "08:00"), at("2026-11-24", "11:00"))]) == 4.75 * 240


def test_an_absence_at_night_or_on_a_sunday_takes_nothing():
    assert minutes(away=[(at("2026-11-24", "20:00"), at("2026-11-25", "08:00"))]) == 1200
    assert minutes(away=[(at("2026-11-29", "00:00"), at("2026-11-30", "00:00"))]) == 1200


def test_the_hours_are_spread_over_the_days_on_which_the_centre_is_open():
    four_days = lambda day: EIGHT_TO_SIX if day.isoweekday() <= 4 else []  # noqa: E731 - a table in one line
    assert minutes(spells_of=four_days) == 1200
    assert minutes(spells_of=four_days, away=[(at("2026-11-24", "00:00"), at("2026-11-25", "00:00"))]) == 900
    assert minutes(spells_of=four_days, away=[(at("2026-11-27", "00:00"), at("2026-11-28", "00:00"))]) == 1200


def test_who_leaves_within_the_week_has_the_days_until_then():
    assert minutes(works_on=lambda day: day <= dt.date(2026, 11, 25)) == 3 * 240


span = st.tuples(st.integers(0, 7 * 24 * 4), st.integers(1, 400)).map(
    lambda pair: (
        at("2026-11-23", "00:00") + dt.timedelta(minutes=15 * pair[0]),
        at("2026-11-23", "00:00") + dt.timedelta(minutes=15 * (pair[0] + pair[1])),
    )
)


@given(st.lists(span, max_size=1), st.integers(0, 48))
def test_the_capacity_is_what_somebody_counts_minute_by_minute(away, hours):
    """A fifth of the hours a day, times the part of 8:00–20:00 in which the person is there."""
    there = 0
    for day in range(5):
        for minute in range(0, 12 * 60, 15):
            moment = at("2026-11-23", "08:00") + dt.timedelta(days=day, minutes=minute)
            there += not any(start <= moment < end for start, end in away)
    expected = Decimal(hours * 60 * there) / (5 * 48)
    assert abs(minutes(hours=[Hours(Decimal(hours), dt.date(2026, 1, 1))], away=away) - expected) <= Decimal("0.5")


def test_ones_free_time_does_not_make_up_for_what_is_too_much_for_another():
    team = TeamLoad((Load(600, 400), Load(300, 480), Load(None, 90)))
    assert (team.capacity, team.booked, team.free, team.over) == (900, 880, 200, 180)
    assert (team.overbooked, team.unknown, team.booked_of_unknown) == (1, 1, 90)
    assert team.places(50) == 4


def test_free_places_are_whole_meetings_of_one_person():
    assert TeamLoad((Load(70, 0), Load(70, 0))).places(90) == 0
    assert Load(100, 1).places(50) == 1


def test_the_weeks_begin_on_the_first_monday_from_today():
    assert first_monday(dt.date(2026, 11, 22)) == first_monday(dt.date(2026, 11, 23)) == dt.date(2026, 11, 23)
    assert first_monday(dt.date(2026, 11, 24)) == dt.date(2026, 11, 30)


# --- from the database -----------------------------------------------------------------------------------------------


@pytest.fixture
def twenty_hours(piotr, wodna):
    return WeeklyHours.objects.create(staff=piotr, centre=wodna, hours=20, from_on=dt.date(2026, 1, 1))


def test_planned_meetings_are_booked_for_each_who_leads_them(twenty_hours, meet, annas_case, piotr, wodna, make_staff):
    other = make_staff("Kinga", "Druga", Role.THERAPIST, centre=wodna)
    meet(annas_case, "2026-11-24", status="planned", minutes=90, together_with=[other])
    meet(annas_case, "2026-11-25", status="by_family")
    outlook = capacity_ahead([wodna.pk])
    assert outlook.of_person(wodna.pk, piotr.pk, 0) == Load(1200, 90)
    assert outlook.of_person(wodna.pk, other.pk, 0) == Load(None, 90)
    team = outlook.of_centre(wodna.pk, 0)
    assert (team.capacity, team.booked, team.free, team.booked_of_unknown) == (1200, 90, 1110, 90)


def test_a_person_of_two_centres_has_hours_at_each(twenty_hours, piotr, wodna, krakowiakow):
    RoleAssignment.objects.create(user=piotr.user, role=Role.THERAPIST, centre=krakowiakow)
    WeeklyHours.objects.create(staff=piotr, centre=krakowiakow, hours=5, from_on=dt.date(2026, 1, 1))
    outlook = capacity_ahead([wodna.pk, krakowiakow.pk])
    assert outlook.of_person(krakowiakow.pk, piotr.pk, 0).capacity == 300
    assert outlook.of_centre(None, 0).capacity == 1500


def test_absences_and_opening_hours_are_looked_up(twenty_hours, piotr, wodna):
    for weekday in range(1, 6):
        OpeningHours.objects.create(
            centre=wodna, weekday=weekday, opens_at=dt.time(8), closes_at=dt.time(18), from_on=dt.date(2026, 1, 1)
        )
    Absence.objects.create(
        staff=piotr,
        kind="leave",
        from_at=at("2026-12-01", "13:00"),
        to_at=at("2026-12-02", "00:00"),
        entered_by=piotr.user,
    )
    assert [capacity_ahead([wodna.pk]).of_person(wodna.pk, piotr.pk, week).capacity for week in (0, 1)] == [1200, 1080]


def test_who_has_left_has_no_time_any_more(twenty_hours, piotr, wodna):
    RoleAssignment.objects.filter(user=piotr.user).update(to_on=dt.date(2026, 11, 21))
    assert capacity_ahead([wodna.pk]).loads == {}


def test_who_leaves_soon_has_time_until_then(twenty_hours, piotr, wodna):
    RoleAssignment.objects.filter(user=piotr.user).update(to_on=dt.date(2026, 11, 25))
    loads = capacity_ahead([wodna.pk]).loads[wodna.pk, piotr.pk]
    assert [load.capacity for load in loads] == [720, *[0] * 7]


def test_it_takes_seven_statements_however_many_people_and_meetings_there_are(busy_autumn, wodna):
    with CaptureQueriesContext(connection) as captured:
        outlook = capacity_ahead([wodna.pk])
    assert len(captured) == 7
    assert len(outlook.loads) == 3

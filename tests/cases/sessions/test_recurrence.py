"""The days of a series, without a database: one weekday, one hour on the clock, the right number of them."""

from __future__ import annotations

import datetime as dt
import itertools

from hypothesis import given
from hypothesis import strategies as st

from cases.sessions.moments import local_moment
from cases.sessions.recurrence import days_after, days_of_series, due_by, in_the_same_week, usual_count

days = st.dates(dt.date(2025, 1, 1), dt.date(2030, 12, 31))
rhythms = st.sampled_from([1, 2])
counts = st.integers(1, 60)
by_day = st.times(dt.time(6), dt.time(22)).map(lambda time: time.replace(second=0, microsecond=0))


@given(days, rhythms, counts)
def test_every_day_is_on_the_same_weekday_one_rhythm_after_the_one_before(first, weeks, count):
    found = days_of_series(first, weeks, count)
    assert len(found) == count
    assert found[0] == first
    assert {(b - a).days for a, b in itertools.pairwise(found)} <= {7 * weeks}


@given(days, rhythms, counts, by_day)
def test_the_hour_on_the_clock_stays_whatever_the_clocks_do(first, weeks, count, time):
    moments = [local_moment(day, time) for day in days_of_series(first, weeks, count)]
    assert {(one.hour, one.minute) for one in moments} == {(time.hour, time.minute)}


def test_nine_o_clock_stays_nine_over_both_changes_of_the_clocks():
    autumn = [local_moment(day, dt.time(9)) for day in days_of_series(dt.date(2026, 10, 19), 1, 2)]
    spring = [local_moment(day, dt.time(9)) for day in days_of_series(dt.date(2027, 3, 22), 1, 2)]
    assert [one.astimezone(dt.UTC).hour for one in autumn] == [7, 8]
    assert [one.astimezone(dt.UTC).hour for one in spring] == [8, 7]


def test_half_a_year_is_26_weekly_and_13_fortnightly_meetings():
    assert [usual_count(1), usual_count(2)] == [26, 13]


@given(days, st.integers(1, 7))
def test_a_day_moves_within_its_week(day, weekday):
    moved = in_the_same_week(day, weekday)
    assert moved.isoweekday() == weekday
    assert moved.isocalendar()[:2] == day.isocalendar()[:2]


@given(days, st.integers(1, 7), rhythms, counts, st.integers(-100, 400))
def test_a_series_goes_on_in_its_own_weeks_and_not_before_the_day(last, weekday, weeks, count, later):
    not_before = last + dt.timedelta(days=later)
    found = days_after(last, weekday, weeks, count, not_before)
    assert len(found) == count
    assert min(found) >= not_before
    assert min(found) > last
    week = dt.timedelta(days=1)
    distance = (in_the_same_week(found[0], 1) - in_the_same_week(last, 1)) / week / 7
    assert distance % weeks == 0


@given(days, rhythms, counts, st.integers(-10, 500))
def test_what_is_due_is_what_the_rhythm_puts_before_the_day(first, weeks, count, later):
    day = first + dt.timedelta(days=later)
    assert due_by(first, weeks, count, day) == sum(one < day for one in days_of_series(first, weeks, count))

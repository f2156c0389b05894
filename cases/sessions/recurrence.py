"""The days of a series: every week or every second one, on one weekday (P2). Days and clock times only, no moments.

Which moment a day and a time are is for `moments.local_moment` to say, so that 9:00 stays 9:00 when the clocks change.
"""

from __future__ import annotations

import datetime as dt

from dateutil.rrule import WEEKLY, rrule

WEEK = dt.timedelta(days=7)
WEEKS_OF_HALF_A_YEAR = 26


def days_of_series(first_on: dt.date, weeks_between: int, count: int) -> list[dt.date]:
    """`count` days, the first one among them, each `weeks_between` weeks after the one before."""
    rule = rrule(WEEKLY, dtstart=dt.datetime.combine(first_on, dt.time()), interval=weeks_between, count=count)
    return [moment.date() for moment in rule]


def usual_count(weeks_between: int) -> int:
    """How many meetings half a year holds: 26 weekly, 13 every second week (P2)."""
    return WEEKS_OF_HALF_A_YEAR // weeks_between


def in_the_same_week(day: dt.date, weekday: int) -> dt.date:
    """The day with this ISO weekday (Monday is 1) in the week, from Monday on, that holds `day`."""
    return day + dt.timedelta(days=weekday - day.isoweekday())


def days_after(last: dt.date, weekday: int, weeks_between: int, count: int, not_before: dt.date) -> list[dt.date]:
    """Where a series goes on after its last day, in its own rhythm of weeks, and not before a given day."""
    first = in_the_same_week(last, weekday) + weeks_between * WEEK
    while first < not_before:
        first += weeks_between * WEEK
    return days_of_series(first, weeks_between, count)


def due_by(first_on: dt.date, weeks_between: int, count: int, day: dt.date) -> int:
    """How many of the series' `count` meetings the rhythm puts before this day."""
    if day <= first_on:
        return 0
    return min(count, 1 + ((day - first_on).days - 1) // (7 * weeks_between))

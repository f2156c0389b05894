"""Working days in Poland: Monday to Friday without the statutory holidays (P6)."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

SATURDAY = 5
ONE_DAY = dt.timedelta(days=1)


@lru_cache(maxsize=128)
def _holidays_of(year: int) -> dict[dt.date, str]:
    """Name by day. The library knows since when each is one: 24 December since 2025."""
    from holidays.countries.poland import Poland  # a second to import: only who asks pays

    calendar: dict[dt.date, str] = Poland(years=year, language="pl")  # type: ignore[no-untyped-call] # it has no types
    return dict(calendar)


def holiday_name(day: dt.date) -> str | None:
    """The statutory holiday that falls on this day, in Polish."""
    return _holidays_of(day.year).get(day)


def is_working_day(day: dt.date) -> bool:
    """Monday to Friday and no statutory holiday."""
    return day.weekday() < SATURDAY and day not in _holidays_of(day.year)


def add_working_days(day: dt.date, n: int) -> dt.date:
    """The n-th working day after ``day``; the day after the event is day 1, whatever day the event fell on."""
    if n < 0:
        raise ValueError("Deadlines run forward: n must not be negative.")
    while n:
        day += ONE_DAY
        n -= is_working_day(day)
    return day

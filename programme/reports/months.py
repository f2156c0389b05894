"""The month of a report: a first day, cut out of time in Europe/Warsaw, and always over before it is reported."""

from __future__ import annotations

import datetime as dt

from dateutil.relativedelta import relativedelta
from django.utils import timezone

ONE_MONTH = relativedelta(months=1)


def month_of(day: dt.date) -> dt.date:
    """The first day of the month, which is how a month is stored."""
    return dt.date(day.year, day.month, 1)


def last_day(month: dt.date) -> dt.date:
    return month_of(month) + ONE_MONTH - dt.timedelta(days=1)


def last_completed(today: dt.date | None = None) -> dt.date:
    """The newest month that may be reported."""
    return month_of(today or timezone.localdate()) - ONE_MONTH


def bounds(month: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The first moment of the month and the first one after it, as clocks in Kraków show them (DST included)."""
    start = month_of(month)
    return _midnight(start), _midnight(start + ONE_MONTH)


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def months_back(first: dt.date, today: dt.date | None = None) -> list[dt.date]:
    """All completed months since the one in which ``first`` falls, the newest first."""
    month, oldest = last_completed(today), month_of(first)
    found = []
    while month >= oldest:
        found.append(month)
        month -= ONE_MONTH
    return found

"""The months over which assessments are counted: completed ones, as Kraków's calendar and clocks cut them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dateutil.relativedelta import relativedelta
from django.utils import timezone

from foundation.formats import MONTHS_GENITIVE, format_month

ONE_MONTH = relativedelta(months=1)


@dataclass(frozen=True)
class Period:
    """A month, or a year up to a month, and until when later events are looked at.

    Months are written as their first days.
    """

    first: dt.date
    last: dt.date
    known: dt.date
    """The month up to whose end an assessment at the end of therapy, or a closing, counts."""
    is_year: bool = False
    """A year so far, even if only January is over."""

    @property
    def starts_at(self) -> dt.datetime:
        return _midnight(self.first)

    @property
    def ends_at(self) -> dt.datetime:
        """The first moment after it."""
        return _midnight(self.last + ONE_MONTH)

    @property
    def known_at(self) -> dt.datetime:
        return _midnight(self.known + ONE_MONTH)

    @property
    def last_day(self) -> dt.date:
        return self.last + ONE_MONTH - dt.timedelta(days=1)

    @property
    def known_on(self) -> dt.date:
        """The last day of what is known."""
        return self.known + ONE_MONTH - dt.timedelta(days=1)

    @property
    def key(self) -> str:
        """As it stands in an address: 2026, or 2026-10."""
        return f"{self.first:%Y}" if self.is_year else f"{self.first:%Y-%m}"

    @property
    def label(self) -> str:
        """październik 2026; 1 stycznia – 31 października 2026"""
        if not self.is_year:
            return format_month(self.first)
        end = self.last_day
        return f"1 {MONTHS_GENITIVE[0]} – {end.day} {MONTHS_GENITIVE[end.month - 1]} {end.year}"


def last_completed(today: dt.date | None = None) -> dt.date:
    return (today or timezone.localdate()).replace(day=1) - ONE_MONTH


def year_to(month: dt.date) -> Period:
    """From January to a month's end, and nothing later: what a report of that month shows."""
    return Period(month.replace(month=1), month, known=month, is_year=True)


def periods(first: dt.date, known: dt.date) -> list[Period]:
    """What can be chosen, the newest first: each year (the running one so far), then its months.

    ``first`` is a day in the first month with anything to count, ``known`` the newest completed month.
    """
    found = []
    for year in range(known.year, first.year - 1, -1):
        january = dt.date(year, 1, 1)
        last = min(january.replace(month=12), known)
        found.append(Period(january, last, known, is_year=True))
        month = last
        while month >= max(january, first.replace(day=1)):
            found.append(Period(month, month, known))
            month -= ONE_MONTH
    return found


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))

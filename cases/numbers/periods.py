"""Over which time meetings are counted: months, quarters, half-years and years of Kraków's calendar, or from – to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from dateutil.relativedelta import relativedelta
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.formats import format_date, format_month

ONE_DAY = dt.timedelta(days=1)
ONE_MONTH = relativedelta(months=1)
ROMAN = ("I", "II", "III", "IV")
MONTHS_OF_A_QUARTER, MONTHS_OF_A_HALF, MONTHS_OF_A_YEAR = 3, 6, 12
LONGEST = relativedelta(years=2)
"""From the first to the last day that somebody chooses freely."""


@dataclass(frozen=True)
class Period:
    """From a first to a last day, both included, and how it is called."""

    key: str
    """As it stands in an address: 2026, 2026-h1, 2026-q3, 2026-10, or 2026-10-01..2026-10-15."""
    label: str
    first: dt.date
    last: dt.date

    @property
    def starts_at(self) -> dt.datetime:
        return midnight(self.first)

    @property
    def ends_at(self) -> dt.datetime:
        """The first moment after it."""
        return midnight(self.last + ONE_DAY)

    @property
    def months(self) -> list[Period]:
        """It cut at the ends of the months."""
        return list(self._cut())

    def _cut(self) -> Iterator[Period]:
        first = self.first
        while first <= self.last:
            next_month = first.replace(day=1) + ONE_MONTH
            last = min(next_month - ONE_DAY, self.last)
            yield Period(f"{first:%Y-%m}", format_month(first), first, last)
            first = next_month

    def up_to(self, day: dt.date) -> Period:
        """The same, but nothing after this day."""
        return self if self.last <= day else Period(self.key, self.label, self.first, day)


def midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def last_completed_day(today: dt.date) -> dt.date:
    """The last day of the newest month that is over."""
    return today.replace(day=1) - ONE_DAY


def span(first: dt.date, last: dt.date) -> Period:
    """From one day to another, chosen freely."""
    return Period(f"{first}..{last}", f"{format_date(first)} – {format_date(last)}", first, last)


def periods(first: dt.date, last: dt.date) -> list[tuple[int, list[Period]]]:
    """What can be chosen between two days, by year, the newest first: the year, its halves, quarters and months.

    A period is offered as soon as a day of it can be counted.
    """
    return [(year, list(_of_year(year, first, last))) for year in range(last.year, first.year - 1, -1)]


def _of_year(year: int, first: dt.date, last: dt.date) -> Iterator[Period]:
    for length in (MONTHS_OF_A_YEAR, MONTHS_OF_A_HALF, MONTHS_OF_A_QUARTER, 1):
        for number in reversed(range(12 // length)):
            begin = dt.date(year, number * length + 1, 1)
            end = begin + relativedelta(months=length) - ONE_DAY
            if begin <= last and end >= first:
                yield Period(_key(begin, length, number), _label(begin, length, number), begin, end)


def _key(begin: dt.date, length: int, number: int) -> str:
    if length == MONTHS_OF_A_YEAR:
        return f"{begin.year}"
    if length == MONTHS_OF_A_HALF:
        return f"{begin.year}-h{number + 1}"
    return f"{begin.year}-q{number + 1}" if length == MONTHS_OF_A_QUARTER else f"{begin:%Y-%m}"


def _label(begin: dt.date, length: int, number: int) -> str:
    said = {"number": ROMAN[number] if length > 1 else "", "year": begin.year}
    if length == MONTHS_OF_A_YEAR:
        return _("the year %(year)s") % said
    if length == MONTHS_OF_A_HALF:
        return _("half-year %(number)s of %(year)s") % said
    return _("quarter %(number)s of %(year)s") % said if length == MONTHS_OF_A_QUARTER else format_month(begin)

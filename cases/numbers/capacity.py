"""How much time for meetings a week has, how much of it is taken, and what is left. Pure: what is known comes in.

The definition stands in decision 0095. Times are whole minutes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.utils import timezone

from foundation.working_days import holiday_name

DAYS_OF_WORK = 5
MINUTES_AN_HOUR = 60
ONE_DAY = dt.timedelta(days=1)

Spell = tuple[dt.time, dt.time]
Span = tuple[dt.datetime, dt.datetime]

USUAL_DAY: tuple[Spell, ...] = ((dt.time(8), dt.time(20)),)
"""Against which a part of a day away is measured where nobody has entered the opening hours."""


@dataclass(frozen=True)
class Hours:
    """So many hours a week for meetings, from a day to a day; no end means that they still hold."""

    hours: Decimal
    from_on: dt.date
    to_on: dt.date | None = None

    def hold_on(self, day: dt.date) -> bool:
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True)
class Load:
    """One person's week at one centre. `capacity` None: nobody has entered it, so nothing is free and nothing over.

    Who does not work there that week has none, so that all that is booked with them is too much.
    """

    capacity: int | None
    booked: int
    works: bool = True

    @property
    def free(self) -> int:
        return max((self.capacity or 0) - self.booked, 0)

    @property
    def over(self) -> int:
        """What is booked beyond the capacity."""
        return 0 if self.capacity is None else max(self.booked - self.capacity, 0)

    def places(self, minutes: int) -> int:
        """How many meetings of this length still fit."""
        return self.free // minutes


@dataclass(frozen=True)
class TeamLoad:
    """Several people's week. One's free time does not make up for what is too much for another."""

    loads: tuple[Load, ...]

    @property
    def known(self) -> tuple[Load, ...]:
        return tuple(load for load in self.loads if load.capacity is not None)

    @property
    def capacity(self) -> int | None:
        """None where nobody has entered any, of who works there; with everybody gone there is none."""
        known = [load.capacity or 0 for load in self.known if load.works]
        return sum(known) if known or (self.loads and not self.unknown) else None

    @property
    def booked(self) -> int:
        """Of those whose hours are entered, and of those who have left, so that it compares with the capacity."""
        return sum(load.booked for load in self.known)

    @property
    def free(self) -> int:
        return sum(load.free for load in self.known)

    @property
    def over(self) -> int:
        return sum(load.over for load in self.known)

    @property
    def overbooked(self) -> int:
        """How many people have more meetings than time."""
        return sum(load.over > 0 for load in self.known)

    @property
    def unknown(self) -> int:
        """How many people have no hours entered."""
        return len(self.loads) - len(self.known)

    @property
    def booked_of_unknown(self) -> int:
        return sum(load.booked for load in self.loads if load.capacity is None)

    def places(self, minutes: int) -> int:
        return sum(load.places(minutes) for load in self.known)


def capacity_of_week(
    monday: dt.date,
    *,
    hours: Sequence[Hours],
    works_on: Callable[[dt.date], bool],
    spells_of: Callable[[dt.date], Sequence[Spell] | None],
    away: Iterable[Span] = (),
) -> int | None:
    """The minutes for meetings that somebody has in the week of this Monday; None where nobody has entered any.

    A week's hours are spread evenly over the days on which the centre is open, from Monday to Friday where its opening
    hours are not entered. A statutory holiday takes its day away, an absence the part of the opening hours in which
    it falls. `works_on` says whether the person holds a role at the centre on a day, `spells_of` when the centre is
    open, None where that is not known.
    """
    days = [monday + ONE_DAY * number for number in range(7)]
    open_days = {day: spells for day in days if (spells := _open(day, spells_of))}
    spans = list(away)
    if not any(one.hold_on(day) for one in hours for day in days):
        return None
    total = Fraction(0)
    for day, spells in open_days.items():
        held = next((one for one in hours if one.hold_on(day)), None)
        if held is None or holiday_name(day) or not works_on(day):
            continue
        share = Fraction(held.hours) * MINUTES_AN_HOUR / len(open_days)
        total += share * (1 - _part_away(day, spells, spans))
    return int((Decimal(total.numerator) / total.denominator).quantize(Decimal(1), ROUND_HALF_UP))


def _open(day: dt.date, spells_of: Callable[[dt.date], Sequence[Spell] | None]) -> Sequence[Spell]:
    known = spells_of(day)
    if known is None:
        return USUAL_DAY if day.isoweekday() <= DAYS_OF_WORK else ()
    return known


def _part_away(day: dt.date, spells: Sequence[Spell], away: Sequence[Span]) -> Fraction:
    whole = missed = 0
    for opens, closes in spells:
        start, end = _moment(day, opens), _moment(day, closes)
        whole += _seconds(end - start)
        missed += sum(_seconds(max(min(end, until) - max(start, since), dt.timedelta())) for since, until in away)
    return Fraction(min(missed, whole), whole)


def _moment(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, timezone.get_default_timezone()).astimezone(dt.UTC)


def _seconds(length: dt.timedelta) -> int:
    return round(length.total_seconds())

"""How far an indicator is, and how far it should be: pure arithmetic on values, months and types (R1, R6).

All shares are exact fractions, so that 97 % is 97 % and not a float beside it.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from programme.plan.models import Indicator

Kind = Indicator.Kind
Months = Mapping[dt.date, Decimal]
"""What one unit reported: the first day of a month → its value."""

ON_PLAN_FROM = Fraction(97, 100)
BELOW_PACE_FROM = Fraction(80, 100)


class Assessment(TextChoices):
    """How an indicator stands against its pace. The order is that of the tiles."""

    ON_PLAN = "on_plan", _("on plan")
    BELOW_PACE = "below_pace", _("below pace")
    AT_RISK = "at_risk", _("at risk")
    NO_DATA = "no_data", _("no data")
    NO_TARGET = "no_target", _("no target")  # there are results, but nothing to measure them against (R6)

    @property
    def icon(self) -> str:
        """Its bootstrap icon; a state is never colour alone."""
        return _ICONS[self]

    @property
    def tone(self) -> str:
        """The class of its tag in the portal's look."""
        return _TONES[self]

    @property
    def is_behind(self) -> bool:
        return self in {Assessment.BELOW_PACE, Assessment.AT_RISK}


_ICONS = {
    Assessment.ON_PLAN: "check-circle",
    Assessment.BELOW_PACE: "hourglass-split",
    Assessment.AT_RISK: "exclamation-triangle",
    Assessment.NO_DATA: "question-circle",
    Assessment.NO_TARGET: "dash-circle",
}
_TONES = {
    Assessment.ON_PLAN: "ok",
    Assessment.BELOW_PACE: "warn",
    Assessment.AT_RISK: "late",
    Assessment.NO_DATA: "",
    Assessment.NO_TARGET: "",
}


def end_of_month(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def last_complete_month(today: dt.date) -> dt.date:
    """The last day of the month that ended before today's: reports and pages count completed months."""
    return today.replace(day=1) - dt.timedelta(days=1)


def elapsed_share(on: dt.date) -> Fraction:
    """The share of the year that is over at the end of this day, in months: ten twelfths on 31 October."""
    days = calendar.monthrange(on.year, on.month)[1]
    return Fraction(on.month - 1, 12) + Fraction(on.day, days * 12)


def due_share(kind: str, on: dt.date) -> Fraction:
    """Which share of the year's target is due on a day.

    What adds up is due as the year goes by; a number of families, a state, a rate, a minimum or a growth is always due
    in full; a milestone is due on the last day of its year.
    """
    if kind == Kind.COUNT:
        return elapsed_share(on)
    if kind == Kind.MILESTONE:
        return Fraction(int((on.month, on.day) == (12, 31)))
    return Fraction(1)


def due_amount(kind: str, target: Decimal | None, on: dt.date) -> Decimal | None:
    """How much of a target is due on a day; None where there is no number to reach."""
    if target is None:
        return None
    share = due_share(kind, on)
    return target * share.numerator / share.denominator


def to_date(kind: str, parts: Sequence[Months]) -> Decimal | None:
    """The result so far, from what each unit gave for the months of one year; None is no data, not 0 (R1, R2).

    Counts and minima add up over months and units. Distinct people and states are the latest of each unit; they add up
    over units, never over months. A rate is the mean of the months that are known. Growth is the latest figure, and a
    milestone once reached stays reached.
    """
    known = [part for part in parts if part]
    if not known:
        return None
    if kind in {Kind.COUNT, Kind.MINIMUM}:
        return sum((sum(part.values(), Decimal(0)) for part in known), Decimal(0))
    if kind == Kind.MONTHLY_RATE:
        months = month_totals(known)
        return sum(months.values(), Decimal(0)) / len(months)
    if kind == Kind.MILESTONE:
        return max(max(part.values()) for part in known)
    if kind == Kind.GROWTH:
        latest = max(max(part) for part in known)
        return next(part[latest] for part in known if latest in part)
    return sum((part[max(part)] for part in known), Decimal(0))


def month_totals(parts: Sequence[Months]) -> dict[dt.date, Decimal]:
    """What all units gave for each month together."""
    totals: dict[dt.date, Decimal] = {}
    for part in parts:
        for month, value in part.items():
            totals[month] = totals.get(month, Decimal(0)) + value
    return totals


def running(kind: str, parts: Sequence[Months], year: int, until: dt.date) -> list[Decimal | None]:
    """The result to date at the end of each month of a year, up to a day: what a line chart draws."""
    return [
        to_date(kind, [{m: value for m, value in part.items() if m.month <= month} for part in parts])
        for month in range(1, 13)
        if dt.date(year, month, 1) <= until
    ]


def assess(kind: str, done: Decimal | None, target: Decimal | None, on: dt.date | None) -> Assessment:
    """Whether an indicator keeps its pace at the date of its data (design part 6).

    done/due ≥ 0.97 is on plan, ≥ 0.80 below pace, less at risk. Where nothing is due yet, everything is on plan.
    """
    if done is None or on is None:
        return Assessment.NO_DATA
    if kind == Kind.MILESTONE:
        target = Decimal(1)
    if target is None:
        if kind == Kind.GROWTH:  # „wzrost”, without a number
            return Assessment.ON_PLAN if done > 0 else Assessment.AT_RISK
        return Assessment.NO_TARGET
    due = Fraction(target) * due_share(kind, on)
    reached = Fraction(done)
    if reached >= due * ON_PLAN_FROM:
        return Assessment.ON_PLAN
    return Assessment.BELOW_PACE if reached >= due * BELOW_PACE_FROM else Assessment.AT_RISK


def share_of_target(kind: str, done: Decimal | None, target: Decimal | None) -> float | None:
    """done ÷ target; above 1 is an overshoot and stays one, and no target is not 0 % (R6)."""
    if kind == Kind.MILESTONE:
        target = Decimal(1)
    if done is None or not target:
        return None
    return float(Fraction(done) / Fraction(target))

"""One indicator's year, month by month: the lines of its table and its chart."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from foundation.charts import line_chart
from programme.plan.models import Indicator, whole
from programme.results.counting import months_until
from programme.results.pace import due_amount, end_of_month, month_totals
from programme.results.standing import IndicatorStanding, number_text


@dataclass(frozen=True)
class MonthLine:
    """A month of an indicator's table."""

    month: dt.date
    value: str
    to_date: str
    due: str
    is_known: bool


def _running(standing: IndicatorStanding, until: dt.date) -> list[float | None]:
    known = standing.running()
    values: list[float | None] = [None if value is None else _drawn(value) for value in known]
    return values + [None] * (len(months_until(standing.year, until)) - len(values))


def _drawn(value: Decimal) -> float:
    """A value for the chart; a whole number stays one, so that it is not labelled 9 910,0."""
    number = whole(value)
    return number if isinstance(number, int) else float(number)


def lines(standing: IndicatorStanding, until: dt.date) -> list[MonthLine]:
    """The months up to a day: what came in, the result so far, and what was due by then."""
    indicator, totals, running = standing.indicator, month_totals(standing.parts), standing.running()
    target = standing.target.value if standing.target else None
    found = []
    for place, month in enumerate(months_until(standing.year, until)):
        value = totals.get(month)
        reached = running[place] if place < len(running) else None
        due = due_amount(indicator.kind, target, end_of_month(month))
        found.append(
            MonthLine(
                month=month,
                value=_few() if month in standing.small_months else number_text(indicator.kind, value),
                to_date=_few() if standing.is_small and reached else number_text(indicator.kind, reached),
                due=number_text(
                    indicator.kind, None if due is None else due.quantize(Decimal(1), rounding=ROUND_HALF_UP)
                ),
                is_known=value is not None,
            )
        )
    return found


def _few() -> str:
    return f"<{settings.SUPPRESS_BELOW}"


def chart(standing: IndicatorStanding, until: dt.date) -> SafeString | None:
    """The result so far against the pace; None where there is no number to draw or it is too small to be shown."""
    kind = standing.indicator.kind
    if kind == Indicator.Kind.MILESTONE or standing.to_date is None or standing.is_small:
        return None
    target = standing.target.value if standing.target else None
    ends = [end_of_month(dt.date(standing.year, month, 1)) for month in range(1, 13)]
    due = [due_amount(kind, target, end) for end in ends]
    return line_chart(
        title=_("%(name)s, %(year)d: result to date against the pace")
        % {"name": standing.indicator.name, "year": standing.year},
        points=_running(standing, until),
        target=None if target is None else _drawn(target),
        pace=[float(amount) for amount in due if amount is not None] or None,
    )

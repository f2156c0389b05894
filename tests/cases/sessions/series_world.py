"""What the tests of series share: a series of Piotr's with Anna's family, and a browser's way through its pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from cases.sessions.moments import local_moment
from cases.sessions.recurrence import days_of_series
from cases.sessions.series import plan_series
from cases.sessions.series_models import SessionSeries
from tests.cases.sessions.conftest import fields_of, people_of

MONDAY = dt.date(2026, 11, 23)


def series_of(case: Any, therapist: Any, service: Any, room: Any = None, **changes: Any) -> SessionSeries:
    """Mondays at 16:00 from tomorrow on; `count`, `first_on`, `by` and every other argument may be given otherwise."""
    first_on = changes.pop("first_on", MONDAY)
    weeks, time = changes.get("weeks_between", 1), changes.get("time", dt.time(16))
    arguments = {
        "service": service,
        "therapist": therapist,
        "room": room,
        "persons": people_of(case),
        "weeks_between": weeks,
        "first_on": first_on,
        "time": time,
        "minutes": 60,
        "starts": [local_moment(day, time) for day in days_of_series(first_on, weeks, changes.pop("count", 4))],
        "by": therapist.user,
    }
    return plan_series(case, **arguments | changes)


def dates_of(answer: Any) -> dict[str, Any]:
    """What a browser would send of the second page as it stands: the plan and all dates."""
    context = answer.context
    typed = {name: value for name, value in fields_of(context["preview"].form).items() if value not in {"", "False"}}
    return fields_of(context["form"]) | typed


def meetings_of(series: SessionSeries) -> list[Any]:
    return list(series.sessions.order_by("starts_at"))

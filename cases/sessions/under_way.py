"""How the open series of one case go, in the statement that reads the case: its first page has none to spare.

What the warning needs comes as one value beside the case. A join would do as well, but the database takes longer to
plan a statement of so many tables than to read all of this.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from django.db.models import Aggregate, F, JSONField, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from cases.casefile.models import Case, CaseQuerySet
from cases.sessions.models import Session
from cases.sessions.progress import Progress, progress_of
from cases.sessions.series_models import SessionSeries, what_happened
from centres.models import Service

NUMBERS = ("weeks_between", "count")
DAYS = ("first_on", "review_on")
MOMENTS = ("last_held_at", "last_unresolved_at", "first_at", "last_at")


class _List(Aggregate):
    """The rows of a subquery as one list."""

    function = "JSONB_AGG"
    output_field = JSONField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **more)


def with_open_series(cases: CaseQuerySet, now: dt.datetime) -> CaseQuerySet:
    """Add `open_series`, which `series_under_way` reads; for one case."""
    meetings = Session.objects.filter(series=OuterRef("pk")).order_by().values("series")
    happened = meetings.annotate(happened=JSONObject(**what_happened(now))).values("happened")
    series = SessionSeries.objects.open().filter(case=OuterRef("pk")).order_by().values("case")
    facts = JSONObject(
        **{name: name for name in ("uuid", *NUMBERS, *DAYS)},
        service=F("service__name"),
        happened=Subquery(happened, output_field=JSONField()),
    )
    return cases.annotate(open_series=Subquery(series.annotate(told=_List(facts)).values("told")))


def series_under_way(case: Case, now: dt.datetime) -> list[Progress]:
    """A Progress for each open series of a case `with_open_series`, the nearest end first.

    A closed case has none: nobody is told to extend what is over.
    """
    told = (vars(case)["open_series"] or []) if case.is_open else []
    return sorted((_progress(one, now) for one in told), key=lambda one: one.series.review_on)


def _progress(told: dict[str, Any], now: dt.datetime) -> Progress:
    series = SessionSeries(
        uuid=uuid.UUID(told["uuid"]),
        service=Service(name=told["service"]),
        **{name: told[name] for name in NUMBERS},
        **{name: dt.date.fromisoformat(told[name]) for name in DAYS},
    )
    happened = told["happened"] or dict.fromkeys(what_happened(now), 0)  # no meeting is left of it
    if isinstance(happened, str):  # one database writes a list's inner values as text
        happened = json.loads(happened)
    vars(series).update(happened | {name: _moment(happened[name]) for name in MOMENTS})
    return progress_of(series, now)


def _moment(told: str | None) -> dt.datetime | None:
    """The same database keeps all moments in UTC, and does not say so."""
    if not told:
        return None
    moment = dt.datetime.fromisoformat(told)
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=dt.UTC)

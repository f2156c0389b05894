"""What a list of cases says about meetings, in the list's own query."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, IntegerField, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from cases.casefile.models import CaseQuerySet
from cases.sessions.models import Session


def with_meetings(cases: CaseQuerySet, now: dt.datetime) -> CaseQuerySet:
    """Add `next_session_at`, `last_session_at` (None where there is none) and `unresolved_count` to each case.

    The next one is planned and has not started; the last one was held; unresolved ones are planned and over. Each is
    one short look into an index, made for the rows of a page only.
    """
    of_case = Session.objects.filter(case=OuterRef("pk")).order_by()
    coming = of_case.planned().filter(starts_at__gte=now).order_by("starts_at")
    held = of_case.held().filter(starts_at__lte=now).order_by("-starts_at")
    unresolved = of_case.unresolved(now).values("case").annotate(n=Count("pk")).values("n")
    return cases.annotate(
        next_session_at=Subquery(coming.values("starts_at")[:1]),
        last_session_at=Subquery(held.values("starts_at")[:1]),
        unresolved_count=Coalesce(Subquery(unresolved, output_field=IntegerField()), 0),
    )


def with_meeting_counts(cases: CaseQuerySet, now: dt.datetime) -> CaseQuerySet:
    """Add `held_count`, `unresolved_count` and `next_session_at` by reading all meetings: for the page of one case."""
    planned = Q(sessions__status=Session.Status.PLANNED)
    return cases.annotate(
        held_count=Count("sessions", filter=Q(sessions__status=Session.Status.HELD)),
        unresolved_count=Count("sessions", filter=planned & Q(sessions__ends_at__lte=now)),
        next_session_at=Min("sessions__starts_at", filter=planned & Q(sessions__starts_at__gte=now)),
    )

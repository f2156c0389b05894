"""What a list of cases says about meetings, in the list's own query.

A group's meeting is a case's as well where somebody of it is invited, or was there; whom it concerns is found by the
case's enrolments, which most cases have none of, so that they cost no more than one look into an index.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import DateTimeField, Exists, F, Func, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Least, NullIf

from cases.casefile.models import CaseQuerySet
from cases.sessions.group_models import GroupEnrolment
from cases.sessions.models import Attendance, Session, SessionQuerySet

NEVER_YET = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
NEVER_MORE = dt.datetime(9999, 12, 30, tzinfo=dt.UTC)
"""Beside „none” one database calls nothing the least, another one skips it: moments that no meeting has."""

OWN = Session.objects.filter(case=OuterRef("pk")).order_by()


def with_meetings(cases: CaseQuerySet, now: dt.datetime) -> CaseQuerySet:
    """Add `next_session_at`, `last_session_at` (None where there is none) and `unresolved_count` to each case.

    The next one is planned and has not started; the last one was held; unresolved ones are planned and over. Each is
    one short look into an index, made for the rows of a page only. Unresolved meetings of groups are not counted: they
    wait for the group's leaders and the head of its centre, and nobody who works with the case could settle them.
    """
    held = OWN.held().filter(starts_at__lte=now).order_by("-starts_at").values("starts_at")[:1]
    in_groups = _in_groups(Attendance.Presence.PRESENT).held().filter(starts_at__lte=now)
    last = Greatest(*(_or(NEVER_YET, one) for one in (held, in_groups.order_by("-starts_at").values("starts_at")[:1])))
    return cases.annotate(
        next_session_at=_next(now),
        last_session_at=NullIf(last, _moment(NEVER_YET)),
        unresolved_count=_count(OWN.unresolved(now)),
    )


def with_meeting_counts(cases: CaseQuerySet, now: dt.datetime) -> CaseQuerySet:
    """Add `held_count`, `unresolved_count` and `next_session_at`, as above, by reading all meetings: for one case."""
    in_groups = _in_groups(Attendance.Presence.PRESENT).held()
    return cases.annotate(
        held_count=_count(OWN.held()) + _count(in_groups),
        unresolved_count=_count(OWN.unresolved(now)),
        next_session_at=_next(now),
    )


def _next(now: dt.datetime) -> NullIf:
    """When the case's people meet somebody next, by themselves or in a group."""
    own = OWN.planned().filter(starts_at__gte=now)
    in_groups = _in_groups(Attendance.Presence.EXPECTED).planned().filter(starts_at__gte=now)
    both = (_or(NEVER_MORE, some.order_by("starts_at").values("starts_at")[:1]) for some in (own, in_groups))
    return NullIf(Least(*both), _moment(NEVER_MORE))


def _in_groups(presence: str) -> SessionQuerySet:
    """The groups' meetings at which somebody of the case has this presence."""
    there = Attendance.objects.filter(session=OuterRef("pk"), case=OuterRef(OuterRef("pk")), presence=presence)
    groups = GroupEnrolment.objects.filter(case=OuterRef(OuterRef("pk"))).order_by().values("group")
    return Session.objects.filter(Exists(there), group__in=groups).order_by()


def _count(sessions: SessionQuerySet) -> Subquery:
    """How many of them; no aggregate to Django, which would group by it."""
    counted = sessions.values(n=Func(F("pk"), function="COUNT", output_field=IntegerField()))
    return Subquery(counted, output_field=IntegerField())


def _or(moment: dt.datetime, found: Any) -> Coalesce:
    return Coalesce(Subquery(found), _moment(moment))


def _moment(moment: dt.datetime) -> Value:
    return Value(moment, output_field=DateTimeField())

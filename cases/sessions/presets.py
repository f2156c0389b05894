"""What a new meeting's form says before anybody has typed: most meetings resemble the one before."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from django.utils import timezone

from cases.casefile.models import Case
from cases.sessions.group_models import Group
from cases.sessions.models import Session
from cases.sessions.moments import just_over, local_moment
from cases.sessions.rules import FURTHEST
from centres.models import StaffMember
from foundation.working_days import is_working_day

WEEK = dt.timedelta(days=7)
USUAL_MINUTES = 50


def preset_for(case: Case, me: StaffMember | None, status: str, now: dt.datetime | None = None) -> dict[str, Any]:
    """Service, room and people of the case's latest meeting; me, if I meet families here; just over, or the next week.

    Planned again, a meeting keeps its weekday and its hour on the clock, whatever happens to the clock in between.
    """
    now = now or timezone.now()
    latest = case.sessions.select_related("service", "room", "therapist").order_by("-starts_at", "-id").first()
    initial: dict[str, Any] = {"status": status, "therapist": me}
    if latest:
        initial |= {
            "service": latest.service,
            "room": latest.room if latest.room and latest.room.is_active else None,
            "is_online": latest.is_online,
            "minutes": latest.minutes,
            "therapist": me or latest.therapist,
            "usual_people": frozenset(latest.attendances.values_list("person_id", flat=True)),
        }
    if status == Session.Status.PLANNED:
        return initial | _next_time(latest, now)
    start = just_over(latest.minutes if latest else USUAL_MINUTES, now)
    start = max(start, local_moment(case.opened_on, dt.time()))  # no meeting is earlier than its case
    return initial | {"day": start.date(), "time": start.time()}


def preset_for_group(group: Group, now: dt.datetime | None = None) -> dict[str, Any]:
    """A meeting of the group that is just over: all of it as the group's cycle has it."""
    series = group.series
    start = just_over(series.minutes, now)
    return {
        "service": series.service,
        "therapist": series.therapist,
        "co_therapists": list(series.co_therapists.all()),
        "room": series.room if series.room and series.room.is_active else None,
        "is_online": series.is_online,
        "minutes": series.minutes,
        "status": Session.Status.HELD,
        "day": start.date(),
        "time": start.time(),
    }


def _next_time(latest: Session | None, now: dt.datetime) -> dict[str, Any]:
    today = timezone.localdate(now)
    if latest is None:
        day = today + dt.timedelta(days=1)
        while not is_working_day(day):
            day += dt.timedelta(days=1)
        return {"day": day}
    before = timezone.localtime(latest.starts_at)
    day = before.date() + WEEK
    while day <= today:
        day += WEEK
    while day >= today + FURTHEST:  # planned so far ahead that no later meeting could be
        day -= WEEK
    return {"day": day, "time": before.time()}


def asked_for(query: Mapping[str, str]) -> dict[str, Any]:
    """What the address of the form says already, as „free times” writes it there; what makes no sense is left out."""
    readers: dict[str, Callable[[str], Any]] = {
        "day": dt.date.fromisoformat,
        "time": dt.time.fromisoformat,
        "minutes": int,
        "weeks_between": int,
        "service": uuid.UUID,
        "therapist": uuid.UUID,
        "room": uuid.UUID,
    }
    found: dict[str, Any] = {"usual_people": None} if query.get("service") else {}  # another service, other people
    for name in readers.keys() & query.keys():
        with suppress(ValueError):
            found[name] = readers[name](query[name]) if query[name] else None
    return found

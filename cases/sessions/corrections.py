"""Corrections after a month has ended: they are allowed, marked, and reported as such (R4)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases.people.models import Person
from cases.sessions.correction_models import SessionCorrection
from cases.sessions.models import Session
from centres.duties import duties_of
from centres.models import StaffMember
from foundation.formats import format_date, format_time

Kind = SessionCorrection.Kind


class Facts(NamedTuple):
    """What reports count of a meeting; who was late, the room and what was written are no part of it."""

    status: str
    service: str
    therapist: uuid.UUID
    co_therapists: frozenset[uuid.UUID]
    starts_at: dt.datetime
    minutes: int
    presences: Mapping[int, str]
    """person → presence, by their ids"""


def facts_of(session: Session, co_therapists: Iterable[StaffMember], presences: Mapping[int, str]) -> Facts:
    return Facts(
        status=session.status,
        service=session.service.slug,
        therapist=session.therapist.uuid,
        co_therapists=frozenset(one.uuid for one in co_therapists),
        starts_at=session.starts_at,
        minutes=session.minutes,
        presences=dict(presences),
    )


def month_of(moment: dt.datetime) -> dt.date:
    """The first day of the month in which a meeting counts, by the clocks of Kraków."""
    return timezone.localdate(moment).replace(day=1)


def is_closed(month: dt.date) -> bool:
    """Whether a change of what was counted in this month is a correction: the month has ended.

    The one place that knows; it will ask for the reporting period of the month instead.
    """
    return month < timezone.localdate().replace(day=1)


def note_correction(session: Session, before: Facts | None, after: Facts, by: User) -> None:
    """Leave a trace where a month that is closed counts otherwise now. `before` is None for a meeting just logged.

    No statement for a month that still runs.
    """
    months = sorted({month_of(facts.starts_at) for facts in (before, after) if facts})
    closed = [month for month in months if is_closed(month)]
    if not closed or before == after:
        return
    old, new = _codes(before, after)
    now = timezone.now()
    SessionCorrection.objects.bulk_create(
        SessionCorrection(
            session=session,
            month=month,
            kind=_kind_of(before, after),
            before=old,
            after=new,
            at=now,
            by_id=duties_of(by).staff_id,
        )
        for month in closed
    )


def _kind_of(before: Facts | None, after: Facts) -> Kind:
    if before is None:
        return Kind.LOGGED
    waited, waits = (facts.status == Session.Status.PLANNED for facts in (before, after))
    return Kind.SETTLED if waited and not waits else Kind.CHANGED


def _codes(before: Facts | None, after: Facts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only what differs, in both; people by their uuid."""
    old, new = before._asdict() if before else {}, after._asdict()
    differs = [name for name in Facts._fields if name not in old or old[name] != new[name]]
    old, new = ({name: facts[name] for name in differs if name in facts} for facts in (old, new))
    if "presences" in differs:
        was, now = old.get("presences", {}), new["presences"]
        people = [pk for pk in was.keys() | now.keys() if was.get(pk) != now.get(pk)]
        uuids = dict(Person.objects.filter(pk__in=people).values_list("pk", "uuid"))
        for facts, presences in ((old, was), (new, now)):
            if facts:
                facts["presences"] = {str(uuids[pk]): presences[pk] for pk in people if pk in presences}
    return {name: _code(value) for name, value in old.items()}, {name: _code(value) for name, value in new.items()}


def _code(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(str(one) for one in value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


class Line(NamedTuple):
    """One correction as the meeting's page says it."""

    kind: str
    at: dt.datetime
    by: StaffMember | None
    details: list[str]


def corrections_of(session: Session) -> list[Line]:
    """The oldest first. A meeting that was moved between two closed months is told once."""
    found = {(one.at, str(one.after)): one for one in session.corrections.select_related("by").order_by("at", "id")}
    return [
        Line(
            one.get_kind_display(), one.at, one.by, [] if one.kind == Kind.LOGGED else _in_words(one.before, one.after)
        )
        for one in found.values()
    ]


def _in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What changed: values that say something by themselves, and the names of the others."""
    said: dict[str, Any] = {
        "status": _("state: %(before)s → %(after)s"),
        "starts_at": _("time: %(before)s → %(after)s"),
        "minutes": _("minutes: %(before)s → %(after)s"),
        "service": _("service changed"),
        "therapist": _("therapist changed"),
        "co_therapists": _("co-therapists changed"),
        "presences": _("presence changed"),
    }
    return [
        words % {"before": _value(name, before[name]), "after": _value(name, after[name])}
        for name, words in said.items()
        if name in before and name in after
    ]


def _value(name: str, code: Any) -> str:
    if name == "status":
        return str(Session.Status(code).label)
    if name == "starts_at":
        moment = dt.datetime.fromisoformat(code)
        return f"{format_date(moment)}, {format_time(moment)}"
    return str(code)

"""How a meeting looks in lists: its state in icon, word and colour, and who was there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from cases.sessions.models import Attendance, Session

Status = Session.Status
Presence = Attendance.Presence


class Tag(NamedTuple):
    """A state: never colour alone."""

    css: str
    icon: str
    word: Any


UNRESOLVED = Tag("warn", "question-circle", _("to be settled"))
NOW = Tag("", "play-circle", _("under way"))
TAGS = {
    Status.PLANNED: Tag("", "calendar3", Status.PLANNED.label),
    Status.HELD: Tag("ok", "check2", Status.HELD.label),
    Status.CANCELLED_BY_FAMILY: Tag("", "x-circle", Status.CANCELLED_BY_FAMILY.label),
    Status.CANCELLED_BY_CENTRE: Tag("", "x-circle", Status.CANCELLED_BY_CENTRE.label),
    Status.CANCELLED_BY_THERAPIST: Tag("", "x-circle", Status.CANCELLED_BY_THERAPIST.label),
    Status.NO_SHOW: Tag("late", "person-x", Status.NO_SHOW.label),
}
PRESENCE_TAGS = {
    Presence.EXPECTED: Tag("", "calendar3", Presence.EXPECTED.label),
    Presence.PRESENT: Tag("ok", "check2", Presence.PRESENT.label),
    Presence.EXCUSED: Tag("", "dash-circle", Presence.EXCUSED.label),
    Presence.UNEXCUSED: Tag("late", "x-circle", Presence.UNEXCUSED.label),
}


def tag_of(status: str, starts_at: dt.datetime, ends_at: dt.datetime, now: dt.datetime) -> Tag:
    if status == Status.PLANNED and starts_at <= now:
        return UNRESOLVED if ends_at <= now else NOW
    return TAGS[Status(status)]


class Row(NamedTuple):
    """One meeting in a table."""

    session: Session
    tag: Tag
    unresolved: bool
    came: list[str]
    """First names of who was there, or is expected; it says who came late."""
    missed: list[str]


def rows_of(sessions: Iterable[Session], now: dt.datetime) -> list[Row]:
    """Needs `attendances` prefetched with their persons where the table says who came."""
    rows = []
    for session in sessions:
        came: list[str] = []
        missed: list[str] = []
        if not session.is_cancelled and "attendances" in getattr(session, "_prefetched_objects_cache", {}):
            for row in session.attendances.all():
                there = row.presence in {Presence.EXPECTED, Presence.PRESENT}
                name = row.person.first_name
                if row.is_late:
                    name = _("%(name)s (came late)") % {"name": name}
                (came if there else missed).append(name)
        tag = tag_of(session.status, session.starts_at, session.ends_at, now)
        rows.append(Row(session, tag, tag is UNRESOLVED, came, missed))
    return rows

"""How a meeting looks in lists: its state in icon, word and colour, and who was there."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from cases.people.models import FamilyMember, FamilyRole, Person
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
    """First names of who was there, or is expected, with more where two have the same; it says who came late."""
    missed: list[str]


def rows_of(sessions: Iterable[Session], now: dt.datetime) -> list[Row]:
    """Needs `attendances` prefetched with their persons where the table says who came."""
    listed = [(session, _list_of(session)) for session in sessions]
    alike = {person.pk for _session, rows in listed for person in _alike([row.person for row in rows])}
    roles = _roles_of(alike) if alike else {}
    rows = []
    for session, attendances in listed:
        came: list[str] = []
        missed: list[str] = []
        names = _names_of([row.person for row in attendances], roles)
        for row in attendances:
            there = row.presence in {Presence.EXPECTED, Presence.PRESENT}
            name = names[row.person.pk]
            if row.is_late:
                name = _("%(name)s (came late)") % {"name": name}
            (came if there else missed).append(name)
        tag = tag_of(session.status, session.starts_at, session.ends_at, now)
        rows.append(Row(session, tag, tag is UNRESOLVED, came, missed))
    return rows


def _list_of(session: Session) -> list[Attendance]:
    loaded = "attendances" in getattr(session, "_prefetched_objects_cache", {})
    return list(session.attendances.all()) if loaded and not session.is_cancelled else []


def _names_of(people: Sequence[Person], roles: Mapping[int, str]) -> dict[int, str]:
    """First names; of people who share one as much more as tells them apart: an initial, the whole name, the role."""
    names = {}
    for person in people:
        namesakes = [one for one in people if one.first_name == person.first_name]
        if len(namesakes) == 1:
            names[person.pk] = person.first_name
        elif len({one.last_name[:1] for one in namesakes}) == len(namesakes) and person.last_name:
            names[person.pk] = f"{person.first_name} {person.last_name[0]}."
        elif len({str(one) for one in namesakes}) == len(namesakes):
            names[person.pk] = str(person)
        else:
            name = person.first_name if len({one.last_name for one in namesakes}) == 1 else str(person)
            role = roles.get(person.pk)
            names[person.pk] = f"{name} ({role})" if role else name
    return names


def _alike(people: Sequence[Person]) -> list[Person]:
    """Whose whole name somebody else among them has, too."""
    counted = Counter(map(str, people))
    return [one for one in people if counted[str(one)] > 1]


def _roles_of(people: Collection[int]) -> dict[int, str]:
    """person → role in the family, the latest; one query, and only where names are not enough."""
    members = FamilyMember.objects.filter(person__in=people).order_by("from_on", "id")
    return {pk: str(FamilyRole(role).label) for pk, role in members.values_list("person_id", "role")}

"""What a meeting of a series has of its own, and keeps when the series changes: what was changed of it by hand, alone.

It is written down when that happens. That a meeting differs from its series says nothing: it does as well when the
series was changed from a later meeting on, and then it goes along with the next change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from django.utils import timezone

from cases.sessions.models import Session
from centres.models import StaffMember

TIME, MINUTES, THERAPIST, CO_THERAPISTS, ROOM, ONLINE = (
    "time", "minutes", "therapist", "co_therapists", "room", "is_online"
)  # fmt: skip

HourOfWeek = tuple[int, dt.time]


def own_of(meeting: Session) -> set[str]:
    return set(meeting.own_parts.split())


def hour_of_week(moment: dt.datetime) -> HourOfWeek:
    start = timezone.localtime(moment)
    return start.isoweekday(), start.time()


def parts_of(meeting: Session, co_therapists: Collection[StaffMember]) -> dict[str, object]:
    """What a meeting might have otherwise than its series."""
    return {
        TIME: hour_of_week(meeting.starts_at),
        MINUTES: meeting.minutes,
        THERAPIST: meeting.therapist_id,
        CO_THERAPISTS: {one.pk for one in co_therapists},
        ROOM: meeting.room_id,
        ONLINE: meeting.is_online,
    }


def note_own(meeting: Session, before: dict[str, object], co_therapists: Collection[StaffMember]) -> None:
    """The meeting was changed by itself: what is other than before is its own, unless the series says the same."""
    series = meeting.series
    if series is None:
        return
    said = {
        TIME: (series.weekday, series.time),
        MINUTES: series.minutes,
        THERAPIST: series.therapist_id,
        ROOM: series.room_id,
        ONLINE: series.is_online,
    }
    own = own_of(meeting)
    for part, value in parts_of(meeting, co_therapists).items():
        if value != before[part]:
            wanted = said[part] if part in said else {one.pk for one in series.co_therapists.all()}
            (own.discard if value == wanted else own.add)(part)
    _write(meeting, own)


def note_time(meeting: Session, usual: HourOfWeek, *, chosen: bool = True) -> None:
    """The meeting was given its moment together with others: its own is one that somebody chose for it alone."""
    own = own_of(meeting)
    if hour_of_week(meeting.starts_at) == usual:
        own.discard(TIME)
    elif chosen:
        own.add(TIME)
    _write(meeting, own)


def give_back(meeting: Session, said: Mapping[str, object]) -> None:
    """What the changed series says as well is not the meeting's own any more, and goes along with the next change."""
    there = parts_of(meeting, ())
    _write(meeting, own_of(meeting) - {part for part, value in said.items() if there[part] == value})


def _write(meeting: Session, own: set[str]) -> None:
    meeting.own_parts = " ".join(sorted(own))

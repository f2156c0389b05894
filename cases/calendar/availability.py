"""What the search for free times knows: who and what is taken, who is away, when the centre is open."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.models import Q
from django.utils import timezone

from cases.calendar.free_times import DAY, Clash, Diary, Offer, Search, Span, Spell, offers
from cases.people.models import FamilyMember
from cases.sessions.models import LONGEST, Occupancy
from cases.sessions.moments import midnight
from centres.models import Absence, Centre, OpeningHours, Room, StaffMember
from centres.opening import spells_on
from centres.tenures import tenures_at
from foundation.working_days import is_working_day

LOOK_FOR = 28
"""Days that one search covers; a link leads to the next ones."""
ENOUGH = 24
"""Offers after which the day is finished and the page is full."""
WEEKS_TO_COME = 8
"""For a weekly or fortnightly meeting the search looks this far after the first one."""


@dataclass
class Wish:
    """What somebody looks for; `rooms` empty means that a room does not matter."""

    centre: Centre
    minutes: int
    every: int
    earliest: dt.date
    therapists: Sequence[StaffMember]
    rooms: Sequence[Room] = ()
    from_time: dt.time | None = None
    to_time: dt.time | None = None
    family: int | None = None


@dataclass
class FreeTime:
    therapist: StaffMember
    room: Room | None
    start: dt.datetime
    end: dt.datetime
    clashes: tuple[Clash, ...]


@dataclass
class Found:
    """The days that were looked at and what is free on them; `onward` is where to look on."""

    onward: dt.date
    days: dict[dt.date, list[FreeTime]] = field(default_factory=dict)


def hours_are_known(centre: Centre) -> bool:
    return OpeningHours.objects.filter(Q(to_on=None) | Q(to_on__gte=timezone.localdate()), centre=centre).exists()


def find(wish: Wish, now: dt.datetime | None = None) -> Found:
    """The next free times, whole days of them, until the page is full or four weeks are over. Four queries."""
    now = now or timezone.now()
    first = max(wish.earliest, timezone.localdate(now))
    last = first + (LOOK_FOR + (7 * WEEKS_TO_COME if wish.every else 0)) * DAY
    diaries = _diaries(wish, first, last)
    rooms = {room.pk: room for room in wish.rooms}
    search = Search(
        minutes=wish.minutes,
        spells_of=_spells_of(wish),
        every=wish.every,
        times=1 + 7 * WEEKS_TO_COME // wish.every if wish.every else 1,
        not_before=now,
    )
    found = Found(onward=first + LOOK_FOR * DAY)
    count = 0
    for number in range(LOOK_FOR):
        day = first + number * DAY
        free: list[FreeTime] = []
        for therapist in wish.therapists:
            for offer in offers(
                search,
                day,
                diaries["staff", therapist.pk],
                others=[diary for (what, _pk), diary in diaries.items() if what == "person"],
                rooms=[(pk, diaries["room", pk]) for pk in rooms],
            ):
                free.append(_free_time(therapist, rooms, offer))
        if free:
            found.days[day] = sorted(free, key=lambda one: (one.start, len(one.clashes)))
        count += len(free)
        if count >= ENOUGH:
            found.onward = day + DAY
            break
    return found


def _free_time(therapist: StaffMember, rooms: dict[int, Room], offer: Offer) -> FreeTime:
    room = rooms[offer.room] if offer.room is not None else None
    return FreeTime(therapist, room, offer.start, offer.end, offer.clashes)


def _spells_of(wish: Wish) -> Any:
    """The centre's hours, narrowed to the wish; where nobody has entered them, the wish alone on working days."""
    hours = list(OpeningHours.objects.filter(centre=wish.centre))
    from_time, to_time = wish.from_time or dt.time(), wish.to_time or dt.time.max

    @cache
    def spells_of(day: dt.date) -> list[Spell]:
        spells = spells_on(hours, day)
        if spells is None:
            spells = [(from_time, to_time)] if is_working_day(day) else []
        narrowed = [(max(opens, from_time), min(closes, to_time)) for opens, closes in spells]
        return [(opens, closes) for opens, closes in narrowed if opens < closes]

    return spells_of


def _diaries(wish: Wish, first: dt.date, last: dt.date) -> dict[tuple[str, int], Diary]:
    """One for everybody and everything that the wish names, the family's people too."""
    zone = timezone.get_default_timezone()
    from_at = dt.datetime.combine(first, dt.time(), zone)
    to_at = dt.datetime.combine(last + DAY, dt.time(), zone)
    staff = [one.pk for one in wish.therapists]
    rooms = [one.pk for one in wish.rooms]
    persons: list[int] = []
    if wish.family is not None:
        persons = list(FamilyMember.objects.current().filter(family=wish.family).values_list("person_id", flat=True))
    taken: dict[tuple[str, int], list[Span]] = defaultdict(list)
    away: dict[tuple[str, int], list[Span]] = defaultdict(list)
    occupied = Occupancy.objects.filter(
        Q(staff__in=staff) | Q(room__in=rooms) | Q(person__in=persons),
        from_at__gt=from_at - LONGEST,
        from_at__lt=to_at,
    )
    for row in occupied.values_list("staff_id", "room_id", "person_id", "from_at", "to_at"):
        taken[_key(row)].append((row[3], row[4]))
    for staff_id, start, end in (
        Absence.objects.during(from_at, to_at).filter(staff__in=staff).values_list("staff_id", "from_at", "to_at")
    ):
        away["staff", staff_id].append((start, end))
    for staff_id, tenure in tenures_at(wish.centre.pk, staff).items():
        if tenure.last_on and tenure.last_on < last:  # no meeting is planned for later days (0110)
            away["staff", staff_id].append((midnight(tenure.last_on + DAY), to_at))
    keys: Iterable[tuple[str, int]] = [
        *(("staff", pk) for pk in staff), *(("room", pk) for pk in rooms), *(("person", pk) for pk in persons)
    ]  # fmt: skip
    return {key: Diary(taken[key], away[key]) for key in keys}


def _key(row: tuple[Any, ...]) -> tuple[str, int]:
    staff, room, person = row[:3]
    if staff is not None:
        return "staff", staff
    return ("room", room) if room is not None else ("person", person)

"""What stands in the way of a meeting at a time: who is taken, whether the centre is closed, how far away it is."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.casefile.models import Case
from cases.sessions.booking import away, left, taken, what_of
from cases.sessions.group_models import Group
from cases.sessions.models import LONGEST, Occupancy, Session
from cases.sessions.moments import in_words, overlap
from cases.sessions.rules import SessionError, in_time
from centres.models import Absence, Centre, OpeningHours, StaffMember
from centres.tenures import tenures_at
from foundation.formats import format_date
from foundation.working_days import holiday_name

FRIDAY = 5
MORNING, NIGHT = dt.time(7), dt.time(21)
"""No centre is known to meet families earlier or later; where hours are entered, they count."""


@dataclass(frozen=True)
class Slot:
    """A time with all that the meeting then takes up, by their ids; `session` is the meeting that moves there."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    therapist: int
    co_therapists: frozenset[int]
    room: int | None
    persons: frozenset[int]
    session: int | None = None
    anew: bool = True
    """Whether somebody's time is asked for that was not theirs before: nobody is planned into their absence, nor for a
    day on which they do not work at the centre.
    """
    counts: bool = True
    """A date that is left out is looked at, and stands in no other one's way."""

    @property
    def staff(self) -> frozenset[int]:
        return self.co_therapists | {self.therapist}


class Mark(NamedTuple):
    """One thing to know about a date; a blocking one keeps the meeting from being saved there."""

    css: str
    icon: str
    words: Any
    blocking: bool = False


@dataclass
class Findings:
    """What was found about one date."""

    marks: list[Mark] = field(default_factory=list)
    holiday: bool = False
    away: bool = False
    """Somebody who would lead the meeting is absent then."""
    left: SessionError | None = None
    """Somebody who would lead the meeting does not work at the centre on that day."""

    @property
    def blocked(self) -> bool:
        return any(mark.blocking for mark in self.marks)

    @property
    def warned(self) -> bool:
        """A holiday, outside the opening hours, or at night."""
        return any(mark.css == "warn" for mark in self.marks)


def clashes_of(centre: int, slots: Sequence[Slot], names: Mapping[int, str]) -> list[list[SessionError]]:
    """For each slot the sentences about who or what is taken then; never with whom. Three queries for all slots.

    Meetings that move themselves do not stand in each other's way where they were, only where two of them go.
    """
    found: list[list[SessionError]] = [[] for _slot in slots]
    if not slots:
        return found
    persons = frozenset[int]().union(*(slot.persons for slot in slots))
    staff_ids = frozenset[int]().union(*(slot.staff for slot in slots))
    rooms = {slot.room for slot in slots if slot.room is not None}
    occupied = (
        Occupancy.objects.filter(
            Q(staff__in=staff_ids) | Q(room__in=rooms) | Q(person__in=persons),
            from_at__gt=min(slot.starts_at for slot in slots) - LONGEST,
            from_at__lt=max(slot.ends_at for slot in slots),
        )
        .exclude(session__in=[slot.session for slot in slots if slot.session is not None])
        .order_by("from_at", "id")
        .values_list("staff_id", "room_id", "person_id", "from_at", "to_at")
    )
    absences = _absences_of([slot for slot in slots if slot.anew])
    tenures = tenures_at(centre, staff_ids)
    gone = [
        {pk for pk in slot.staff if slot.anew and not tenures[pk].holds_on(timezone.localdate(slot.starts_at))}
        for slot in slots
    ]
    leaders = _names_of(set().union(*gone, *(slot.co_therapists for slot in slots)))
    by_day: dict[dt.date, list[tuple[Any, ...]]] = defaultdict(list)
    for row in occupied:
        for day in {timezone.localdate(row[3]), timezone.localdate(row[4])}:
            by_day[day].append(row)
    for number, slot in enumerate(slots):
        found[number] += [left(leaders[pk], tenures[pk], co_led=pk != slot.therapist) for pk in sorted(gone[number])]
        days = {timezone.localdate(slot.starts_at), timezone.localdate(slot.ends_at)}
        for staff, room, person, start, end in {row: None for day in sorted(days) for row in by_day[day]}:
            wanted = staff in slot.staff or (room is not None and room == slot.room) or person in slot.persons
            if wanted and overlap(start, end, slot.starts_at, slot.ends_at):
                who = names.get(person, "") if staff is None else _co_therapist(slot, staff, leaders)
                found[number].append(taken(what_of(staff, room), in_words(start, end), who))
        found[number] += [
            away(one, _co_therapist(slot, one.staff_id, leaders))
            for one in absences
            if slot.anew and one.staff_id in slot.staff and _is_during(one, slot)
        ]
        for other in slots[:number]:
            both = other.counts and slot.counts
            if both and overlap(other.starts_at, other.ends_at, slot.starts_at, slot.ends_at):
                found[number].append(_same_time(other))
    return found


def _co_therapist(slot: Slot, staff: int, leaders: Mapping[int, str]) -> str:
    """Their name; the therapist of the slot needs none."""
    return "" if staff == slot.therapist else leaders.get(staff, "")


def _names_of(staff: Set[int]) -> dict[int, str]:
    return {one.pk: str(one) for one in StaffMember.objects.filter(pk__in=staff)} if staff else {}


def _same_time(other: Slot) -> SessionError:
    return SessionError(
        _("Another meeting of this series is at that time (%(when)s)."),
        code="series_taken",
        params={"when": in_words(other.starts_at, other.ends_at)},
    )


def check(
    owner: Case | Group, slots: Sequence[Slot | None], names: Mapping[int, str], *, half_a_year_ends_on: dt.date
) -> list[Findings]:
    """What there is to know about each slot; None stands for a date without a usable time. Five queries at most."""
    usable = [slot for slot in slots if slot is not None]
    clashes = iter(clashes_of(owner.centre_id, usable, names))
    hours = _hours_of(owner.centre)
    away_then = _absences_of([slot for slot in usable if not slot.anew])  # no clash, but no secret either
    findings = []
    for slot in slots:
        found = Findings()
        findings.append(found)
        if slot is None:
            continue
        for error in [*_out_of_time(owner, slot), *next(clashes)]:
            found.marks += [Mark("late", "exclamation-octagon", text, blocking=True) for text in error.messages]
            found.away |= error.code == "therapist_away"
            if error.code == "therapist_left":
                found.left = error
        day = timezone.localdate(slot.starts_at)
        if holiday := holiday_name(day):
            found.holiday = True
            found.marks.append(Mark("warn", "flag", _("holiday: %(name)s") % {"name": holiday}))
        elif not _is_open(hours, slot.starts_at, slot.ends_at):
            found.marks.append(Mark("warn", "door-closed", _("outside the opening hours")))
        elif _is_at_night(slot.starts_at, slot.ends_at) and not _known_on(hours, day):
            found.marks.append(Mark("warn", "moon", _("before 7:00 or after 21:00")))
        if not slot.anew:
            absent = [one.staff for one in away_then if one.staff_id in slot.staff and _is_during(one, slot)]
            found.marks += [Mark("", "person-x", _("away: %(who)s") % {"who": who}) for who in absent]
        if day > half_a_year_ends_on:
            found.marks.append(Mark("", "calendar-range", _("after half a year")))
    return findings


def closed_then(centre: Centre, starts_at: dt.datetime, ends_at: dt.datetime) -> list[str]:
    """Why the centre is closed at this time, in sentences; at most one query."""
    if holiday := holiday_name(timezone.localdate(starts_at)):
        return [_("This is a holiday: %(name)s.") % {"name": holiday}]
    if not _is_open(_hours_of(centre), starts_at, ends_at):
        return [_("This is outside the opening hours of the centre.")]
    return []


def unusual_then(centre: Centre, starts_at: dt.datetime, ends_at: dt.datetime) -> list[str]:
    """Why this time may be a slip of the keys, where nobody has entered the centre's hours; at most one query."""
    day = timezone.localdate(starts_at)
    words = []
    if day.isoweekday() > FRIDAY:
        words.append(_("This is a Saturday.") if day.isoweekday() == FRIDAY + 1 else _("This is a Sunday."))
    if _is_at_night(starts_at, ends_at):
        words.append(_("This is before 7:00 or after 21:00."))
    return [] if not words or _known_on(_hours_of(centre), day) else words


def _is_at_night(starts_at: dt.datetime, ends_at: dt.datetime) -> bool:
    start, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    return start.time() < MORNING or end.time() > NIGHT or end.date() != start.date()


def _out_of_time(owner: Case | Group, slot: Slot) -> list[SessionError]:
    try:
        in_time(owner, slot.starts_at, slot.ends_at, Session.Status.PLANNED)
    except SessionError as error:
        return [error]
    return []


def _absences_of(slots: Sequence[Slot]) -> list[Absence]:
    """When those who would lead these meetings are away; why stays with them. At most one query."""
    if not slots:
        return []
    first, last = min(slot.starts_at for slot in slots), max(slot.ends_at for slot in slots)
    staff = frozenset[int]().union(*(slot.staff for slot in slots))
    return list(Absence.objects.during(first, last).filter(staff__in=staff).select_related("staff"))


def _is_during(absence: Absence, slot: Slot) -> bool:
    return overlap(absence.from_at, absence.to_at, slot.starts_at, slot.ends_at)


def _hours_of(centre: Centre) -> list[OpeningHours]:
    return list(OpeningHours.objects.filter(Q(to_on=None) | Q(to_on__gte=timezone.localdate()), centre=centre))


def _known_on(hours: Iterable[OpeningHours], day: dt.date) -> list[OpeningHours]:
    return [one for one in hours if one.from_on <= day and (one.to_on is None or day <= one.to_on)]


def _is_open(hours: Iterable[OpeningHours], starts_at: dt.datetime, ends_at: dt.datetime) -> bool:
    """Whether the meeting lies within the hours of its day; a day for which nothing is known counts as open."""
    start, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    known = _known_on(hours, start.date())
    return not known or any(
        one.weekday == start.isoweekday()
        and one.opens_at <= start.time()
        and end.time() <= one.closes_at
        and end.date() == start.date()
        for one in known
    )


def funding_warning(centre: Centre, last_on: dt.date) -> str:
    """Why not to promise this therapy, where the money of the centre's project ends before it does (E5)."""
    ends_on: dt.date | None = settings.FUNDED_UNTIL.get(centre.slug)
    if ends_on is None or last_on <= ends_on:
        return ""
    return _("The last meeting would be on %(last)s, after the project's end on %(end)s.") % {
        "last": format_date(last_on),
        "end": format_date(ends_on),
    }

"""One week, from Monday to Sunday, as days with meetings, absences and opening hours."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple, TypeVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.calendar.events import Event, Meeting, event_of, events_as_html, meetings_of, ways_to_settle
from cases.sessions.models import Occupancy
from cases.sessions.moments import overlap
from centres.absences import with_kind_right
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Absence, Centre, OpeningHours, Role, RoleAssignment, Room, StaffMember
from centres.opening import Spells, spells_on
from foundation.formats import MONTHS_GENITIVE, WEEKDAYS, format_time
from foundation.statements import kept
from foundation.working_days import holiday_name

ISO_WEEK = re.compile(r"(20\d\d)-W(\d\d)", re.ASCII)
ISO_DAY = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
DAY = dt.timedelta(days=1)
One = TypeVar("One", Centre, "Choice")


class CalendarError(ValueError):
    """What the address says is no week of the calendar."""


@dataclass(frozen=True)
class Week:
    """Seven days from a Monday on."""

    monday: dt.date

    @classmethod
    def of(cls, day: dt.date) -> Week:
        return cls(day - dt.timedelta(days=day.weekday()))

    @classmethod
    def parse(cls, text: str) -> Week:
        """The week of „2026-W47”; raises CalendarError."""
        if not (found := ISO_WEEK.fullmatch(text)):
            raise CalendarError(text)
        try:
            return cls(dt.date.fromisocalendar(int(found[1]), int(found[2]), 1))
        except ValueError:
            raise CalendarError(text) from None

    def __str__(self) -> str:
        year, week, _weekday = self.monday.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def days(self) -> list[dt.date]:
        return [self.monday + n * DAY for n in range(7)]

    @property
    def before(self) -> Week:
        return Week(self.monday - 7 * DAY)

    @property
    def after(self) -> Week:
        return Week(self.monday + 7 * DAY)

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """From Monday's midnight to the next one in Kraków: 167 or 169 hours where the clocks change."""
        midnight, zone = dt.time(), timezone.get_default_timezone()
        first = dt.datetime.combine(self.monday, midnight, zone)
        return first, dt.datetime.combine(self.monday + 7 * DAY, midnight, zone)

    @property
    def words(self) -> str:
        """16–22 listopada 2026, 30 listopada – 6 grudnia 2026"""
        first, last = self.monday, self.monday + 6 * DAY
        end = f"{last.day} {MONTHS_GENITIVE[last.month - 1]} {last.year}"
        if first.month == last.month:
            return f"{first.day}–{end}"
        year = f" {first.year}" if first.year != last.year else ""
        return f"{first.day} {MONTHS_GENITIVE[first.month - 1]}{year} – {end}"


class Away(NamedTuple):
    """Somebody's absence on one day; why stays with those whom it concerns."""

    who: str
    when: str
    kind: str


class Block(NamedTuple):
    """A piece of a day's strip, in minutes from its left edge."""

    css: str
    x: int
    width: int


@dataclass
class Day:
    date: dt.date
    name: str
    words: str
    holiday: str | None
    is_today: bool
    hours: list[str] = field(default_factory=list)
    """From when to when the centre is open; empty where nobody has entered its hours."""
    is_closed: bool = False
    events: list[Event] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)
    strip: list[Block] = field(default_factory=list)

    @property
    def events_as_html(self) -> SafeString:
        return events_as_html(self.events)

    @property
    def strip_as_html(self) -> SafeString:
        """Nothing in it was typed by anybody: kinds of ours, and minutes."""
        drawn = (f'<rect class="{css}" x="{x}" y="0" width="{width}" height="12"/>' for css, x, width in self.strip)
        return mark_safe("".join(drawn))  # noqa: S308 - see above


class Choice(NamedTuple):
    """A therapist or a room whose week may be shown alone."""

    pk: int
    uuid: uuid.UUID
    name: str


@dataclass
class View:
    """Whose week is shown: a centre's, or one's own; and what may be chosen instead."""

    centre: Centre | None
    centres: list[Centre]
    therapist: Choice | None = None
    room: Choice | None = None
    therapists: list[Choice] = field(default_factory=list)
    rooms: list[Choice] = field(default_factory=list)

    @property
    def therapist_options(self) -> SafeString:
        return _options(self.therapists, self.therapist)

    @property
    def room_options(self) -> SafeString:
        return _options(self.rooms, self.room)

    @property
    def is_of_one_person(self) -> bool:
        return self.therapist is not None or self.centre is None


def _options(choices: list[Choice], chosen: Choice | None) -> SafeString:
    drawn = (
        f'<option value="{one.uuid}"{" selected" if one == chosen else ""}>{escape(one.name)}</option>'
        for one in choices
    )
    return mark_safe("".join(drawn))  # noqa: S308 - names are escaped


def day_of(text: str) -> dt.date:
    """The day of „2026-11-23” or „23.11.2026”, within the years that weeks may have; raises CalendarError."""
    iso = "-".join(reversed(text.split(".")))
    if not ISO_DAY.fullmatch(iso):
        raise CalendarError(text)
    try:
        day = dt.date.fromisoformat(iso)
    except ValueError:
        raise CalendarError(text) from None
    Week.parse(str(Week.of(day)))
    return day


def view_for(user: User, *, centre: str, therapist: str, room: str, now: dt.datetime | None = None) -> View:
    """The week that the address asks for, among those that this person has. Raises CalendarError for anything else."""
    view = View(None, _centres_of(user))
    if not view.centres:
        return view
    view.centre = _chosen(view.centres, centre, "slug") or view.centres[0]
    found = _choices_at(view.centre.pk)
    gone = tuple(pk for _kind, pk, _key, _name, works_here, _sort in found if not works_here)
    leading = _still_leading(centre=view.centre.pk, staff=gone, now=now or timezone.now()) if gone else []
    for kind, pk, key, name, works_here, _sort in found:
        if kind == ROOM:
            view.rooms.append(Choice(pk, key, name))
        elif works_here:
            view.therapists.append(Choice(pk, key, name))
        elif pk in leading:
            view.therapists.append(Choice(pk, key, _("%(name)s (does not work here any more)") % {"name": name}))
    view.therapist = _chosen(view.therapists, therapist, "uuid")
    view.room = _chosen(view.rooms, room, "uuid")
    return view


def _centres_of(user: User) -> list[Centre]:
    """Those whose week this person may see whole."""
    duties = duties_of(user)
    if Role.CLINICAL_LEAD in duties.roles:
        return list(Centre.objects.all())
    own = duties.centres(Role.COORDINATOR, Role.LEAD)
    return sorted((centre for centre in duties.places if centre.pk in own), key=lambda centre: centre.order)


ROOM = "room"


@kept
def _choices_at(centre: int) -> QuerySet[StaffMember, Any]:
    """The centre's therapists and its rooms, in one query; and who worked there once, or works at no centre now.

    Nobody else is asked about, for whom all the meetings that they have elsewhere would be looked through.
    """
    name = Concat("first_name", Value(" "), "last_name")
    works_here = Q(pk__in=StaffMember.objects.working_at(centre).order_by().values("pk"))
    once_here = RoleAssignment.objects.filter(user=OuterRef("user"), role__in=AT_A_CENTRE, centre=centre)
    anywhere = RoleAssignment.objects.current().filter(user=OuterRef("user"), role__in=AT_A_CENTRE)
    staff = StaffMember.objects.filter(Exists(once_here) | ~Exists(anywhere)).order_by()
    people = staff.annotate(kind=Value("staff"), full_name=name, works_here=works_here)
    rooms = Room.objects.filter(centre=centre, is_active=True).order_by()
    rooms = rooms.annotate(kind=Value(ROOM), works_here=Value(True), sort=F("name"))
    return (
        people.values_list("kind", "pk", "uuid", "full_name", "works_here", "name_sort")
        .union(rooms.values_list("kind", "pk", "uuid", "name", "works_here", "sort"), all=True)
        .order_by("name_sort", "pk")
    )


@kept
def _still_leading(*, centre: int, staff: tuple[int, ...], now: dt.datetime) -> QuerySet[Occupancy, int]:
    """Who of them leads meetings to come at the centre."""
    coming = Occupancy.objects.filter(staff__in=staff, from_at__gt=now, session__centre=centre)
    return coming.order_by().values_list("staff", flat=True).distinct()


def _chosen(among: list[One], value: str, key: str) -> One | None:
    if not value:
        return None
    for one in among:
        if str(getattr(one, key)) == value:
            return one
    raise CalendarError(value)


def days_of(week: Week, view: View, user: User, now: dt.datetime | None = None, *, back: str = "") -> list[Day]:
    """The week's days with their meetings, absences and opening hours, in three queries.

    One more finds out which meetings that wait to be settled this person may settle; from there they come `back`.
    """
    now = now or timezone.now()
    meetings = meetings_of(
        user, week.bounds, centre=_pk(view.centre), therapist=_pk(view.therapist), room=_pk(view.room)
    )
    hours = _hours(week, view, user)
    absences = _absences(week, view, user)
    duties = duties_of(user)
    shown = _pk(view.therapist) if view.therapist or view.centre else duties.staff_id
    settling = ways_to_settle(meetings, user, back, now)
    slugs = {centre.pk: centre.slug for centre in (*view.centres, *duties.places)}
    by_day: dict[dt.date, list[Meeting]] = defaultdict(list)
    for meeting in meetings:
        by_day[meeting.starts_at.date()].append(meeting)
    today = timezone.localdate(now)
    days = []
    for date in week.days:
        spells = spells_on(hours, date)
        day = Day(
            date=date,
            name=WEEKDAYS[date.weekday()],
            words=f"{date.day} {MONTHS_GENITIVE[date.month - 1]}",
            holiday=holiday_name(date),
            is_today=date == today,
            hours=[f"{format_time(opens)}–{format_time(closes)}" for opens, closes in spells or []],
            is_closed=spells == [],
        )
        day.events = [event_of(meeting, spells, shown, slugs, now, settling) for meeting in by_day[date]]
        here = [one for one in absences if overlap(one.from_at, one.to_at, *_bounds(date))]
        day.away = [_away(one, date) for one in here]
        day.strip = _strip(date, spells, by_day[date], here if view.is_of_one_person else [])
        days.append(day)
    return days


def _pk(one: Centre | Choice | None) -> int | None:
    return one.pk if one else None


def _hours(week: Week, view: View, user: User) -> list[OpeningHours]:
    """Of the centre that is shown; of one's own, where one works at a single one."""
    own = duties_of(user).centres(*AT_A_CENTRE)
    centre = view.centre.pk if view.centre else own[0] if len(own) == 1 else None
    days = week.days
    return _hours_of(centre, first=days[0], last=days[-1]) if centre else []


@kept
def _hours_of(centre: int, *, first: dt.date, last: dt.date) -> QuerySet[OpeningHours]:
    return OpeningHours.objects.filter(Q(to_on=None) | Q(to_on__gte=first), centre=centre, from_on__lte=last)


def _absences(week: Week, view: View, user: User) -> list[Any]:
    """Those of the person who is shown, or of everybody at the centre; a room is never on leave."""
    first, last = week.bounds
    if view.room and not view.therapist:
        return []
    if view.therapist or not view.centre:
        return _absences_of(
            user, view.therapist.pk if view.therapist else duties_of(user).staff_id, first=first, last=last
        )
    return _absences_at(user, view.centre.pk, first=first, last=last)


@kept
def _absences_of(user: User, staff: int | None, *, first: dt.datetime, last: dt.datetime) -> QuerySet[Absence]:
    return with_kind_right(Absence.objects.during(first, last).filter(staff=staff), user).for_list()


@kept
def _absences_at(user: User, centre: int, *, first: dt.datetime, last: dt.datetime) -> QuerySet[Absence]:
    return with_kind_right(Absence.objects.during(first, last).at([centre]), user).for_list()


def _bounds(date: dt.date) -> tuple[dt.datetime, dt.datetime]:
    zone = timezone.get_default_timezone()
    return dt.datetime.combine(date, dt.time(), zone), dt.datetime.combine(date + DAY, dt.time(), zone)


def _away(absence: Any, date: dt.date) -> Away:
    first, last = _bounds(date)
    start, end = max(first, absence.from_at), min(last, absence.to_at)
    if (start, end) == (first, last):
        when = str(_("all day"))
    else:
        when = f"{format_time(start)}–{format_time(end) if end < last else '24:00'}"
    kind = absence.get_kind_display() if absence.may_read_kind else ""
    return Away(str(absence.staff), when, kind)


STRIP_FROM, STRIP_TO = 7 * 60, 21 * 60
"""Minutes of the day between which the strip shows what is open, taken and free."""


def _strip(date: dt.date, spells: Spells | None, meetings: list[Meeting], absences: list[Any]) -> list[Block]:
    """The day as a drawing; everything in it stands beside it in words too."""
    blocks = []
    if spells is not None:
        edges = [STRIP_FROM, *(_minutes(time) for spell in spells for time in spell), STRIP_TO]
        blocks += [_block("closed", *gap) for gap in zip(edges[::2], edges[1::2], strict=True)]
    first, last = _bounds(date)
    for one in absences:
        start, end = timezone.localtime(max(first, one.from_at)), timezone.localtime(min(last, one.to_at))
        blocks.append(_block("away", _minutes(start.time()), _minutes(end.time()) if end < last else STRIP_TO))
    for meeting in meetings:
        if not meeting.cancelled:
            until = _minutes(meeting.ends_at) if meeting.ends_at.date() == date else STRIP_TO
            blocks.append(_block("taken", _minutes(meeting.starts_at), until))
    return [block for block in blocks if block.width > 0]


def _minutes(time: dt.time | dt.datetime) -> int:
    return time.hour * 60 + time.minute


def _block(css: str, start: int, end: int) -> Block:
    start, end = max(start, STRIP_FROM), min(end, STRIP_TO)
    return Block(css, start - STRIP_FROM, end - start)

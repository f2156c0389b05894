"""One week, from Monday to Sunday, as days with meetings, absences and opening hours."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from django.db.models import Exists, Model, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.casefile.models import Case
from cases.sessions.models import Session, led_with, place_in_words
from cases.sessions.moments import in_words, overlap
from cases.sessions.rendering import TAGS, Tag, tag_of
from centres.absences import with_kind_right
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Absence, Centre, OpeningHours, Role, Room, StaffMember
from centres.opening import spells_on
from foundation.formats import MONTHS_GENITIVE, WEEKDAYS, format_time
from foundation.working_days import holiday_name

ISO_WEEK = re.compile(r"(20\d\d)-W(\d\d)", re.ASCII)
ISO_DAY = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
DAY = dt.timedelta(days=1)
Row = TypeVar("Row", bound=Model)
PLANNED = TAGS[Session.Status.PLANNED]


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


@dataclass(frozen=True)
class Event:
    """One meeting in the week; where it may not be opened, it is „taken”."""

    time: str
    starts: str
    url: str
    case: str
    family: str
    service: str
    therapist: str
    where: str
    centre_slug: str
    tag: Tag | None
    cancelled: bool
    outside: bool
    """Planned where the centre is closed."""
    co_led: bool
    """Of the person whose week it is, who is not its therapist."""


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


@dataclass
class View:
    """Whose week is shown: a centre's, or one's own; and what may be chosen instead."""

    centre: Centre | None
    centres: list[Centre]
    therapist: StaffMember | None = None
    room: Room | None = None
    therapists: list[StaffMember] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)

    @property
    def is_of_one_person(self) -> bool:
        return self.therapist is not None or self.centre is None


def day_of(text: str) -> dt.date:
    """The day of „2026-11-23”, within the years that weeks may have; raises CalendarError."""
    if not ISO_DAY.fullmatch(text):
        raise CalendarError(text)
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise CalendarError(text) from None
    Week.parse(str(Week.of(day)))
    return day


def view_for(user: User, *, centre: str, therapist: str, room: str) -> View:
    """The week that the address asks for, among those that this person has. Raises CalendarError for anything else."""
    duties = duties_of(user)
    centres = Centre.objects.all()
    if Role.CLINICAL_LEAD not in duties.roles:
        centres = centres.filter(pk__in=duties.centres(Role.COORDINATOR, Role.LEAD))
    view = View(None, list(centres))
    if not view.centres:
        return view
    view.centre = _chosen(view.centres, centre, "slug") or view.centres[0]
    view.therapists = list(StaffMember.objects.working_at(view.centre))
    view.rooms = list(Room.objects.filter(centre=view.centre, is_active=True))
    view.therapist = _chosen(view.therapists, therapist, "uuid")
    view.room = _chosen(view.rooms, room, "uuid")
    return view


def _chosen(among: list[Row], value: str, key: str) -> Row | None:
    if not value:
        return None
    for one in among:
        if str(getattr(one, key)) == value:
            return one
    raise CalendarError(value)


def days_of(week: Week, view: View, user: User, now: dt.datetime | None = None) -> list[Day]:
    """The week's days with their meetings, absences and opening hours, in three queries."""
    now = now or timezone.now()
    meetings = _meetings(week, view, user)
    hours = _hours(week, view, user)
    absences = _absences(week, view, user)
    shown = view.therapist.pk if view.therapist else None if view.centre else duties_of(user).staff_id
    by_day: dict[dt.date, list[dict[str, Any]]] = defaultdict(list)
    for row in meetings:
        by_day[timezone.localdate(row["starts_at"])].append(row)
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
        day.events = [_event(row, shown, spells, now) for row in by_day[date]]
        here = [one for one in absences if overlap(one.from_at, one.to_at, *_bounds(date))]
        day.away = [_away(one, date) for one in here]
        day.strip = _strip(date, spells, by_day[date], here if view.is_of_one_person else [])
        days.append(day)
    return days


def _meetings(week: Week, view: View, user: User) -> list[dict[str, Any]]:
    first, last = week.bounds
    meetings = Session.objects.in_calendar_of(user).filter(starts_at__gte=first, starts_at__lt=last)
    if view.centre:
        meetings = meetings.filter(centre=view.centre)
    if view.therapist:
        meetings = meetings.with_leader(view.therapist)
    if view.room:
        meetings = meetings.filter(room=view.room)
    case, staff_id = OuterRef("case_id"), duties_of(user).staff_id
    rows = meetings.annotate(
        is_mine=led_with(staff_id),
        may_read=Exists(Case.objects.readable_by(user).filter(pk=case)),
        may_see=Exists(Case.objects.visible_to(user).filter(pk=case)),
    ).order_by("starts_at", "id")
    return list(rows.values(*FIELDS))


def _hours(week: Week, view: View, user: User) -> list[OpeningHours]:
    """Of the centre that is shown; of one's own, where one works at a single one."""
    own = duties_of(user).centres(*AT_A_CENTRE)
    centre = view.centre.pk if view.centre else own[0] if len(own) == 1 else None
    days = week.days
    known = OpeningHours.objects.filter(Q(to_on=None) | Q(to_on__gte=days[0]), centre=centre, from_on__lte=days[-1])
    return list(known)


def _absences(week: Week, view: View, user: User) -> list[Any]:
    """Those of the person who is shown, or of everybody at the centre; a room is never on leave."""
    absences = Absence.objects.during(*week.bounds)
    if view.therapist:
        absences = absences.filter(staff=view.therapist)
    elif view.centre:
        absences = absences.none() if view.room else absences.at([view.centre.pk])
    else:
        absences = absences.filter(staff=duties_of(user).staff_id)
    return list(with_kind_right(absences, user).for_list())


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


def _strip(
    date: dt.date, spells: list[tuple[dt.time, dt.time]] | None, rows: list[dict[str, Any]], absences: list[Any]
) -> list[Block]:
    """The day as a drawing; everything in it stands beside it in words too."""
    blocks = []
    if spells is not None:
        edges = [STRIP_FROM, *(_minutes(time) for spell in spells for time in spell), STRIP_TO]
        blocks += [_block("closed", *gap) for gap in zip(edges[::2], edges[1::2], strict=True)]
    first, last = _bounds(date)
    for one in absences:
        start, end = timezone.localtime(max(first, one.from_at)), timezone.localtime(min(last, one.to_at))
        blocks.append(_block("away", _minutes(start.time()), _minutes(end.time()) if end < last else STRIP_TO))
    for row in rows:
        if not row["status"].startswith("by_"):
            start, end = timezone.localtime(row["starts_at"]), timezone.localtime(row["ends_at"])
            until = _minutes(end.time()) if end.date() == date else STRIP_TO
            blocks.append(_block("taken", _minutes(start.time()), until))
    return [block for block in blocks if block.width > 0]


def _minutes(time: dt.time) -> int:
    return time.hour * 60 + time.minute


def _block(css: str, start: int, end: int) -> Block:
    start, end = max(start, STRIP_FROM), min(end, STRIP_TO)
    return Block(css, start - STRIP_FROM, end - start)


FIELDS = (
    "uuid", "starts_at", "ends_at", "status", "therapist_id", "therapist__first_name", "therapist__last_name",
    "service__name", "room__name", "is_online", "centre__slug", "case__number", "case__family__label",
    "may_read", "may_see", "is_mine",
)  # fmt: skip


def _event(
    row: dict[str, Any], shown: int | None, spells: list[tuple[dt.time, dt.time]] | None, now: dt.datetime
) -> Event:
    start, end = timezone.localtime(row["starts_at"]), timezone.localtime(row["ends_at"])
    open_then = spells is None or any(
        opens <= start.time() and start.date() == end.date() and end.time() <= closes for opens, closes in spells
    )
    cancelled = row["status"].startswith("by_")
    tag = tag_of(row["status"], row["starts_at"], row["ends_at"], now)
    return Event(
        time=in_words(row["starts_at"], row["ends_at"]),
        starts=start.isoformat(timespec="minutes"),
        url=reverse("cases:session", args=[row["uuid"]]) if row["may_read"] or row["is_mine"] else "",
        case=row["case__number"] if row["may_read"] or row["may_see"] else "",
        family=row["case__family__label"] if row["may_read"] else "",
        service=row["service__name"],
        therapist=f"{row['therapist__first_name']} {row['therapist__last_name']}",
        where=place_in_words(row["room__name"] or "", row["is_online"]),
        centre_slug=row["centre__slug"],
        tag=None if tag is PLANNED else tag,
        cancelled=cancelled,
        outside=not cancelled and not open_then,
        co_led=shown not in {None, row["therapist_id"]},
    )

"""One week of meetings, from Monday to Sunday, as days with events."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from cases.casefile.models import Case
from cases.sessions.models import Session
from cases.sessions.moments import in_words
from cases.sessions.rendering import TAGS, Tag, tag_of
from centres.duties import duties_of
from centres.models import Centre, Role, Room, StaffMember
from foundation.formats import MONTHS_GENITIVE, WEEKDAYS
from foundation.working_days import holiday_name

ISO_WEEK = re.compile(r"(20\d\d)-W(\d\d)", re.ASCII)
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
        year, week, _day = self.monday.isocalendar()
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
    room: str
    centre_slug: str
    tag: Tag | None
    cancelled: bool


@dataclass
class Day:
    date: dt.date
    name: str
    words: str
    holiday: str | None
    is_today: bool
    events: list[Event] = field(default_factory=list)


@dataclass
class View:
    """Whose week is shown: a centre's, or one's own; and what may be chosen instead."""

    centre: Centre | None
    centres: list[Centre]
    therapist: StaffMember | None = None
    room: Room | None = None
    therapists: list[StaffMember] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)


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
    """The week's days with their meetings, in one query."""
    now = now or timezone.now()
    first, last = week.bounds
    meetings = Session.objects.in_calendar_of(user).filter(starts_at__gte=first, starts_at__lt=last)
    if view.centre:
        meetings = meetings.filter(centre=view.centre)
    if view.therapist:
        meetings = meetings.filter(therapist=view.therapist)
    if view.room:
        meetings = meetings.filter(room=view.room)
    case = OuterRef("case_id")
    rows = meetings.annotate(
        may_read=Exists(Case.objects.readable_by(user).filter(pk=case)),
        may_see=Exists(Case.objects.visible_to(user).filter(pk=case)),
    ).order_by("starts_at", "id")
    events: dict[dt.date, list[Event]] = defaultdict(list)
    me = duties_of(user).staff_id
    for row in rows.values(*FIELDS):
        start = timezone.localtime(row["starts_at"])
        events[start.date()].append(_event(row, start, row["may_read"] or row["therapist_id"] == me, now))
    today = timezone.localdate(now)
    return [
        Day(
            date=day,
            name=WEEKDAYS[day.weekday()],
            words=f"{day.day} {MONTHS_GENITIVE[day.month - 1]}",
            holiday=holiday_name(day),
            is_today=day == today,
            events=events[day],
        )
        for day in week.days
    ]


FIELDS = (
    "uuid", "starts_at", "ends_at", "status", "therapist_id", "therapist__first_name", "therapist__last_name",
    "service__name", "room__name", "centre__slug", "case__number", "case__family__label", "may_read", "may_see",
)  # fmt: skip


def _event(row: dict[str, Any], start: dt.datetime, may_open: bool, now: dt.datetime) -> Event:
    tag = tag_of(row["status"], row["starts_at"], row["ends_at"], now)
    return Event(
        time=in_words(row["starts_at"], row["ends_at"]),
        starts=start.isoformat(timespec="minutes"),
        url=reverse("cases:session", args=[row["uuid"]]) if may_open else "",
        case=row["case__number"] if row["may_read"] or row["may_see"] else "",
        family=row["case__family__label"] if row["may_read"] else "",
        service=row["service__name"],
        therapist=f"{row['therapist__first_name']} {row['therapist__last_name']}",
        room=row["room__name"] or "",
        centre_slug=row["centre__slug"],
        tag=None if tag is PLANNED else tag,
        cancelled=row["status"].startswith("by_"),
    )

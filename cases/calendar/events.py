"""The meetings of a week: which ones this person sees, what each says, and how it is drawn.

A busy centre has hundreds of them. Written out here, a meeting takes a fifth of what it takes the template language
(docs/benchmarks.md).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from cases.casefile.models import reasons_to_read, reasons_to_see
from cases.sessions.group_models import Group
from cases.sessions.models import CANCELLED, Session, led_with, place_in_words
from cases.sessions.rendering import TAGS, Tag, tag_of
from centres.duties import duties_of
from centres.models import Room, Service
from centres.opening import Spells
from foundation.addresses import address_of
from foundation.statements import kept

PLANNED = TAGS[Session.Status.PLANNED]


class Meeting(NamedTuple):
    """A meeting as it is read: of a case, or of a group."""

    uuid: uuid.UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    status: str
    centre_id: int
    therapist_id: int
    first_name: str
    last_name: str
    service: str
    room: str | None
    is_online: bool
    number: str | None
    family: str | None
    group: str | None
    may_read: bool | None
    may_see: bool | None
    leads: bool
    """Whether the person who asks leads it, alone or with others."""

    @property
    def cancelled(self) -> bool:
        return self.status in CANCELLED


class Event(NamedTuple):
    """One meeting in the week; where it may not be opened, it is „taken”."""

    time: str
    starts: str
    url: str
    case: str
    family: str
    group: str
    service: str
    therapist: str
    where: str
    centre_slug: str
    tag: Tag | None
    cancelled: bool
    outside: bool
    """Planned where the centre is closed."""
    co_led: bool = False
    """By the person whose week it is: its therapist is somebody else."""
    settle: str = ""
    """Where it is settled, with „it took place” proposed."""


def meetings_of(
    user: User, bounds: tuple[dt.datetime, dt.datetime], *, centre: int | None, therapist: int | None, room: int | None
) -> list[Meeting]:
    """Those that begin within these bounds, on the clock of Kraków, in one query."""
    first, last = bounds
    zone = timezone.get_default_timezone()
    return [
        Meeting(key, start.astimezone(zone), end.astimezone(zone), *others)
        for key, start, end, *others in _meetings(user, centre, therapist, room, first=first, last=last)
    ]


@kept
def _meetings(
    user: User, centre: int | None, therapist: int | None, room: int | None, *, first: dt.datetime, last: dt.datetime
) -> QuerySet[Session, Any]:
    meetings = Session.objects.in_calendar_of(user).filter(starts_at__gte=first, starts_at__lt=last)
    if centre:
        meetings = meetings.filter(centre=centre)
    if therapist:
        meetings = meetings.filter(led_with(therapist))
    if room:
        meetings = meetings.filter(room=room)
    return (
        meetings.annotate(
            may_read=reasons_to_read(user, "case_id", "case__centre"),
            may_see=reasons_to_see(user, "case_id", "case__centre"),
            leads=led_with(duties_of(user).staff_id),
            # Not joined: PostgreSQL would take longer to weigh the orders of six tables than to read the week.
            service_name=Subquery(Service.objects.filter(pk=OuterRef("service")).order_by().values("name")),
            room_name=Subquery(Room.objects.filter(pk=OuterRef("room")).order_by().values("name")),
            group_name=Subquery(Group.objects.filter(pk=OuterRef("group")).order_by().values("name")),
        )
        .order_by("starts_at", "id")
        .values_list(
            "uuid",
            "starts_at",
            "ends_at",
            "status",
            "centre_id",
            "therapist_id",
            "therapist__first_name",
            "therapist__last_name",
            "service_name",
            "room_name",
            "is_online",
            "case__number",
            "case__family__label",
            "group_name",
            "may_read",
            "may_see",
            "leads",
        )
    )


def ways_to_settle(meetings: Iterable[Meeting], user: User, back: str, now: dt.datetime) -> dict[uuid.UUID, str]:
    """Where this person settles those of the meetings that wait for it; from there they come `back`."""
    waiting = tuple(one.uuid for one in meetings if one.status == Session.Status.PLANNED and one.ends_at <= now)
    query = urlencode({"status": Session.Status.HELD.value, "back": back})
    found = _recorded(user, keys=waiting) if waiting else []
    return {key: f"{address_of('cases:resolve_session', key)}?{query}" for key in found}


@kept
def _recorded(user: User, *, keys: tuple[uuid.UUID, ...]) -> QuerySet[Session, Any]:
    return Session.objects.recorded_by(user).filter(uuid__in=keys).order_by().values_list("uuid", flat=True)


def event_of(
    meeting: Meeting,
    spells: Spells | None,
    shown: int | None,
    slugs: Mapping[int, str],
    now: dt.datetime,
    settling: Mapping[uuid.UUID, str],
) -> Event:
    """What there is to see of the meeting in the week of `shown`, or of a whole centre.

    `spells` say when the centre is open that day.
    """
    start, end = meeting.starts_at, meeting.ends_at
    from_time, to_time = start.time(), end.time()
    open_then = spells is None or any(
        opens <= from_time and start.date() == end.date() and to_time <= closes for opens, closes in spells
    )
    tag = tag_of(meeting.status, start, end, now)
    return Event(
        time=f"{start.hour}:{start.minute:02d}–{end.hour}:{end.minute:02d}",
        starts=start.isoformat(timespec="minutes"),
        url=address_of("cases:session", meeting.uuid) if _may_open(meeting) else "",
        case=meeting.number or "" if meeting.may_read or meeting.may_see else "",
        family=meeting.family or "" if meeting.may_read else "",
        group=meeting.group or "",
        service=meeting.service,
        therapist=f"{meeting.first_name} {meeting.last_name}",
        where=place_in_words(meeting.room or "", meeting.is_online),
        centre_slug=slugs.get(meeting.centre_id, ""),
        tag=None if tag is PLANNED else tag,
        cancelled=meeting.cancelled,
        outside=not meeting.cancelled and not open_then,
        settle=settling.get(meeting.uuid, ""),
        co_led=shown not in {None, meeting.therapist_id},
    )


def _may_open(meeting: Meeting) -> bool:
    """Whoever has a group's meeting in the calendar leads it, or works at its centre, and may open it."""
    return bool(meeting.may_read) or meeting.leads or meeting.group is not None


def events_as_html(events: Iterable[Event]) -> SafeString:
    """The meetings of one day, as items of its list."""
    words = Words(_("taken"), _("outside the opening hours"), pgettext("people", "group"), _("co-led"), _("Settle"))
    return mark_safe("".join(_item(event, words) for event in events))  # noqa: S308 - escaped below


class Words(NamedTuple):
    """What many meetings say, looked up once."""

    taken: str
    outside: str
    group: str
    co_led: str
    settle: str


def _item(event: Event, words: Words) -> str:
    """Names are escaped; times, addresses and the words for looks are our own."""
    title = escape(event.family or event.group or event.service) if event.url else escape(event.case or words.taken)
    linked = f'<a href="{event.url}" hx-boost="false">{title}</a>' if event.url else title
    return (
        f'<li class="event {event.centre_slug}{" cancelled" if event.cancelled else ""}">'
        f'<time datetime="{event.starts}">{event.time}</time>'
        f'<div class="what">{linked}<div class="sub">{escape(" · ".join(_details(event, words)))}</div></div>'
        f"{_state(event, words, title)}</li>\n"
    )


def _state(event: Event, words: Words, title: str) -> str:
    """What became of it; where nobody has said so yet, one click to say it."""
    if not event.settle:
        return tag_as_html(event.tag) if event.tag else ""
    return (
        f'<a class="btn btn-sm btn-outline-primary" href="{escape(event.settle)}" hx-boost="false">'
        f'<i class="bi bi-question-circle" aria-hidden="true"></i>{words.settle}'
        f'<span class="visually-hidden">: {event.time}, {title}</span></a>'
    )


def _details(event: Event, words: Words) -> list[str]:
    shown = [event.case] if event.family else [words.group] if event.group else []
    if event.family or event.group or not event.url:
        shown.append(event.service)
    shown.append(event.therapist)
    if event.co_led:
        shown.append(words.co_led)
    if event.where:
        shown.append(event.where)
    return [*shown, words.outside] if event.outside else shown


@cache
def tag_as_html(tag: Tag) -> str:
    return format_html(
        '<span class="tag {}"><i class="bi bi-{}" aria-hidden="true"></i>{}</span>', tag.css, tag.icon, tag.word
    )

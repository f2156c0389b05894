"""The feed of one therapist's meetings for a calendar program: when and where, never with whom (D8)."""

from __future__ import annotations

import datetime as dt
from operator import itemgetter
from typing import Any

import icalendar
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from cases.calendar.models import CalendarFeed, hash_of, new_token
from cases.sessions.models import CANCELLED, Session
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, StaffMember
from foundation.search import keyed_hash

BACK, AHEAD = dt.timedelta(days=31), dt.timedelta(days=366)
FIELDS = (
    "uuid", "starts_at", "ends_at", "status", "version", "created_at", "is_online", "centre__name", "centre__place"
)  # fmt: skip
REFRESH = dt.timedelta(hours=1)
# When the clocks change in the European Union since 1996, as clocks show it that are about to change. The library's
# own zones begin summer an hour late.
SUMMER, WINTER = dt.datetime(1996, 3, 31, 2), dt.datetime(1996, 10, 27, 3)  # noqa: DTZ001 - the format wants no zone


def has_meetings_of_their_own(user: User) -> bool:
    """Whether this person works at a centre today: who has left, or only reads, has no feed."""
    return bool(duties_of(user).centres(*AT_A_CENTRE))


@transaction.atomic
def create_calendar_feed(staff: StaffMember, *, by: User) -> str:
    """Give a person an address of their own and return its token, which is kept nowhere. The old one stops working."""
    StaffMember.objects.select_for_update(no_key=True).get(pk=staff.pk)
    before = CalendarFeed.objects.live().filter(staff=staff).update(revoked_at=timezone.now())
    token = new_token()
    feed = CalendarFeed.objects.create(staff=staff, token_hash=hash_of(token))
    record(by, "cases.create_calendar_feed", feed, staff=staff.uuid, replaced=bool(before))
    return token


@transaction.atomic
def revoke_calendar_feed(staff: StaffMember, *, by: User) -> bool:
    """Let the address answer nobody from now on; False where there was none."""
    StaffMember.objects.select_for_update(no_key=True).get(pk=staff.pk)
    feed = CalendarFeed.objects.live().filter(staff=staff).first()
    if feed is None:
        return False
    feed.revoked_at = timezone.now()
    feed.save(update_fields=["revoked_at"])
    record(by, "cases.revoke_calendar_feed", feed, staff=staff.uuid)
    return True


def read_calendar_feed(feed: CalendarFeed, now: dt.datetime | None = None) -> bytes:
    """The feed as iCalendar text, the same bytes while nothing changes. A day's first reading goes on record."""
    now = now or timezone.now()
    with transaction.atomic():
        if feed.note_reading(timezone.localdate(now)):
            record(None, "cases.read_calendar_feed", feed)
    today = dt.datetime.combine(timezone.localdate(now), dt.time(), timezone.get_default_timezone())
    span = Q(starts_at__gte=today - BACK, starts_at__lt=today + AHEAD)
    user = feed.staff.user
    rows = [
        row
        for part in (Session.objects.led_by(user), Session.objects.co_led_by(user))
        for row in part.filter(span).values("pk", *FIELDS)
    ]
    return as_ical(sorted(rows, key=itemgetter("starts_at", "pk")))


def as_ical(rows: Any) -> bytes:
    """A calendar of meetings: their times, their centre and nothing that tells a family."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Centra dla Rodzin//Kalendarz//PL")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", str(_("Meetings – Family Centres")))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    calendar.add_component(_zone())
    for row in rows:
        calendar.add_component(_event(row))
    return bytes(calendar.to_ical())


def _zone() -> icalendar.Timezone:
    """Kraków's time, written out for programs that know no zones by name."""
    zone = icalendar.Timezone()
    zone.add("tzid", settings.TIME_ZONE)
    winter, summer = dt.timedelta(hours=1), dt.timedelta(hours=2)
    for part, name, begins, before, since in (
        (icalendar.TimezoneDaylight(), "CEST", SUMMER, winter, summer),
        (icalendar.TimezoneStandard(), "CET", WINTER, summer, winter),
    ):
        part.add("tzname", name)
        part.add("dtstart", begins)
        part.add("rrule", {"freq": "yearly", "bymonth": begins.month, "byday": "-1su"})
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", since)
        zone.add_component(part)
    return zone


def _meeting_words(row: dict[str, Any]) -> str:
    return _("Meeting online") if row["is_online"] else _("Meeting")


def _event(row: dict[str, Any]) -> icalendar.Event:
    cancelled = row["status"] in CANCELLED
    event = icalendar.Event()
    # Not the uuid of the meeting, which stands in the portal's addresses, and the same under every new address.
    event.add("uid", f"{keyed_hash('calendar event ' + str(row['uuid']))[:32]}@centra-dla-rodzin")
    event.add("dtstamp", row["created_at"].astimezone(dt.UTC).replace(microsecond=0))
    event.add("sequence", row["version"] - 1)
    event.add("dtstart", timezone.localtime(row["starts_at"]))
    event.add("dtend", timezone.localtime(row["ends_at"]))
    event.add("summary", str(_("Meeting called off") if cancelled else _meeting_words(row)))
    event.add("location", f"{row['centre__name']}, {row['centre__place']}")
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    event.add("class", "PRIVATE")
    return event

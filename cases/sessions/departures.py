"""Meetings to come whose leader has left the centre, or will have: they go on, so somebody must be told (0110)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases.casefile.models import Case
from cases.sessions.group_models import Group
from cases.sessions.models import Session, SessionQuerySet
from cases.sessions.own import CO_THERAPISTS, THERAPIST
from cases.sessions.rules import manages
from cases.sessions.series_models import SessionSeries
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Role, RoleAssignment, StaffMember
from centres.tenures import leaving_in_words, tenures_at
from foundation.addresses import address_of
from foundation.statements import kept

# --- on the page of a meeting, a series, a group ---------------------------------------------------------------------


def leaving_of(session: Session, now: dt.datetime) -> list[str]:
    """Sentences about who leads this meeting to come and does not work there then; one query."""
    if session.status != Session.Status.PLANNED or session.starts_at <= now:
        return []
    return _sentences(session.centre_id, [(one, session.day) for one in session.leaders])


def leaving_of_series(
    series: SessionSeries, meetings: Iterable[Session], now: dt.datetime, *, all_shown: bool = True
) -> list[str]:
    """The same for these meetings of a series; one query.

    Where they are all that there are and none is to come, for who would lead those that are added.
    """
    led = [
        (one, meeting.day)
        for meeting in meetings
        if meeting.status == Session.Status.PLANNED and meeting.starts_at > now
        for one in (meeting.therapist, *series.co_therapists.all())
    ]
    if not led and all_shown and series.ended_on is None:
        led = [(one, timezone.localdate(now)) for one in (series.therapist, *series.co_therapists.all())]
    return _sentences(series.centre.pk, led)


def _sentences(centre: int, led: list[tuple[StaffMember, dt.date]]) -> list[str]:
    tenures = tenures_at(centre, {one.pk for one, _day in led})
    gone = {one.pk: one for one, day in led if not tenures[one.pk].holds_on(day)}
    return [leaving_in_words(one, tenures[pk].last_on) for pk, one in gone.items()]


class WayOut(NamedTuple):
    """Where somebody else is chosen, and what stands on the link."""

    url: str
    words: str


def way_out_of(session: Session) -> WayOut:
    return WayOut(reverse("cases:edit_session", args=[session.uuid]), _("Give the meeting to somebody else."))


def way_out_of_series(series: SessionSeries, user: User, now: dt.datetime) -> WayOut | None:
    """For who may choose; with nothing to come, somebody else is chosen for the meetings that are added."""
    if not manages(series.owner, user):
        return None
    if series.sessions.coming(now).exists():
        url = reverse("cases:edit_series", args=[series.uuid])
        return WayOut(url, _("Give the meetings to somebody else."))
    url = reverse("cases:prolong_series", args=[series.uuid])
    return None if series.ended_on else WayOut(url, _("Choose somebody else when you add meetings."))


# --- on „Dziś” -------------------------------------------------------------------------------------------------------


@dataclass
class Entrusted:
    """What is to be given to somebody else at once: a series, a group's cycle, a single meeting."""

    url: str
    what: str
    """Family or group."""
    number: str
    """Of the family's case."""
    service: str
    is_series: bool
    first_at: dt.datetime
    meetings: int = 0


@dataclass
class Departure:
    """Somebody who leads coming meetings on days on which they do not work at the centre."""

    words: str
    centre: str
    first_at: dt.datetime
    meetings: int = 0
    by_key: dict[object, Entrusted] = field(default_factory=dict)

    @property
    def entrusted(self) -> list[Entrusted]:
        return list(self.by_key.values())


class _Led(NamedTuple):
    leader: int
    first_name: str
    last_name: str
    centre: int
    place: str
    last_on: dt.date | None
    meeting: Any
    starts_at: dt.datetime
    own_parts: str
    therapist: int
    series: Any
    service: str
    family: str | None
    number: str | None
    group: str | None


def departures_for(user: User, now: dt.datetime) -> list[Departure]:
    """Whose meetings this person should give to others, the nearest first; of those that are theirs to manage.

    One query, of a row for each meeting and each of its leaders who does not work there that day.
    """
    found: dict[tuple[int, int], Departure] = {}
    for led in map(_Led._make, _led_by_absentees(user, now=now)):
        one = found.get((led.leader, led.centre))
        if one is None:
            words = leaving_in_words(f"{led.first_name} {led.last_name}", led.last_on)
            one = found[led.leader, led.centre] = Departure(words, led.place, led.starts_at)
        one.meetings += 1
        goes_along = led.series is not None and not _is_own(led)
        key = led.series if goes_along else led.meeting
        if key not in one.by_key:
            what = led.family or led.group or ""
            one.by_key[key] = Entrusted(
                _url(led, goes_along), what, led.number or "", led.service, goes_along, led.starts_at
            )
        one.by_key[key].meetings += 1
    return list(found.values())


def _is_own(led: _Led) -> bool:
    """Whether the meeting was given to this leader alone, and not with its series."""
    own = set(led.own_parts.split())
    return THERAPIST in own or (CO_THERAPISTS in own and led.leader != led.therapist)


def _url(led: _Led, goes_along: bool) -> str:
    if goes_along:
        return f"{address_of('cases:edit_series', led.series)}?since={led.meeting}"
    return address_of("cases:edit_session", led.meeting)


@kept
def _led_by_absentees(user: User, *, now: dt.datetime) -> QuerySet[Session, Any]:
    managed = Case.objects.managed_by(user).filter(pk=OuterRef("case"))
    coming = Session.objects.coming(now).filter(
        Q(Exists(managed)) | Q(group__in=Group.objects.managed_by(user)),
        centre__in=duties_of(user).centres(Role.COORDINATOR, Role.LEAD),
    )
    # Not by what they take up: PostgreSQL would read that of all the years.
    led: Any = _led_in_absence(coming, "therapist").union(_led_in_absence(coming, "co_therapists"), all=True)
    found: QuerySet[Session, Any] = led.order_by("starts_at", "uuid", "leader")
    return found


def _led_in_absence(meetings: SessionQuerySet, leads: str) -> QuerySet[Session, Any]:
    """Those that the therapist, or a co-therapist, leads on a day on which they do not work there."""
    roles = RoleAssignment.objects.filter(
        user__staff=OuterRef("leader"), user__is_active=True, role__in=AT_A_CENTRE, centre=OuterRef("centre")
    )
    then = roles.filter(Q(to_on=None) | Q(to_on__gte=OuterRef("on")), from_on__lte=OuterRef("on"))
    last = roles.order_by(F("to_on").desc(nulls_first=True)).values("to_on")[:1]
    led = meetings.order_by().annotate(leader=F(leads), on=TruncDate("starts_at")).filter(leader__isnull=False)
    return (
        led.filter(~Exists(then))
        .annotate(last_on=Subquery(last))
        .values_list(
            "leader",
            f"{leads}__first_name",
            f"{leads}__last_name",
            "centre",
            "centre__place",
            "last_on",
            "uuid",
            "starts_at",
            "own_parts",
            "therapist",
            "series__uuid",
            "service__name",
            "case__family__label",
            "case__number",
            "group__name",
        )
    )

"""„Dziś”: what waits for this person today, by role."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import cast

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.models import User
from cases.casefile.deadlines import current_rules
from cases.casefile.models import Case
from cases.desk import caseload
from cases.desk.signals import Tile, today_asked
from cases.desk.waiting import Waiting, drafts_of_instruments, notes_to_sign, waiting_for
from cases.intake.models import Referral
from cases.reminders.models import Reminder
from cases.reminders.outdated import Outdated, families_to_tell
from cases.reminders.services import switched_on
from cases.sessions.departures import Departure, departures_for
from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import Attendance, Session, SessionQuerySet
from cases.sessions.moments import midnight
from cases.sessions.progress import Progress, series_to_review
from cases.sessions.unresolved import waiting_for_settlement
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Centre, Role

AT_MOST = 8
DAY = dt.timedelta(days=1)
LOOK_AHEAD = 7 * DAY


@dataclass
class Today:
    """What the page shows; an empty list is a section that this person does not have today."""

    tiles: list[Tile] = field(default_factory=list)
    waiting: Waiting = field(default_factory=Waiting)
    without_coordinator: list[caseload.Row] = field(default_factory=list)
    urgent: list[caseload.Row] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    meetings: list[Session] = field(default_factory=list)
    coming: list[Session] = field(default_factory=list)  # the next ones, on a day without any
    unresolved: list[Session] = field(default_factory=list)
    settle_back: str = ""  # where settling one of them leads back; empty for who only reads them
    to_tell: list[Outdated] = field(default_factory=list)  # reminded of a date that no longer is
    unreminded: list[Session] = field(default_factory=list)  # to come, with a reminder that did not go out
    departures: list[Departure] = field(default_factory=list)  # who leads meetings to come, and will not be there
    several_centres: bool = False
    seats: list[Group] = field(default_factory=list)  # groups with a free seat for which somebody waits
    series: list[Progress] = field(default_factory=list)  # drifting ones, and those about to end
    works_with_cases: bool = False
    takes_referrals: bool = False


def today_of(user: User, now: dt.datetime, today: dt.date) -> Today:
    """Everything on the page, by the person's roles."""
    page = Today()
    roles = duties_of(user).roles
    if roles & {Role.COORDINATOR, Role.LEAD, Role.CLINICAL_LEAD, Role.THERAPIST}:
        page.works_with_cases = True
        page.waiting = waiting_for(user)
        _add_cases(page, user, now, today)
        if roles & {Role.COORDINATOR, Role.LEAD}:
            groups = Group.objects.managed_by(user).with_seat_to_give(today)
            page.seats = list(groups.select_related("centre")[:AT_MOST])
            page.departures = departures_for(user, now)
            page.several_centres = len(duties_of(user).centres(Role.COORDINATOR, Role.LEAD)) > 1
        if Role.COORDINATOR in roles:
            page.series = series_to_review(user, now)[: 2 * AT_MOST]
        page.tiles += drafts_of_instruments(user)
        if duties_of(user).centres(*AT_A_CENTRE):
            page.tiles += notes_to_sign(user)
    for _receiver, tiles in today_asked.send(sender=None, user=user, today=today):
        page.tiles += cast("list[Tile]", tiles)
    return page


def _add_cases(page: Today, user: User, now: dt.datetime, today: dt.date) -> None:
    roles = duties_of(user).roles
    leads = bool(roles & {Role.LEAD, Role.CLINICAL_LEAD})
    own = Case.objects.visible_to(user)
    if not leads:
        own = own.in_hands_of(user)
    numbers = caseload.tiles(user, caseload.Filters("all" if leads else "mine"), now)
    rules = current_rules()
    listed = caseload.for_list(own.open(), user, now)
    near = listed.filter(next_deadline_on__lte=today + LOOK_AHEAD).order_by(*caseload.ORDER)[:AT_MOST]
    page.urgent = caseload.rows(list(near), today, rules)
    if Role.LEAD in roles:
        orphans = caseload.for_list(Case.objects.led_by(user).open().without_coordinator(), user, now)
        page.without_coordinator = caseload.rows(list(orphans.order_by("received_on", "id")[:AT_MOST]), today, rules)
    if roles & {Role.COORDINATOR, Role.LEAD}:
        page.takes_referrals = True
        waiting = Referral.objects.visible_to(user).waiting().select_related("centre")
        page.referrals = list(waiting.order_by("received_on", "id")[:AT_MOST])
    meetings = _meetings(user, leads)
    in_view = _for_table(meetings, user)
    if not leads:
        of_today = in_view.filter(starts_at__gte=midnight(today), starts_at__lt=midnight(today + DAY))
        page.meetings = list(of_today.order_by("starts_at", "id")[: AT_MOST * 2])
        if not page.meetings:
            later = in_view.planned().filter(starts_at__gte=midnight(today + DAY))
            page.coming = list(later.order_by("starts_at", "id")[:AT_MOST])
    if roles & {Role.COORDINATOR, Role.LEAD, Role.THERAPIST}:
        # All, even if reminders were switched off since: who is not called comes for nothing.
        page.to_tell = families_to_tell(user, now)
    if roles & {Role.COORDINATOR, Role.LEAD} and switched_on():
        failed = Reminder.objects.of_cases_managed_by(user).troubled()
        page.unreminded = list(_for_table(failed.meetings(now), user).order_by("starts_at", "id")[:AT_MOST])
    page.tiles = _tiles(numbers, _add_unresolved(page, user, now))


def _add_unresolved(page: Today, user: User, now: dt.datetime) -> int:
    """The oldest unresolved meetings; returns how many there are, counted only where they are not all on the page."""
    scope = waiting_for_settlement(user, now)
    waiting, page.settle_back = scope.sessions, reverse("cases:today") if scope.may_settle else ""
    page.unresolved = list(_for_table(waiting, user).order_by("ends_at", "id")[:AT_MOST])
    return len(page.unresolved) if len(page.unresolved) < AT_MOST else waiting.count()


def _for_table(meetings: SessionQuerySet, user: User) -> SessionQuerySet:
    return meetings.select_related("service", "therapist", "room").with_reading_right(user).defer("summary")


def _meetings(user: User, leads: bool) -> SessionQuerySet:
    if leads:
        return Session.objects.in_calendar_of(user)
    own = Session.objects.run_by(user)
    if Role.COORDINATOR not in duties_of(user).roles:
        return own
    mine = Case.objects.visible_to(user).in_hands_of(user).values("pk")
    invited = Attendance.objects.filter(session=OuterRef("pk"), case__in=mine)
    groups = GroupEnrolment.objects.filter(case__in=mine).order_by().values("group")
    meetings = own | Session.objects.filter(Q(case__in=mine) | Q(Exists(invited), group__in=groups))
    # Of any centre, families being sent on; by the centre and the start an index finds the few of a day.
    return meetings.filter(centre__in=Centre.objects.order_by().values("pk"))


def _tiles(numbers: caseload.Tiles, unresolved: int) -> list[Tile]:
    caseload_url = reverse("cases:caseload")
    return [
        Tile(numbers.open, ngettext("open case", "open cases", numbers.open), caseload_url),
        Tile(
            numbers.due,
            ngettext("diagnosis due this week", "diagnoses due this week", numbers.due),
            f"{caseload_url}?stage=diagnosis",
            "warn" if numbers.due else "",
        ),
        Tile(
            numbers.overdue,
            ngettext("deadline missed", "deadlines missed", numbers.overdue),
            f"{caseload_url}?overdue=1",
            "late" if numbers.overdue else "",
        ),
        Tile(
            unresolved,
            ngettext("unresolved meeting", "unresolved meetings", unresolved),
            reverse("cases:unresolved_sessions"),
            "warn" if unresolved else "",
        ),
    ]

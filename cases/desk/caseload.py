"""The list of cases: which ones, in which order, and what a row says."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases.assessments.levels import Mark, latest_risks
from cases.casefile.deadlines import Nearness, Rules, current_rules, nearness
from cases.casefile.models import Case, CaseQuerySet, CoordinatorAssignment, DeadlineKind, Stage
from cases.people.models import ADULT_FROM, FamilyMember, age_on
from cases.sessions.annotations import with_meetings
from cases.sessions.models import Session
from centres.duties import duties_of
from centres.models import Role, RoleAssignment, StaffMember
from foundation.formats import count_of, format_date, format_time
from foundation.pages import KeysetPage, Place, place_of
from foundation.statements import kept

ORDER = ("next_deadline_on", "id")


class Filters(NamedTuple):
    """What the address asks for; anything malformed counts as not asked."""

    whose: str  # mine, all
    stage: str = ""
    overdue: bool = False
    unresolved: bool = False
    coordinator: uuid.UUID | None = None

    @classmethod
    def from_query(cls, query: QueryDict, *, may_see_others: bool, mine_first: bool) -> Filters:
        whose = query.get("whose", "mine" if mine_first else "all")
        stage = query.get("stage", "")
        return cls(
            whose=whose if whose in {"mine", "all"} and may_see_others else "mine" if mine_first else "all",
            stage=stage if stage in Stage.values else "",
            overdue=query.get("overdue") == "1",
            unresolved=query.get("unresolved") == "1",
            coordinator=_uuid(query.get("coordinator", "")),
        )


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Row:
    """One case in the list, in words: what is left to the template is to put them in their places."""

    case: Case
    url: str  # empty where this person may not open the file, and see no name
    family: str
    heads: str
    stage: str
    nearness: Nearness | None
    risk: Mark | None
    coordinator: str
    next_at: str
    next_words: str
    other_meetings: str


def works_on_own(user: User) -> bool:
    """Whether „my cases” means something for this person: coordinators and therapists."""
    return bool(duties_of(user).roles & {Role.COORDINATOR, Role.THERAPIST})


def sees_others(user: User) -> bool:
    return bool(duties_of(user).roles & {Role.COORDINATOR, Role.LEAD, Role.CLINICAL_LEAD})


def scope(cases: CaseQuerySet, filters: Filters, user: User) -> CaseQuerySet:
    """Whose cases: the tiles and the list count the same ones."""
    if filters.whose == "mine":
        closed = filters.stage == Stage.CLOSED
        cases = cases.worked_on_by(user) if closed else cases.in_hands_of(user)
    if filters.coordinator:
        held = CoordinatorAssignment.objects.current().filter(coordinator__uuid=filters.coordinator)
        cases = cases.filter(pk__in=held.values("case"))
    return cases


def matching(cases: CaseQuerySet, filters: Filters, now: dt.datetime) -> CaseQuerySet:
    if filters.stage != Stage.CLOSED:
        cases = cases.open()
    if filters.stage:
        cases = cases.filter(stage=filters.stage)
    if filters.overdue:
        cases = cases.overdue()
    if filters.unresolved:
        cases = cases.filter(pk__in=Session.objects.unresolved(now).values("case"))
    return cases


def page_of(user: User, filters: Filters, cursor: str | None, now: dt.datetime) -> KeysetPage[Case]:
    """One page of the list. Raises BadCursor."""
    place = place_of(Case, order=ORDER, cursor=cursor)
    key = dict(zip(("due", "pk"), place.key or (), strict=False))
    return place.page(_rows(user, filters, place.back, now=now, **key))


@kept
def _rows(
    user: User, filters: Filters, back: bool, *, now: dt.datetime, due: dt.date | None = None, pk: int | None = None
) -> QuerySet[Case]:
    place = Place(Case, ORDER, back=back, key=None if pk is None else (due, pk))
    return place.rows(_listed(user, filters, now))


def _listed(user: User, filters: Filters, now: dt.datetime) -> CaseQuerySet:
    return for_list(matching(scope(Case.objects.visible_to(user), filters, user), filters, now), user, now)


def for_list(cases: CaseQuerySet, user: User, now: dt.datetime) -> CaseQuerySet:
    """What a row needs beside the case itself, in the same query."""
    listed = cases.select_related("family").with_reading_right(user).with_coordinator_name()
    return with_meetings(listed, now)


def rows(cases: list[Case], today: dt.date, rules: Rules | None = None) -> list[Row]:
    """Rows for these cases: one query for who belongs to the families, one for the risk, one for the rules where they
    are not given.
    """
    rules = rules or current_rules()
    readable = [case for case in cases if vars(case)["may_read"]]
    heads = _heads([case.family_id for case in readable], today)
    risks = latest_risks([case.pk for case in readable])
    stages = {str(value): str(label) for value, label in Stage.choices}
    made = []
    for case in cases:
        known = vars(case)  # what the list's query has added; a search asks for less
        may_read = known["may_read"]
        next_at = known.get("next_session_at")
        start = timezone.localtime(next_at) if next_at else None
        made.append(
            Row(
                case=case,
                url=case.get_absolute_url() if may_read else "",
                family=case.family.label if may_read else "",
                heads=heads_in_words(*heads.get(case.family_id, (0, 0))),
                stage=stages[case.stage],
                nearness=nearness(case, today, rules),
                risk=risks.get(case.pk),
                coordinator=known["coordinator_name"] or "",
                next_at=start.isoformat(timespec="minutes") if start else "",
                next_words=f"{start.day}.{start.month:02}, {format_time(start)}" if start else "",
                other_meetings=_other_meetings(known.get("unresolved_count"), known.get("last_session_at")),
            )
        )
    return made


def heads_in_words(adults: int, children: int) -> str:
    """1 dorosły, 2 dzieci"""
    words = []
    if adults:
        words.append(count_of(adults, "dorosły", "dorosłych", "dorosłych"))
    if children:
        words.append(count_of(children, "dziecko", "dzieci", "dzieci"))
    return ", ".join(words)


def _other_meetings(unresolved: int | None, last_at: dt.datetime | None) -> str:
    if unresolved:
        return count_of(unresolved, "nierozliczone", "nierozliczone", "nierozliczonych")
    return _("last: %(day)s") % {"day": format_date(last_at)} if last_at else ""


def _heads(families: list[int], today: dt.date) -> dict[int, tuple[int, int]]:
    """Adults and children of each family today; somebody whose age is not known counts as an adult."""
    if not families:
        return {}
    counted: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for family, born in _births(families=tuple(families), on=today):
        is_child = born is not None and age_on(born, today) < ADULT_FROM
        counted[family][1 if is_child else 0] += 1
    return {family: (adults, children) for family, (adults, children) in counted.items()}


@kept
def _births(*, families: tuple[int, ...], on: dt.date) -> QuerySet[FamilyMember, Any]:
    members = FamilyMember.objects.current(on).filter(family__in=families)
    return members.values_list("family_id", "person__birth_date")


class Tiles(NamedTuple):
    """The four numbers above the list."""

    open: int = 0
    due: int = 0
    overdue: int = 0
    unresolved: int = 0


def tiles(user: User, filters: Filters, now: dt.datetime) -> Tiles:
    """They count all open cases of those whose cases are asked for. One query."""
    of_whom = Filters(filters.whose, coordinator=filters.coordinator)
    return next((Tiles(*numbers) for numbers in _tiles(user, of_whom, now=now)), Tiles())


@kept
def _tiles(user: User, filters: Filters, *, now: dt.datetime) -> QuerySet[Case, Any]:
    today = timezone.localdate()
    week_end = today + dt.timedelta(days=7 - today.isoweekday())
    cases = scope(Case.objects.visible_to(user), filters, user).open()
    unresolved = Session.objects.unresolved(now).filter(case__in=cases.values("pk")).order_by()
    due = Q(next_deadline_kind=DeadlineKind.DIAGNOSIS, next_deadline_on__range=(today, week_end))
    return cases.order_by().values_list(
        _count(), _count(due), _count(Q(next_deadline_on__lt=today)), Subquery(unresolved.values(n=_count()))
    )


def _count(which: Q | None = None) -> Func:
    """How many rows; no aggregate to Django, which would group by it."""
    counted = F("pk") if which is None else models.Case(models.When(which, then=F("pk")))
    return Func(counted, function="COUNT", output_field=IntegerField())


@kept
def coordinators(user: User) -> QuerySet[StaffMember]:
    """Who may be chosen in the filter: coordinators of the centres whose cases this person sees."""
    duties = duties_of(user)
    people = StaffMember.objects.with_role(Role.COORDINATOR)
    if Role.CLINICAL_LEAD not in duties.roles:
        seen = duties.centres(Role.COORDINATOR, Role.LEAD)
        people = people.filter(Exists(RoleAssignment.objects.filter(user=OuterRef("user"), centre__in=seen)))
    return people.only("uuid", "first_name", "last_name")


def now_and_today() -> tuple[dt.datetime, dt.date]:
    now = timezone.now()
    return now, timezone.localdate(now)

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import StaffRequest, scoped
from accounts.models import User
from audit.services import record
from cases.assessments.frame import assessment_frame
from cases.casefile.deadlines import current_rules
from cases.casefile.models import CareTeamMember, Case, CaseQuerySet, Stage
from cases.desk import caseload as lists
from cases.desk.search import find_cases
from cases.desk.timeline import events_of
from cases.desk.today import today_of
from cases.people.models import FamilyMember
from cases.sessions.annotations import with_meeting_counts
from cases.sessions.under_way import series_under_way, with_open_series
from centres.duties import duties_of
from centres.models import Role
from foundation.pages import keyset_page
from foundation.search import keyed_hash
from foundation.statements import One, kept


@scoped("cases.view_today")
@require_safe
def today(request: StaffRequest) -> HttpResponse:
    now, day = lists.now_and_today()
    return render(request, "cases/desk/today.html", {"page": today_of(request.user, now, day), "today": day})


@scoped("cases.view_caseload")
@require_safe
def caseload(request: StaffRequest) -> HttpResponse:
    now, day = lists.now_and_today()
    user = request.user
    filters = lists.Filters.from_query(
        request.GET, may_see_others=lists.sees_others(user), mine_first=lists.works_on_own(user)
    )
    page = lists.page_of(user, filters, request.GET.get("cursor"), now)
    context = {
        "page": page,
        "rows": lists.rows(page.items, day),
        "tiles": lists.tiles(user, filters, now),
        "filters": filters,
        "stages": [(stage, _("Closed cases") if stage == Stage.CLOSED else stage.label) for stage in Stage],
        "today": day,
        "load_limit": settings.CASELOAD_LIMIT
        if filters.whose == "mine" and Role.COORDINATOR in duties_of(user).roles
        else None,
        "may_see_others": lists.sees_others(user) and lists.works_on_own(user),
        "coordinators": lists.coordinators(user) if lists.sees_others(user) and filters.whose == "all" else [],
    }
    return render(request, "cases/desk/caseload.html", context)


@scoped("cases.view_caseload")
@require_POST
def search(request: StaffRequest) -> HttpResponse:
    """The search of the top bar. What was typed goes into no address, and only its keyed hash into the audit log."""
    term = request.POST.get("q", "").replace("\x00", "").strip()[:100]
    found = find_cases(term, request.user)
    record(request.user, "cases.search", None, term=keyed_hash(term)[:16], found=len(found.cases))
    context = {"term": term, "rows": lists.rows(found.cases, timezone.localdate()), "more": found.more}
    return render(request, "cases/desk/search.html", context)


def _readable_with_meetings(user: User) -> One[Case]:
    return One(Case, lambda key: _with_meetings(user, key=key, now=timezone.now()))


@kept
def _with_meetings(user: User, *, key: uuid.UUID, now: dt.datetime) -> QuerySet[Case]:
    case = Case.objects.readable_by(user).filter(uuid=key)
    return with_open_series(with_meeting_counts(case, now), now)


@scoped(case=_readable_with_meetings)
@require_safe
def case_page(request: StaffRequest, case: Case) -> HttpResponse:
    record(request.user, "cases.read_case", case)
    frame = assessment_frame(case, request.user)
    care_team = _care_team(case=case.pk)
    in_team = [member.staff_id for member in care_team]
    context = frame | {
        "tab": "overview",
        "members": _members(family=case.family_id),
        "care_team": care_team,
        "series": [one for one in series_under_way(case, timezone.now()) if one.needs_attention],
        "may_log": frame["may_manage"] or logs_as_therapist(case, in_team, request.user),
    }
    return render(request, "cases/desk/case.html", context)


@kept
def _care_team(*, case: int) -> QuerySet[CareTeamMember]:
    return CareTeamMember.objects.current().filter(case=case).select_related("staff").order_by("from_on", "id")


@kept
def _members(*, family: int) -> QuerySet[FamilyMember]:
    members = FamilyMember.objects.current().filter(family=family)
    return members.select_related("person").order_by("person__birth_date", "id")


def logs_as_therapist(case: Case, team: list[int], user: User) -> bool:
    """`sessions.models.cases_to_log` for one case whose care team is at hand: no query."""
    duties = duties_of(user)
    return case.is_open and duties.staff_id in team and case.centre_id in duties.centres(Role.THERAPIST)


@scoped(case=Case.objects.readable_by)
@require_safe
def case_history(request: StaffRequest, case: Case) -> HttpResponse:
    record(request.user, "cases.read_history", case)
    frame = assessment_frame(case, request.user)
    events = events_of(case, frame["assignments"], frame["stage_changes"], request.user)
    return render(request, "cases/desk/case_history.html", frame | {"tab": "history", "events": events})


@scoped("cases.view_waitlist", cases=Case.objects.visible_to)
@require_safe
def waitlist(request: StaffRequest, cases: CaseQuerySet) -> HttpResponse:
    """Who waits for therapy, longest first: the clock started with the referral (P3)."""
    day = timezone.localdate()
    waiting = cases.filter(stage=Stage.WAITING)
    listed = waiting.select_related("family", "centre").with_reading_right(request.user).with_coordinator_name()
    page = keyset_page(listed, order=("received_on", "id"), cursor=request.GET.get("cursor"))
    context = {
        "page": page,
        "rows": lists.rows(page.items, day, current_rules()),
        "today": day,
        "several_centres": Role.CLINICAL_LEAD in duties_of(request.user).roles,
    }
    return render(request, "cases/desk/waitlist.html", context)

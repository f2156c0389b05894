"""The tab „Diagnoza NORR” of a case."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import StaffRequest, scoped
from accounts.models import User
from audit.services import record
from cases.assessments.frame import assessment_frame
from cases.assessments.levels import mark_of
from cases.assessments.models import Assessment, AssessmentQuerySet, ProposalDecision
from cases.assessments.over_time import over_time
from cases.casefile.models import Case, CaseQuerySet
from centres.models import Centre

Status = Assessment.Status


def _assessing(user: User) -> CaseQuerySet:
    """Cases with this tab: readable ones of centres that diagnose with NORR."""
    return Case.objects.readable_by(user).filter(centre__diagnosis=Centre.Diagnosis.NORR)


@scoped(case=_assessing)
@require_safe
def case_assessments(request: StaffRequest, case: Case) -> HttpResponse:
    """Those that this person may read: the one in progress on top, then the finalised ones, the latest first."""
    record(request.user, "cases.read_assessments", case)
    found = list(_for_tab(Assessment.objects.filter(case=case).readable_by(request.user)))
    finalised = [one for one in found if one.is_final]
    draft = next((one for one in found if one.is_draft), None)
    context = assessment_frame(case, request.user) | {
        "tab": "assessments",
        "draft": draft,
        "finalised": [(one, mark_of(one.worst_label, one.worst_rank, one.levels)) for one in reversed(finalised)],
        "abandoned": [one for one in reversed(found) if one.status == Status.ABANDONED],
        "over_time": over_time(finalised),
    }
    return render(request, "cases/assessments/case_assessments.html", context)


def _for_tab(assessments: AssessmentQuerySet) -> AssessmentQuerySet:
    decided = ProposalDecision.objects.filter(assessment=OuterRef("pk"))
    return (
        assessments.select_related("instrument_version__instrument", "assessor")
        .defer("narrative", "result")
        .prefetch_related("area_levels")
        .with_progress()
        .annotate(
            is_decided=Exists(decided),
            critical_count=Count("alerts", filter=Q(alerts__withdrawn_at=None), distinct=True),
        )
        .order_by("finalised_at", "started_on", "id")
    )

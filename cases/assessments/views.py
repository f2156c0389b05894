"""Filling in an assessment: it is started, looked over, summed up, and finalised or broken off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import StaffRequest, idempotent, scoped
from accounts.idle import brought_nothing_new
from accounts.models import User
from audit.services import record
from cases.assessments import forms, progress, result_views, results, services
from cases.assessments.models import Assessment, AssessmentQuerySet
from cases.assessments.rules import AssessmentError
from cases.casefile.models import Case, CaseQuerySet
from cases.casefile.services import CaseError
from centres.models import Centre
from foundation.formats import format_time
from foundation.forms import Stale


def _conducted(user: User) -> AssessmentQuerySet:
    return Assessment.objects.conducted_by(user).for_page()


def _readable(user: User) -> AssessmentQuerySet:
    return Assessment.objects.readable_by(user).for_page()


def _ended(user: User) -> AssessmentQuerySet:
    """Who may break an assessment off: who conducts it, and the head of centre."""
    managed = Assessment.objects.filter(case__in=Case.objects.managed_by(user).order_by().values("pk"))
    return (Assessment.objects.conducted_by(user) | managed).for_page()


def _to_assess(user: User) -> CaseQuerySet:
    return Case.objects.managed_by(user).filter(centre__diagnosis=Centre.Diagnosis.NORR)


# --- starting ---


@scoped(case=_to_assess)
@require_http_methods(["GET", "POST"])
def start_assessment(request: StaffRequest, case: Case) -> HttpResponse:
    draft = case.assessments.filter(status=Assessment.Status.DRAFT).first()
    if draft and request.method == "GET":
        messages.info(request, _("An assessment of this family is already in progress."))
        return redirect(draft)
    form = forms.StartAssessmentForm(request.POST or None, case=case)
    form.cancel_url = case.get_absolute_url()
    if form.is_valid():
        try:
            assessment = services.start_assessment(
                case,
                instrument_version=form.cleaned_data["instrument_version"],
                occasion=form.cleaned_data["occasion"],
                assessor=form.cleaned_data["assessor"],
                parts=form.parts(),
                by=request.user,
            )
        except (AssessmentError, CaseError, ValidationError) as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The assessment has started."))
            return redirect(assessment)
    return render(request, "cases/assessments/start_assessment.html", {"case": case, "form": form})


# --- the whole of it ---


@scoped(assessment=_readable)
@require_safe
def assessment(request: StaffRequest, assessment: Assessment) -> HttpResponse:
    """In progress: how far it has come, and the way into each interview. Finalised: its result."""
    record(request.user, "cases.read_assessment", assessment, case=assessment.case.uuid)
    if assessment.is_final:
        return result_views.result_page(request, assessment)
    conducts = Assessment.objects.conducted_by(request.user).filter(pk=assessment.pk).exists()
    context = _overview(assessment) | {
        "conducts": conducts and assessment.is_draft,
        "may_abandon": assessment.is_draft and _ended(request.user).filter(pk=assessment.pk).exists(),
        "may_read_answers": conducts
        or Assessment.objects.answers_readable_by(request.user).filter(pk=assessment.pk).exists(),
    }
    return render(request, "cases/assessments/assessment.html", context)


def _overview(assessment: Assessment) -> dict[str, Any]:
    """Interviews × areas with their progress, the judgements, and what is still missing."""
    progress.load(assessment)
    rows = progress.rows_of(assessment)
    result = results.inputs_of(assessment).result()
    definition = assessment.instrument_version.definition
    asked, answered = sum(row.asked for row in rows), sum(row.answered for row in rows)
    return {
        "assessment": assessment,
        "case": assessment.case,
        "definition": definition,
        "rows": rows,
        "gaps": progress.gaps_of(assessment, result) if assessment.is_draft else [],
        "judgements": progress.judgements_of(assessment),
        "asked": asked,
        "answered": answered,
        "unanswered": [page for row in rows for page in row.pages if not page.is_complete],
    }


@scoped(assessment=_conducted)
@require_http_methods(["GET", "POST"])
def finalise_assessment(request: StaffRequest, assessment: Assessment) -> HttpResponse:
    """What finalising means and what is still missing or unanswered, before it is done."""
    if not assessment.is_draft and request.method == "GET":
        return redirect(assessment)
    form = forms.FinaliseAssessmentForm(request.POST or None, initial={"version": assessment.version})
    if form.is_valid():
        try:
            services.finalise_assessment(assessment, version=form.cleaned_data["version"], by=request.user)
        except Stale as stale:
            form.show_conflict({}, version=stale.version)
        except (AssessmentError, CaseError) as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The assessment is finalised. Nothing in it can be changed any more."))
            return redirect(assessment)
    record(request.user, "cases.read_assessment", assessment, case=assessment.case.uuid)
    return render(request, "cases/assessments/finalise_assessment.html", _overview(assessment) | {"form": form})


@scoped(assessment=_ended)
@require_http_methods(["GET", "POST"])
def abandon_assessment(request: StaffRequest, assessment: Assessment) -> HttpResponse:
    if not assessment.is_draft and request.method == "GET":
        return redirect(assessment)
    form = forms.AbandonAssessmentForm(request.POST or None, initial={"version": assessment.version})
    form.cancel_url = assessment.get_absolute_url()
    if form.is_valid():
        try:
            services.abandon_assessment(assessment, by=request.user, **form.cleaned_data)
        except Stale as stale:
            form.show_conflict({}, version=stale.version)
        except AssessmentError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The assessment is broken off."))
            readable = _readable(request.user).filter(pk=assessment.pk).exists()
            return redirect(assessment if readable else assessment.case)
    return render(request, "cases/assessments/abandon_assessment.html", _head(assessment) | {"form": form})


# --- the practitioner's own words ---


@scoped(assessment=_conducted)
@require_http_methods(["GET", "POST"])
def write_narrative(request: StaffRequest, assessment: Assessment) -> HttpResponse:
    if not assessment.is_draft and request.method == "GET":
        return redirect(assessment)
    form = forms.WriteNarrativeForm(
        request.POST or None, initial={"version": assessment.version, "text": assessment.narrative}
    )
    if form.is_valid():
        try:
            services.write_narrative(assessment, by=request.user, **form.cleaned_data)
        except Stale as stale:
            assessment.refresh_from_db(fields=["narrative"])
            form.show_conflict({"text": assessment.narrative}, version=stale.version)
        except AssessmentError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The summary is saved."))
            return redirect(assessment)
    record(request.user, "cases.read_assessment", assessment, case=assessment.case.uuid)
    return render(request, "cases/assessments/write_narrative.html", _head(assessment) | {"form": form})


@scoped(assessment=_conducted)
@idempotent
@require_POST
def autosave_narrative(request: StaffRequest, assessment: Assessment) -> JsonResponse:
    """The summary while it is being typed; `static/js/autosave.js` says what it sends and hears."""
    form = forms.AutosaveNarrativeForm(request.POST)
    if not form.is_valid():
        return refusal(form)
    try:
        assessment = services.write_narrative(assessment, by=request.user, autosave=True, **form.cleaned_data)
    except (Stale, AssessmentError) as error:
        return conflict(error)
    if assessment.version == form.cleaned_data["version"]:
        brought_nothing_new(request)
    return JsonResponse({"saved": format_time(timezone.now()), "version": assessment.version, "errors": {}})


@scoped(assessment=_conducted)
@require_http_methods(["GET", "POST"])
def judge_area(request: StaffRequest, assessment: Assessment, area: str) -> HttpResponse:
    """The level of an area that the instrument leaves to the practitioner."""
    judgement = assessment.judgements.filter(area=area).first()
    if judgement is None:
        raise Http404
    if not assessment.is_draft and request.method == "GET":
        return redirect(assessment)
    definition = assessment.instrument_version.definition
    form = forms.JudgeAreaForm(
        request.POST or None,
        definition=definition,
        initial={"version": judgement.version, "level": judgement.level, "reason": judgement.reason},
    )
    form.cancel_url = assessment.get_absolute_url()
    if form.is_valid():
        try:
            services.judge_area(assessment, area=area, by=request.user, **form.cleaned_data)
        except Stale as stale:
            judgement.refresh_from_db()
            level = definition.level_of[judgement.level].label if judgement.level else ""
            form.show_conflict({"level": level, "reason": judgement.reason}, version=stale.version)
        except AssessmentError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your judgement is saved."))
            return redirect(assessment)
    record(request.user, "cases.read_assessment", assessment, case=assessment.case.uuid)
    context = _head(assessment) | {"form": form, "area": definition.by_area[area]}
    return render(request, "cases/assessments/judge_area.html", context)


def _head(assessment: Assessment) -> dict[str, Any]:
    """What `assessment_base.html` shows above every page."""
    return {"assessment": assessment, "case": assessment.case}


# --- what autosaves are answered ---


def refusal(form: Any) -> JsonResponse:
    """The form as a whole is wrong: nothing was saved."""
    errors = {name: str(sentences[0]) for name, sentences in form.errors.items() if name in form.fields}
    return JsonResponse({"message": " ".join(form.non_field_errors()), "errors": errors}, status=400)


def conflict(error: ValidationError) -> JsonResponse:
    """Somebody was faster, or the assessment has ended: the page stops saving by itself and keeps what it has.

    Of somebody faster the page has a sentence of its own: the one of a form speaks of texts that stand below.
    """
    said = {} if isinstance(error, Stale) else {"message": " ".join(error.messages)}
    return JsonResponse(said, status=409)

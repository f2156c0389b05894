"""The result of an assessment, and what follows it: decision, second signature, addenda, the file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import StaffRequest, scoped
from accounts.models import User
from audit.services import record
from cases.assessments import alerts, decisions, printing, result_forms
from cases.assessments.frame import assessment_frame
from cases.assessments.models import Assessment, AssessmentQuerySet, CoupleOverride, CriticalAlert
from cases.assessments.rendering import result_in_words, standing_lines
from cases.casefile.models import Case
from centres.duties import duties_of
from foundation.forms import OnceMixin, Stale
from foundation.pdf import PdfError


def result_page(request: StaffRequest, assessment: Assessment) -> HttpResponse:
    """The page of a finalised assessment. Its view has seen to it that this person may open it, and recorded that.

    Who may not know the answers sees levels, proposals and the decision, and that there are critical answers.
    """
    user = request.user
    case = Case.objects.readable_by(user).get(pk=assessment.case_id)
    whole = Assessment.objects.answers_readable_by(user).filter(pk=assessment.pk).exists()
    conducts = Assessment.objects.conducted_by(user).filter(pk=assessment.pk).exists()
    words = result_in_words(assessment, whole=whole)
    context = (
        assessment_frame(case, user)
        | couple_block(user, assessment, whole=whole)
        | {
            "tab": "assessments",
            "assessment": assessment,
            "words": words,
            "whole": whole,
            "addenda": list(assessment.addenda.select_related("author")),
            "may_decide": conducts and case.is_open and words.decision is None,
            "may_add": conducts,
        }
    )
    return render(request, "cases/assessments/result.html", context)


def couple_block(user: User, assessment: Assessment, *, whole: bool) -> dict[str, Any]:
    """What stops couple work on account of this assessment, who has signed, and what this person may do about it."""
    standing = list(assessment.alerts.standing().values_list("override", flat=True))
    overrides = list(assessment.overrides.select_related("signed_by", "decided_by"))
    waiting = next((one for one in overrides if one.granted is None), None)
    stops = any(override is None for override in standing)
    seen = CriticalAlert.objects.for_person(user).filter(assessment=assessment) if standing and whole else None
    return {
        "stops_couple_work": stops,
        "overrides": overrides,
        "waiting_override": waiting,
        "may_request_override": whole and stops and waiting is None,
        "may_countersign": waiting is not None
        and CoupleOverride.objects.waiting_for(user).filter(pk=waiting.pk).exists(),
        "to_acknowledge": set(seen.values_list("pk", flat=True)) if seen is not None else set(),
    }


def _with_decision(user: User) -> AssessmentQuerySet:
    return Assessment.objects.conducted_by(user).finalised().for_page()


def _with_answers(user: User) -> AssessmentQuerySet:
    return Assessment.objects.answers_readable_by(user).for_page()


def _finalised_with_answers(user: User) -> AssessmentQuerySet:
    return _with_answers(user).finalised()


@scoped(assessment=_with_decision)
@require_http_methods(["GET", "POST"])
def decide_proposals(request: StaffRequest, assessment: Assessment) -> HttpResponse:
    words = result_in_words(assessment, whole=True)
    if words.decision or assessment.case.closed_on:
        messages.info(request, _("There is no decision to record here any more."))
        return redirect(assessment)
    form = result_forms.DecideProposalsForm(
        request.POST or None,
        proposals=words.proposals,
        couple_work_stopped=alerts.couple_work_stopped(assessment.case.family_id),
    )
    if form.is_valid():
        try:
            decisions.decide(assessment, **form.decided(), by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The decision is recorded."))
            return redirect(assessment)
    record(request.user, "cases.read_assessment", assessment, case=assessment.case.uuid)
    return _form_page(request, "decide_proposals", assessment, form)


@scoped(assessment=_with_answers)
@require_http_methods(["GET", "POST"])
def request_override(request: StaffRequest, assessment: Assessment) -> HttpResponse:
    lines = standing_lines(assessment)
    if not any(line.stops for line in lines):
        messages.info(request, _("No critical answer stops couple work here."))
        return redirect(assessment)
    form = result_forms.RequestOverrideForm(request.POST or None)
    if form.is_valid():
        try:
            decisions.request_override(assessment, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your reason is signed. It waits for a clinical lead's signature."))
            return redirect(assessment)
    record(request.user, "cases.read_assessment", assessment, case=assessment.case.uuid)
    return _form_page(request, "request_override", assessment, form, lines=lines)


@scoped("cases.countersign_override", override=CoupleOverride.objects.countersigned_by)
@require_http_methods(["GET", "POST"])
def decide_override(request: StaffRequest, override: CoupleOverride) -> HttpResponse:
    assessment = override.assessment
    if override.granted is not None:
        messages.info(request, _("The second signature has already been given or refused."))
        return redirect(assessment)
    form = result_forms.DecideOverrideForm(request.POST or None, initial={"version": override.version})
    if form.is_valid():
        try:
            decisions.decide_override(override, **form.decided(), by=request.user)
        except Stale as stale:
            form.show_conflict({}, version=stale.version)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your signature is recorded."))
            return redirect(assessment)
    record(request.user, "cases.read_override", override, assessment=assessment.uuid)
    may_sign = override.signed_by_id != duties_of(request.user).staff_id
    lines = standing_lines(assessment)
    return _form_page(request, "decide_override", assessment, form, lines=lines, override=override, may_sign=may_sign)


@scoped(assessment=_with_decision)
@require_http_methods(["GET", "POST"])
def add_addendum(request: StaffRequest, assessment: Assessment) -> HttpResponse:
    form = result_forms.AddAddendumForm(request.POST or None)
    if form.is_valid():
        try:
            decisions.add_addendum(assessment, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The addendum is signed."))
            return redirect(assessment)
    return _form_page(request, "add_addendum", assessment, form)


def _form_page(request: StaffRequest, name: str, assessment: Assessment, form: OnceMixin, **more: Any) -> HttpResponse:
    form.cancel_url = assessment.get_absolute_url()
    context = {"assessment": assessment, "case": assessment.case, "form": form} | more
    return render(request, f"cases/assessments/{name}.html", context)


@scoped(alert=CriticalAlert.objects.reaching)
@require_POST
def acknowledge_alert(request: StaffRequest, alert: CriticalAlert) -> HttpResponse:
    alerts.acknowledge_alert(alert, by=request.user)
    messages.success(request, _("You have taken note of the critical answer."))
    return redirect("cases:today") if request.POST.get("back") == "today" else redirect(alert)


@scoped(assessment=_finalised_with_answers)
@require_safe
def assessment_pdf(request: StaffRequest, assessment: Assessment) -> HttpResponse:
    """One page for the family's file, made at once; who took it stands in its footer and is put on record."""
    try:
        content = printing.render(assessment, request.user)
    except PdfError as error:
        messages.error(request, str(error))
        return redirect(assessment)
    record(request.user, "cases.download_assessment", assessment, case=assessment.case.uuid, size=len(content))
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{printing.file_name(assessment)}"',
            "X-Content-Type-Options": "nosniff",
        },
    )

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import StaffRequest, scoped
from cases.casefile import forms, services
from cases.casefile.frame import NEXT_STEPS
from cases.casefile.models import Case
from cases.intake.models import Referral
from cases.intake.services import IntakeError
from cases.intake.views import decided_already
from cases.people.models import Family
from foundation.forms import Stale
from foundation.search import keyed_hash


@scoped(referral=Referral.objects.visible_to)
@require_http_methods(["GET", "POST"])
def accept_referral(request: StaffRequest, referral: Referral) -> HttpResponse:
    if too_late := decided_already(request, referral):
        return too_late
    form = forms.AcceptReferralForm(
        request.POST or None,
        referral=referral,
        families=families_like(referral, request),
        initial={"version": referral.version},
    )
    form.cancel_url = referral.get_absolute_url()
    if form.is_valid():
        try:
            case = services.accept_referral(referral, by=request.user, **form.cleaned_data)
        except Stale as stale:
            form.show_conflict({}, version=stale.version)
        except (services.CaseError, IntakeError, ValidationError) as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The case %(number)s is open.") % {"number": case.number})
            readable = Case.objects.readable_by(request.user).filter(pk=case.pk).exists()
            return redirect(case if readable else "cases:referrals")
    return render(request, "cases/casefile/accept_referral.html", {"referral": referral, "form": form})


def families_like(referral: Referral, request: StaffRequest) -> list[Family]:
    """Families that this person may know of and that look like the one referred: same phone, or same last name."""
    name = referral.search_text.split(" ")[-1] if referral.contact_last_name else ""
    alike = Q(pk__in=[])
    if referral.contact_phone:
        alike |= Q(members__person__phone_hash=keyed_hash(referral.contact_phone))
    if name:
        alike |= Q(search_text__contains=name)
    readable = Case.objects.readable_by(request.user)
    return list(Family.objects.filter(alike, cases__in=readable).distinct().order_by("label_sort", "id")[:10])


@scoped("cases.assign_coordinator", case=Case.objects.led_by)
@require_http_methods(["GET", "POST"])
def assign_coordinator(request: StaffRequest, case: Case) -> HttpResponse:
    form = forms.AssignCoordinatorForm(request.POST or None, case=case)
    form.cancel_url = case.get_absolute_url()
    if form.is_valid():
        try:
            services.assign_coordinator(case, **form.cleaned_data, by=request.user)
        except services.CaseError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The case has a new coordinator."))
            return redirect(case)
    return render(request, "cases/casefile/assign_coordinator.html", {"case": case, "form": form})


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def add_care_team_member(request: StaffRequest, case: Case) -> HttpResponse:
    form = forms.AddCareTeamMemberForm(request.POST or None, case=case)
    form.cancel_url = case.get_absolute_url()
    if form.is_valid():
        try:
            services.add_care_team_member(case, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The care team has a new member."))
            return redirect(case)
    return render(request, "cases/casefile/add_care_team_member.html", {"case": case, "form": form})


@scoped(case=Case.objects.managed_by)
@require_POST
def end_care_team_membership(request: StaffRequest, case: Case, member: uuid.UUID) -> HttpResponse:
    found = case.care_team.filter(uuid=member).first()
    if found is None:
        raise Http404
    try:
        services.end_care_team_membership(found, by=request.user)
    except services.CaseError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("From tomorrow this person no longer sees the file."))
    return redirect(case)


Step = Callable[..., Case]
CLOSING = "cases:close_case"  # possible from every stage


def _step(
    request: StaffRequest, case: Case, form: forms.StepFields, service: Step, done: str, template: str
) -> HttpResponse:
    """One step on the path: form, service, back to the case. No form opens that the case's stage would refuse."""
    if request.method == "GET" and not _may_step(request, case):
        stage = {"stage": case.get_stage_display()}
        messages.info(request, _("The case is at another stage now: %(stage)s.") % stage)
        return redirect(case)
    form.cancel_url = case.get_absolute_url()
    if form.is_valid():
        try:
            service(case, by=request.user, **form.cleaned_data)
        except Stale as stale:
            form.show_conflict({}, version=stale.version)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, done)
            return redirect(case)
    return render(request, template, {"case": case, "form": form})


def _may_step(request: StaffRequest, case: Case) -> bool:
    step = request.resolver_match.view_name if request.resolver_match else ""
    return any(step == name for name, _label in NEXT_STEPS[case.stage]) or (step == CLOSING and case.is_open)


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def record_diagnosis(request: StaffRequest, case: Case) -> HttpResponse:
    return _step(
        request,
        case,
        forms.RecordDiagnosisForm(request.POST or None, case=case, initial={"version": case.version}),
        services.record_diagnosis,
        _("The diagnosis is recorded."),
        "cases/casefile/record_diagnosis.html",
    )


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def put_on_waitlist(request: StaffRequest, case: Case) -> HttpResponse:
    return _step(
        request,
        case,
        forms.PutOnWaitlistForm(request.POST or None, initial={"version": case.version}),
        services.put_on_waitlist,
        _("The family is on the waiting list."),
        "cases/casefile/put_on_waitlist.html",
    )


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def start_therapy(request: StaffRequest, case: Case) -> HttpResponse:
    return _step(
        request,
        case,
        forms.StartTherapyForm(request.POST or None, initial={"version": case.version}),
        services.start_therapy,
        _("Therapy has started."),
        "cases/casefile/start_therapy.html",
    )


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def start_follow_up(request: StaffRequest, case: Case) -> HttpResponse:
    return _step(
        request,
        case,
        forms.StartFollowUpForm(request.POST or None, initial={"version": case.version}),
        services.start_follow_up,
        _("Therapy is over, follow-up has started."),
        "cases/casefile/start_follow_up.html",
    )


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def close_case(request: StaffRequest, case: Case) -> HttpResponse:
    return _step(
        request,
        case,
        forms.CloseCaseForm(request.POST or None, initial={"version": case.version}),
        services.close_case,
        _("The case is closed."),
        "cases/casefile/close_case.html",
    )

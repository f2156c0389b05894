from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import StaffRequest, scoped
from audit.services import record
from cases.intake import forms, services
from cases.intake.eligibility import fit_of
from cases.intake.models import Referral, ReferralQuerySet
from centres.duties import duties_of
from centres.models import Centre, Role
from foundation.forms import Stale
from foundation.pages import keyset_page


@scoped("cases.view_referrals", referrals=Referral.objects.visible_to)
@require_safe
def referrals(request: StaffRequest, referrals: ReferralQuerySet) -> HttpResponse:
    """The centre's referrals, those that nobody has decided about first in sight."""
    status = request.GET.get("status", Referral.Status.NEW)
    if status in Referral.Status.values:
        referrals = referrals.filter(status=status)
    else:
        status = "all"
    page = keyset_page(
        referrals.select_related("centre", "redirected_to", "case"),
        order=("-received_on", "-id"),
        cursor=request.GET.get("cursor"),
    )
    filters = [(value, label) for value, label in Referral.Status.choices] + [("all", _("all"))]
    return render(request, "cases/intake/referrals.html", {"page": page, "status": status, "filters": filters})


@scoped("cases.add_referral")
@require_http_methods(["GET", "POST"])
def add_referral(request: StaffRequest) -> HttpResponse:
    own = Centre.objects.filter(pk__in=duties_of(request.user).centres(Role.COORDINATOR, Role.LEAD))
    form = forms.EnterReferralForm(request.POST or None, centres=own)
    form.cancel_url = reverse("cases:referrals")
    if form.is_valid():
        referral = services.enter_referral(by=request.user, **form.cleaned_data)
        messages.success(request, _("The referral is saved."))
        return redirect(referral)
    return render(request, "cases/intake/add_referral.html", {"form": form})


@scoped(referral=Referral.objects.visible_to)
@require_safe
def referral(request: StaffRequest, referral: Referral) -> HttpResponse:
    record(request.user, "cases.read_referral", referral)
    case = getattr(referral, "case", None)
    fit = fit_of(referral.centre.slug, adults=referral.adults, children=referral.children, district=referral.district)
    better = Centre.objects.filter(slug=fit.better).first() if fit.better else None
    context = {"referral": referral, "case": case, "fit": fit, "better": better}
    return render(request, "cases/intake/referral.html", context)


def decided_already(request: StaffRequest, referral: Referral) -> HttpResponse | None:
    """No form is opened that nobody can send any more. One that was already open answers itself and keeps its text."""
    if request.method == "POST" or referral.status == Referral.Status.NEW:
        return None
    messages.info(request, _("Somebody has already decided about this referral."))
    return redirect(referral)


@scoped(referral=Referral.objects.visible_to)
@require_http_methods(["GET", "POST"])
def edit_referral(request: StaffRequest, referral: Referral) -> HttpResponse:
    if too_late := decided_already(request, referral):
        return too_late
    form = forms.EditReferralForm(request.POST or None, initial=forms.EditReferralForm.values_of(referral))
    form.cancel_url = referral.get_absolute_url()
    if form.is_valid():
        try:
            services.edit_referral(referral, by=request.user, **form.cleaned_data)
        except Stale:
            fresh = Referral.objects.get(pk=referral.pk)
            form.show_conflict(forms.EditReferralForm.readable_values_of(fresh), version=fresh.version)
        except services.IntakeError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect(referral)
    return render(request, "cases/intake/edit_referral.html", {"referral": referral, "form": form})


Decision = Callable[..., Referral]


def _decide(
    request: StaffRequest, referral: Referral, form: Any, service: Decision, done: str, template: str
) -> HttpResponse:
    if too_late := decided_already(request, referral):
        return too_late
    form.cancel_url = referral.get_absolute_url()
    if form.is_valid():
        try:
            service(referral, by=request.user, **form.cleaned_data)
        except Stale as stale:
            form.show_conflict({}, version=stale.version)
        except services.IntakeError as error:
            form.add_error(None, error)
        else:
            messages.success(request, done)
            return redirect(referral)
    return render(request, template, {"referral": referral, "form": form})


@scoped(referral=Referral.objects.visible_to)
@require_http_methods(["GET", "POST"])
def decline_referral(request: StaffRequest, referral: Referral) -> HttpResponse:
    form = forms.DeclineReferralForm(request.POST or None, initial={"version": referral.version})
    done = _("The referral is declined.")
    return _decide(request, referral, form, services.decline_referral, done, "cases/intake/decline_referral.html")


@scoped(referral=Referral.objects.visible_to)
@require_http_methods(["GET", "POST"])
def withdraw_referral(request: StaffRequest, referral: Referral) -> HttpResponse:
    form = forms.WithdrawReferralForm(request.POST or None, initial={"version": referral.version})
    done = _("The referral is marked as withdrawn.")
    return _decide(request, referral, form, services.withdraw_referral, done, "cases/intake/withdraw_referral.html")


@scoped(referral=Referral.objects.visible_to)
@require_http_methods(["GET", "POST"])
def redirect_referral(request: StaffRequest, referral: Referral) -> HttpResponse:
    form = forms.RedirectReferralForm(request.POST or None, referral=referral, initial={"version": referral.version})
    done = _("The referral is redirected. The other centre sees it as new, with the same day of receipt.")
    return _decide(request, referral, form, services.redirect_referral, done, "cases/intake/redirect_referral.html")

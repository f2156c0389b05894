"""The people of a case. Access to a person is access to the case, so the pages stand here and not in `people`."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import StaffRequest, scoped
from audit.services import record
from cases.casefile.models import Case
from cases.people import forms, services
from cases.people.models import Family, FamilyMember
from foundation.forms import Stale
from foundation.phones import format_phone


def member_of(case: Case, member: uuid.UUID) -> FamilyMember:
    """The place of a person in this case's family, or 404. Who has left is found too."""
    found = case.family.members.select_related("person", "family").filter(uuid=member).first()
    if found is None:
        raise Http404
    return found


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def edit_family(request: StaffRequest, case: Case) -> HttpResponse:
    family = case.family
    initial = {"label": family.label, "district": family.district, "version": family.version}
    form = forms.EditFamilyForm(request.POST or None, initial=initial)
    form.cancel_url = case.get_absolute_url()
    if form.is_valid():
        try:
            services.edit_family(family, by=request.user, **form.cleaned_data)
        except Stale:
            fresh = Family.objects.get(pk=family.pk)
            form.show_conflict({"label": fresh.label, "district": fresh.get_district_display()}, version=fresh.version)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect(case)
    return render(request, "cases/casefile/edit_family.html", {"case": case, "form": form})


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def add_person(request: StaffRequest, case: Case) -> HttpResponse:
    form = forms.AddPersonForm(request.POST or None)
    form.cancel_url = case.get_absolute_url()
    if form.is_valid():
        try:
            member = services.add_person(case.family, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The person is in the family."))
            for doubt in services.doubts_about(member.person):
                messages.warning(request, doubt)
            return redirect(case)
    return render(request, "cases/casefile/add_person.html", {"case": case, "form": form})


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def edit_person(request: StaffRequest, case: Case, member: uuid.UUID) -> HttpResponse:
    found = member_of(case, member)
    has_pesel = bool(found.person.pesel_hash)
    form = forms.EditPersonForm(request.POST or None, initial=_values_of(found), has_pesel=has_pesel)
    form.cancel_url = case.get_absolute_url()
    if request.method == "GET":
        record(request.user, "cases.read_person", found.person, case=case.uuid)
    if form.is_valid():
        try:
            person = services.edit_person(found, by=request.user, **form.cleaned_data)
        except Stale:
            fresh = member_of(case, member)
            form.show_conflict(_readable_values_of(fresh), version=fresh.person.version)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The changes are saved."))
            for doubt in services.doubts_about(person):
                messages.warning(request, doubt)
            return redirect(case)
    return render(request, "cases/casefile/edit_person.html", {"case": case, "member": found, "form": form})


FACTS = ("first_name", "last_name", "birth_date", "sex", "no_pesel_reason")  # the PESEL is shown only on request


def _values_of(member: FamilyMember) -> dict[str, object]:
    person = member.person
    phone = format_phone(person.phone) if person.phone else ""
    facts = {name: getattr(person, name) for name in FACTS}
    return facts | {"phone": phone, "role": member.role, "version": person.version}


def _readable_values_of(member: FamilyMember) -> dict[str, object]:
    person = member.person
    return _values_of(member) | {"sex": person.get_sex_display(), "role": member.get_role_display()}


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def end_membership(request: StaffRequest, case: Case, member: uuid.UUID) -> HttpResponse:
    found = member_of(case, member)
    form = forms.EndMembershipForm(request.POST or None)
    form.cancel_url = case.get_absolute_url()
    if form.is_valid():
        try:
            services.end_membership(found, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The change in the family is saved."))
            return redirect(case)
    return render(request, "cases/casefile/end_membership.html", {"case": case, "member": found, "form": form})


@scoped(case=Case.objects.managed_by)
@require_POST
def reveal_pesel(request: StaffRequest, case: Case, member: uuid.UUID) -> HttpResponse:
    """Show one person's PESEL, and put on record that it was shown (D4)."""
    found = member_of(case, member)
    record(request.user, "cases.reveal_pesel", found.person, case=case.uuid)
    template = "cases/casefile/_pesel.html" if request.htmx else "cases/casefile/reveal_pesel.html"
    return render(request, template, {"case": case, "member": found, "pesel": found.person.pesel})

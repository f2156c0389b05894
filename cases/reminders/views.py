"""A person's safe address, and that a reminder is no longer true.

Access to a person is access to the case, as with all pages about them.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import StaffRequest, scoped
from audit.services import record
from cases.casefile.models import Case
from cases.casefile.people_views import member_of
from cases.reminders import forms, message, outdated, services
from cases.reminders.models import SafeContact
from cases.sessions.models import Session
from foundation.forms import Stale

EXAMPLE_TIME = dt.time(16)


@scoped(case=Case.objects.managed_by)
@require_http_methods(["GET", "POST"])
def mark_safe_contact(request: StaffRequest, case: Case, member: uuid.UUID) -> HttpResponse:
    found = member_of(case, member)
    form = forms.MarkSafeContactForm(request.POST or None)
    form.cancel_url = case.get_absolute_url()
    if request.method == "GET":
        record(request.user, "cases.read_person", found.person, case=case.uuid)
    if form.is_valid():
        try:
            services.mark_safe_contact(case, found, address=form.marked(), by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The address is marked as safe."))
            return redirect("cases:mark_safe_contact", case.uuid, member)
    today = timezone.localdate()
    marked = list(found.person.safe_contacts.filter(case=case).select_related("marked_by").defer("address"))
    contact = next((one for one in marked if one.withdrawn_at is None), None)
    may_have_contact = services.may_have_contact(found.person)
    belongs = found.to_on is None or found.to_on > today
    offered = case.is_open and belongs and may_have_contact and not (contact and contact.holds())
    context = {
        "case": case,
        "member": found,
        "form": form,
        "contact": contact,
        "holds": contact is not None and contact.holds(),
        "earlier": [one for one in reversed(marked) if one.withdrawn_at is not None],
        "may_have_contact": may_have_contact,
        "belongs": belongs,
        "offered": offered or bool(form.errors),
        "switched_on": services.switched_on(),
        "subject": message.subject(),
        "example": message.body(timezone.make_aware(dt.datetime.combine(today + dt.timedelta(days=1), EXAMPLE_TIME))),
    }
    return render(request, "cases/reminders/mark_safe_contact.html", context)


@scoped(case=Case.objects.managed_by)
@require_POST
def withdraw_safe_contact(request: StaffRequest, case: Case, member: uuid.UUID) -> HttpResponse:
    """One click, no question: that nothing more is sent may not wait."""
    services.withdraw_safe_contact(case, member_of(case, member), by=request.user)
    messages.success(request, _("The address is withdrawn. Nothing more is sent to this person."))
    return redirect("cases:mark_safe_contact", case.uuid, member)


@scoped(case=Case.objects.managed_by)
@require_POST
def reveal_safe_contact(request: StaffRequest, case: Case, member: uuid.UUID) -> HttpResponse:
    """Show the address, and put on record that it was shown, as with a PESEL (D4)."""
    found = member_of(case, member)
    contact = SafeContact.objects.current().filter(person=found.person, case=case).first()
    if contact is None:
        raise Http404
    record(request.user, "cases.reveal_safe_contact", contact, person=found.person.uuid, case=case.uuid)
    template = "cases/reminders/_address.html" if request.htmx else "cases/reminders/reveal_safe_contact.html"
    return render(request, template, {"case": case, "member": found, "address": contact.address})


@scoped(session=outdated.told_by)
@require_POST
def mark_told(request: StaffRequest, session: Session) -> HttpResponse:
    """Somebody has called a family: it goes from „Dziś”."""
    form = forms.MarkToldForm(request.POST)
    try:
        told = outdated.mark_told(session, **form.told(), by=request.user) if form.is_valid() else 0
    except Stale:
        changed = _("The meeting has changed again in the meantime. Look where it is now before you call.")
        messages.warning(request, changed)
    else:
        if told:
            messages.success(request, _("It is on record that they were told of the change."))
        else:
            messages.info(request, _("There is nobody left to tell."))
    return redirect("cases:today")

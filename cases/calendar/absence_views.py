"""„Nieobecności”: who is away and when, and which meetings that leaves to be moved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import StaffRequest, scoped
from accounts.models import User
from cases.calendar import forms
from cases.sessions.models import Occupancy, Session, SessionQuerySet
from cases.sessions.rendering import rows_of
from centres.absences import (
    AbsenceError,
    absences_kept_by,
    span_in_words,
    with_kind_right,
)
from centres.absences import (
    add_absence as add,
)
from centres.absences import (
    end_absence as end,
)
from centres.duties import duties_of
from centres.models import Absence, AbsenceQuerySet, Role
from foundation.forms import Stale
from foundation.pages import keyset_page


def _kept(user: User) -> AbsenceQuerySet:
    return with_kind_right(absences_kept_by(user), user).select_related("staff")


@scoped("cases.plan_meetings", absences=_kept)
@require_safe
def absences(request: StaffRequest, absences: AbsenceQuerySet) -> HttpResponse:
    """One's own, and the centre's for who keeps them: those to come with the meetings they leave to be moved."""
    now = timezone.now()
    past = request.GET.get("period") == "past"
    cursor = request.GET.get("cursor")
    if past:
        page = keyset_page(absences.filter(to_at__lte=now), order=("-from_at", "-id"), cursor=cursor)
    else:
        inside = (
            Occupancy.objects.filter(staff=OuterRef("staff"), session__status=Session.Status.PLANNED)
            .filter(to_at__gt=OuterRef("from_at"), from_at__lt=OuterRef("to_at"))
            .filter(to_at__gt=now)
            .order_by()
            .values("staff")
            .annotate(number=Count("session"))
            .values("number")
        )
        to_move = Coalesce(Subquery(inside, output_field=IntegerField()), 0)
        page = keyset_page(
            absences.filter(to_at__gt=now).annotate(to_move=to_move), order=("from_at", "id"), cursor=cursor
        )
    rows = [(one, span_in_words(one.from_at, one.to_at), one.from_at <= now < one.to_at) for one in page.items]
    context = {"page": page, "rows": rows, "past": past, "keeps_others": _keeps_others(request.user)}
    return render(request, "cases/calendar/absences.html", context)


def _keeps_others(user: User) -> bool:
    return bool(duties_of(user).centres(Role.COORDINATOR, Role.LEAD))


@scoped("cases.plan_meetings")
@require_http_methods(["GET", "POST"])
def add_absence(request: StaffRequest) -> HttpResponse:
    form = forms.AddAbsenceForm(request.POST or None, user=request.user)
    if form.is_valid():
        try:
            absence = add(**form.added(), by=request.user)
        except AbsenceError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The absence is saved. Nobody can plan a meeting in that time."))
            if meetings_inside(absence, request.user).exists():
                return redirect("cases:absence", absence.uuid)
            return redirect("cases:absences")
    context = {"form": form, "keeps_others": _keeps_others(request.user)}
    return render(request, "cases/calendar/add_absence.html", context)


def meetings_inside(absence: Absence, user: User) -> SessionQuerySet:
    """Planned meetings in the time of an absence, in the calendar of this person: somebody has to move them."""
    return (
        Session.objects.in_calendar_of(user)
        .planned()
        .with_leader(absence.staff_id)
        .filter(starts_at__lt=absence.to_at, ends_at__gt=absence.from_at)
        .filter(ends_at__gt=timezone.now())
    )


@scoped("cases.plan_meetings", absence=_kept)
@require_safe
def absence(request: StaffRequest, absence: Any) -> HttpResponse:
    """One absence, and the meetings that it leaves to be moved; the nearest first."""
    now = timezone.now()
    meetings = meetings_inside(absence, request.user).for_list().with_people().with_reading_right(request.user)
    page = keyset_page(meetings, order=("starts_at", "id"), cursor=request.GET.get("cursor"))
    mine = Session.objects.recorded_by(request.user).filter(pk__in=[one.pk for one in page.items])
    context = _shown(absence) | {
        "page": page,
        "rows": rows_of(page.items, now),
        "movable": set(mine.values_list("pk", flat=True)),
    }
    return render(request, "cases/calendar/absence.html", context)


@scoped("cases.plan_meetings", absence=_kept)
@require_http_methods(["GET", "POST"])
def end_absence(request: StaffRequest, absence: Any) -> HttpResponse:
    form = forms.EndAbsenceForm(request.POST or None, initial={"version": absence.version})
    if form.is_valid():
        try:
            left = end(absence, version=form.cleaned_data["version"], by=request.user)
        except Stale as stale:
            form.show_conflict({}, version=stale.version)
        except AbsenceError as error:
            form.add_error(None, error)
        else:
            ended, removed = _("The absence has ended."), _("The absence has been taken out.")
            messages.success(request, ended if left else removed)
            return redirect("cases:absences")
    return render(request, "cases/calendar/end_absence.html", _shown(absence) | {"form": form})


def _shown(absence: Absence) -> dict[str, Any]:
    now = timezone.now()
    return {
        "absence": absence,
        "when": span_in_words(absence.from_at, absence.to_at),
        "has_begun": absence.from_at < now,
        "is_over": absence.to_at <= now,
    }

"""Who is in a group: enrolling people of a case, giving a seat to who waits, leaving."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import StaffRequest, scoped
from accounts.kept import kept_as
from accounts.models import User
from cases.casefile.models import Case, CaseQuerySet
from cases.groups import forms, services
from cases.groups.lists import people_of
from cases.sessions.group_models import Group, GroupEnrolment, GroupEnrolmentQuerySet, GroupQuerySet
from cases.sessions.rules import SessionError
from foundation.forms import Stale

DAY = dt.timedelta(days=1)


def _open(user: User) -> GroupQuerySet:
    return Group.objects.seen_by(user).open().whole()


def _own_open(user: User) -> CaseQuerySet:
    return Case.objects.managed_by(user).open()


def _changeable(user: User) -> GroupEnrolmentQuerySet:
    return _for_page(GroupEnrolment.objects.managed_by(user), user)


def _endable(user: User) -> GroupEnrolmentQuerySet:
    return _for_page(GroupEnrolment.objects.ended_by(user), user)


def _for_page(enrolments: GroupEnrolmentQuerySet, user: User) -> GroupEnrolmentQuerySet:
    return enrolments.lasting().for_list().with_rights(user).select_related("group__centre")


@scoped("cases.plan_groups", group=_open, cases=_own_open)
@require_safe
def choose_case(request: StaffRequest, group: Group, cases: CaseQuerySet) -> HttpResponse:
    """From a group to the family that joins it: only a case that one coordinates, or heads, can be chosen."""
    form = forms.ChooseCaseForm(request.GET or None, cases=cases.order_by("family__label_sort", "id"))
    if form.is_valid():
        address = reverse("cases:enrol_in_group", args=[form.cleaned_data["case"].uuid])
        return redirect(f"{address}?group={group.uuid}")
    return render(request, "cases/groups/choose_case.html", {"group": group, "form": form})


@scoped(case=_own_open)
@kept_as(_lazy("Enrol in a group"))
@require_http_methods(["GET", "POST"])
def enrol_in_group(request: StaffRequest, case: Case) -> HttpResponse:
    form = forms.EnrolInGroupForm(request.POST or None, case=case, initial={"group": request.GET.get("group")})
    form.cancel_url = reverse("cases:case_sessions", args=[case.uuid])
    if form.is_valid():
        try:
            made = services.enrol_in_group(case=case, **form.enrolled(), by=request.user)
        except SessionError as error:
            form.add_error(None, error)
        else:
            words = {"number": len(made), "group": made[0].group}
            said = _enrolled_words(made) % words
            messages.success(request, said if made[0].is_waiting else f"{said} {_expected_words(made)}")
            return redirect(made[0].group)
    return render(request, "cases/groups/enrol_in_group.html", {"case": case, "form": form})


def _enrolled_words(made: list[GroupEnrolment]) -> str:
    if made[0].is_waiting:
        return ngettext(
            "%(number)d person is on the waiting list of “%(group)s”.",
            "%(number)d people are on the waiting list of “%(group)s”.",
            len(made),
        )
    return ngettext(
        "%(number)d person has a seat in “%(group)s”.", "%(number)d people have a seat in “%(group)s”.", len(made)
    )


def _expected_words(enrolments: list[GroupEnrolment]) -> str:
    """At how many meetings they are expected: none, where all were left out."""
    people = [one.person_id for one in enrolments]
    coming = enrolments[0].group.sessions.coming().filter(attendances__person__in=people)
    return _("Meetings to come at which they are expected: %(number)d.") % {"number": coming.distinct().count()}


@scoped(enrolment=_changeable)
@require_http_methods(["GET", "POST"])
def give_seat(request: StaffRequest, enrolment: GroupEnrolment) -> HttpResponse:
    if not enrolment.is_waiting and request.method == "GET":
        messages.info(request, _("This person does not wait for a seat any more."))
        return redirect(enrolment.group)
    free_from = services.seat_free_from(enrolment.group)
    if free_from is None and request.method == "GET":
        messages.info(request, _("There is no free seat in the group now, so none can be given."))
        return redirect(enrolment.group)
    form = forms.GiveSeatForm(request.POST or None, enrolment=enrolment, from_on=free_from)
    form.cancel_url = enrolment.group.get_absolute_url()
    if form.is_valid():
        try:
            services.give_seat(enrolment, **form.cleaned_data, by=request.user)
        except Stale as stale:
            form.show_conflict({}, version=stale.version)
        except SessionError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{_('The seat is given.')} {_expected_words([enrolment])}")
            return redirect(enrolment.group)
    context = _context(request.user, enrolment) | {"form": form, "free_from": free_from}
    return render(request, "cases/groups/give_seat.html", context)


@scoped(enrolment=_endable)
@kept_as(_lazy("End a place in the group"))
@require_http_methods(["GET", "POST"])
def leave_group(request: StaffRequest, enrolment: GroupEnrolment) -> HttpResponse:
    form = forms.LeaveGroupForm(request.POST or None, enrolment=enrolment)
    form.cancel_url = enrolment.group.get_absolute_url()
    if form.is_valid():
        try:
            services.leave_group(enrolment, **form.left(), by=request.user)
        except Stale as stale:
            form.show_conflict({}, version=stale.version)
        except SessionError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The place in the group has ended."))
            return redirect(enrolment.group)
    return render(request, "cases/groups/leave_group.html", _context(request.user, enrolment) | {"form": form})


def _context(user: User, enrolment: GroupEnrolment) -> dict[str, object]:
    """Whose place it is, by name only to who may know it."""
    people = people_of(enrolment.group, user)
    listed = people.waiting if enrolment.is_waiting else people.seated + people.left
    place = next(number for number, one in enumerate(listed) if one.enrolment.pk == enrolment.pk)
    free = services.free_seats(enrolment.group, timezone.localdate() + DAY)  # who leaves today still sits there
    return {"group": enrolment.group, "member": listed[place], "free": free, "ahead": place}

"""The week of a therapist, a room or a centre."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import StaffRequest, scoped
from cases.calendar.week import CalendarError, Week, day_of, days_of, view_for


@scoped("cases.view_calendar")
@require_safe
def calendar(request: StaffRequest) -> HttpResponse:
    """The week as a list of days; a telephone shows one of them, the chosen one."""
    asked = request.GET
    today = timezone.localdate()
    try:
        chosen = _day_asked_for(request)
        week = Week.parse(asked["tydzien"]) if asked.get("tydzien") else Week.of(chosen or today)
        view = view_for(
            request.user,
            centre=asked.get("centre", ""),
            therapist=asked.get("therapist", ""),
            room=asked.get("room", ""),
        )
    except CalendarError:
        raise Http404 from None
    if chosen not in week.days:
        chosen = today if today in week.days else week.monday
    context = {
        "week": week,
        "view": view,
        "days": days_of(week, view, request.user, back=request.get_full_path()),
        "is_this_week": today in week.days,
        "chosen": chosen,
        "day_before": chosen - dt.timedelta(days=1),
        "day_after": chosen + dt.timedelta(days=1),
        "may_plan": request.user.has_perm("cases.plan_meetings"),
    }
    return render(request, "cases/calendar/calendar.html", context)


def _day_asked_for(request: StaffRequest) -> dt.date | None:
    """The day in the address; where somebody has typed none that there is, the page says so and shows today's week."""
    text = request.GET.get("dzien", "")
    try:
        return day_of(text) if text else None
    except CalendarError:
        messages.warning(
            request, _("The calendar has no day “%(day)s”. This is the present week.") % {"day": text[:20]}
        )
        return None

"""„Wolne terminy”: when a therapist, a room and the family are all free for a service."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.access import StaffRequest, scoped
from accounts.models import User
from cases.calendar.availability import FreeTime, Wish, find, hours_are_known
from cases.calendar.forms import WEEK, FreeTimesForm
from cases.calendar.free_times import Clash
from cases.casefile.models import Case
from cases.sessions.models import cases_to_log
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Centre, Role
from foundation.formats import MONTHS_GENITIVE, WEEKDAYS, format_time
from foundation.working_days import holiday_name

WHY = {
    "closed": _("the centre is closed"),
    "away": _("the therapist is away"),
    "taken": _("taken"),
    "room": _("no room"),
    "clock": _("the clocks change"),
}


@scoped("cases.plan_meetings")
@require_safe
def free_times(request: StaffRequest) -> HttpResponse:
    """Look for the next free times; each leads to the form that plans a meeting or a series, filled in."""
    asked = request.GET
    centres = list(Centre.objects.filter(pk__in=duties_of(request.user).centres(*AT_A_CENTRE)))
    case = _case(request.user, asked.get("case", ""))
    centre = case.centre if case else _centre(centres, asked.get("centre", ""))
    form = FreeTimesForm(
        asked if "service" in asked else None,
        user=request.user,
        centre=centre,
        case=case,
        managing=_manages(request.user, centre, case),
        hours_are_known=hours_are_known(centre),
    )
    context: dict[str, Any] = {"form": form, "centre": centre, "centres": centres, "case": case}
    if form.is_valid():
        wish = Wish(**form.wished())
        found = find(wish)
        context["days"] = [
            {
                "name": WEEKDAYS[day.weekday()],
                "words": f"{day.day} {MONTHS_GENITIVE[day.month - 1]} {day.year}",
                "times": [_row(one, form, case) for one in free],
            }
            for day, free in found.days.items()
        ]
        context["onward"] = found.onward
        context["wish"] = wish
    return render(request, "cases/calendar/free_times.html", context)


def _case(user: User, text: str) -> Case | None:
    """The case that the address names, among those whose meetings this person plans."""
    if not text:
        return None
    try:
        key = uuid.UUID(text)
    except ValueError:
        raise Http404 from None
    case = cases_to_log(user).filter(uuid=key, closed_on=None).select_related("centre", "family").first()
    if case is None:
        raise Http404
    return case


def _centre(centres: list[Centre], slug: str) -> Centre:
    for centre in centres:
        if slug in {"", centre.slug}:
            return centre
    raise Http404


def _manages(user: User, centre: Centre, case: Case | None) -> bool:
    if case is not None:
        return Case.objects.managed_by(user).filter(pk=case.pk).exists()
    return centre.pk in duties_of(user).centres(Role.COORDINATOR, Role.LEAD)


def _row(one: FreeTime, form: FreeTimesForm, case: Case | None) -> dict[str, Any]:
    return {
        "time": f"{format_time(one.start)}–{format_time(one.end)}",
        "starts": one.start.isoformat(timespec="minutes"),
        "therapist": str(one.therapist),
        "room": str(one.room or ""),
        "clashes": [_in_words(clash) for clash in one.clashes],
        "url": _plan_url(one, form, case) if case else "",
    }


def _in_words(clash: Clash) -> str:
    why = holiday_name(clash.date) if clash.why == "holiday" else WHY[clash.why]
    return f"{clash.date.day}.{clash.date.month:02} – {why}"


def _plan_url(one: FreeTime, form: FreeTimesForm, case: Case) -> str:
    query = {
        "status": "planned",
        "day": one.start.date().isoformat(),
        "time": f"{one.start:%H:%M}",
        "minutes": round((one.end - one.start).total_seconds() / 60),
        "service": form.cleaned_data["service"].uuid,
        "therapist": one.therapist.uuid,
        "room": one.room.uuid if one.room else "",
    }
    if every := form.cleaned_data["every"]:
        series = urlencode(query | {"weeks_between": every // WEEK})
        return f"{reverse('cases:plan_series', args=[case.uuid])}?{series}"
    return f"{reverse('cases:log_session', args=[case.uuid])}?{urlencode(query)}"

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import StaffRequest, scoped
from programme.plan.models import Programme, Target
from programme.results import months
from programme.results.board import board_of, current_programme
from programme.results.counting import rule_on
from programme.results.drilldown import drill_down
from programme.results.gaps import gap_in, said_of
from programme.results.pace import Assessment, last_complete_month
from programme.results.standing import overview, upcoming


@scoped("programme.view_programme")
@require_safe
def programme(request: StaffRequest) -> HttpResponse:
    """All indicators of the programme: what was reached, what was to be, and who falls behind."""
    the_programme = current_programme()
    if the_programme is None:
        return render(request, "programme/results/programme_empty.html")
    year, on = _year_and_day(request, the_programme)
    assessment = _assessment(request)
    words = request.GET.get("q", "").replace("\0", "")[:100].strip()
    context = {
        "programme": the_programme,
        "year": year,
        "on": on,
        "assessment": assessment,
        "q": words,
        "board": board_of(the_programme, year, on, assessment, words),
    }
    return render(request, "programme/results/programme.html", context)


@scoped("programme.view_programme")
@require_safe
def indicator(request: StaffRequest, code: str) -> HttpResponse:
    """One indicator: its targets and their revisions, its months, and where a counted number comes from."""
    the_programme = get_object_or_404(Programme.objects.current().defer("about")[:1])
    year, on = _year_and_day(request, the_programme)
    standings = overview(the_programme, on=on, code=code) if on else upcoming(the_programme, year, code=code)
    if not standings:
        raise Http404(_("The programme has no such indicator."))
    standing = standings[0]
    found = standing.indicator
    context: dict[str, Any] = {
        "indicator": found,
        "programme": the_programme,
        "standing": standing,
        "bar": standing.bar(),
        "year": year,
        "on": on,
        "chart": months.chart(standing, on) if on else None,
        "months": months.lines(standing, on) if on else [],
        "targets": Target.objects.filter(indicator=found)
        .select_related("revision")
        .order_by("year", "-revision__number"),
    }
    if found.computed_by:
        context["rule"] = rule_on(found.computed_by, on or dt.date(year, 1, 1))
        if on:
            context["drilldown"] = drill_down(found.computed_by, year, until=on)
            context["gap"] = said_of(gap_in(found.computed_by, year, until=on, now=timezone.now()))
    return render(request, "programme/results/indicator.html", context)


def _year_and_day(request: StaffRequest, programme: Programme) -> tuple[int, dt.date | None]:
    """The year that was chosen (`?rok=2026`) and the last day that counts in it; None before its first month ends."""
    until = last_complete_month(timezone.localdate())
    chosen = request.GET.get("rok", "")
    if chosen == "":
        year = min(max(until.year, programme.first_year), programme.last_year)
    elif chosen.isascii() and chosen.isdigit() and len(chosen) == 4 and int(chosen) in programme.years:  # noqa: PLR2004
        year = int(chosen)
    else:
        raise Http404(_("The programme has no such year."))
    if year > until.year:
        return year, None
    return year, min(until, dt.date(year, 12, 31))


def _assessment(request: StaffRequest) -> Assessment | None:
    """The tile that was chosen (`?ocena=at_risk`); what is no tile chooses none."""
    chosen = request.GET.get("ocena", "")
    return Assessment(chosen) if chosen in Assessment.values else None

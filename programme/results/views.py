from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import StaffRequest, scoped
from programme.plan.models import Indicator, Programme, Target
from programme.results import lists, months
from programme.results.counting import rule_on
from programme.results.drilldown import drill_down
from programme.results.pace import Assessment, last_complete_month
from programme.results.standing import IndicatorStanding, overview, upcoming


@scoped("programme.view_programme")
@require_safe
def programme(request: StaffRequest) -> HttpResponse:
    """All indicators of the programme: what was reached, what was to be, and who falls behind."""
    indicators = list(Indicator.objects.of_current_programme().as_of(None))
    if not indicators:
        return render(request, "programme/results/programme_empty.html")
    the_programme = indicators[0].programme
    year, on = _year_and_day(request, the_programme)
    standings = _standings(the_programme, year, on, indicators)
    assessment = _assessment(request)
    words = request.GET.get("q", "")[:100].strip()
    shown = lists.filtered(standings, assessment, words)
    return render(
        request,
        "programme/results/programme.html",
        {
            "programme": the_programme,
            "year": year,
            "on": on,
            "assessment": assessment,
            "q": words,
            "tiles": lists.tiles(standings),
            "sections": lists.sections(shown, year, on),
            "shown": len(shown),
            "indicator_count": len(standings),
            "task_count": len({standing.indicator.task_id for standing in standings}),
            "demo_count": lists.demo_count(standings),
        },
    )


@scoped("programme.view_programme")
@require_safe
def indicator(request: StaffRequest, code: str) -> HttpResponse:
    """One indicator: its targets and their revisions, its months, and where a counted number comes from."""
    found = get_object_or_404(Indicator.objects.of_current_programme(), code=code)
    year, on = _year_and_day(request, found.programme)
    standing = _standings(found.programme, year, on, [found])[0]
    context: dict[str, Any] = {
        "indicator": found,
        "programme": found.programme,
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
        context["drilldown"] = drill_down(found.computed_by, year, until=on) if on else None
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


def _standings(
    programme: Programme, year: int, on: dt.date | None, indicators: list[Indicator]
) -> list[IndicatorStanding]:
    if on is None:
        return upcoming(programme, year, indicators=indicators)
    return overview(programme, on=on, indicators=indicators)


def _assessment(request: StaffRequest) -> Assessment | None:
    """The tile that was chosen (`?ocena=at_risk`); what is no tile chooses none."""
    chosen = request.GET.get("ocena", "")
    return Assessment(chosen) if chosen in Assessment.values else None

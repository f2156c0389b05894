from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import StaffRequest, scoped
from accounts.models import User
from audit.services import record
from cases.assessments.counting import Tool, first_day, tools
from cases.assessments.periods import Period, last_completed, periods
from cases.assessments.summary import Summary, exact, summarise
from cases.assessments.summary_forms import ALL, SummaryForm
from cases.assessments.summary_tables import Table, changes_table, csv_rows, levels_table
from centres.duties import duties_of
from centres.models import Centre, Role
from foundation.formats import format_date
from foundation.spreadsheets import CONTENT_TYPE, csv_lines


@scoped("cases.view_assessment_summary")
@require_safe
def assessment_summary(request: StaffRequest) -> HttpResponse:
    """How the levels of risk are distributed, and what changed from start to end: numbers of families, no family."""
    places = _places(request.user)
    form = _form(request, places)
    context: dict[str, Any] = {"form": form, "has_centres": bool(places.offered)}
    if not form.tools or not form.periods:
        return render(request, "cases/assessments/assessment_summary.html", context)
    if not form.is_valid():
        return render(request, "cases/assessments/assessment_summary.html", context, status=400)
    page = _page(form, places, is_exact=places.is_exact)
    record(request.user, "cases.read_assessment_summary", **page.asked)
    return render(request, "cases/assessments/assessment_summary.html", context | {"page": page})


@scoped("cases.view_assessment_summary")
@require_safe
def export_assessment_summary(request: StaffRequest) -> HttpResponseBase:
    """The same as a file. Files are published, whoever takes them: small numbers are hidden in it for a lead too."""
    places = _places(request.user)
    form = _form(request, places)
    if not form.tools or not form.periods:
        return redirect("cases:assessment_summary")
    if not form.is_valid():
        return render(request, "cases/assessments/assessment_summary.html", {"form": form}, status=400)
    page = _page(form, places, is_exact=False)
    record(request.user, "cases.export_assessment_summary", **page.asked)
    about = [page.tool.label, page.place, page.period.label, format_date(page.period.known_on)]
    named = [(_("Levels of the areas"), page.levels), (_("Change from start to end"), page.changes)]
    name = f"norr-{page.asked['centre']}-{page.period.key}.csv"
    return StreamingHttpResponse(
        csv_lines(csv_rows(named, about)),
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@dataclass(frozen=True)
class Places:
    """The centres that work with NORR: those that somebody may ask for, and all, whose numbers protect each other."""

    offered: list[Centre]
    everywhere: list[int]
    together: bool
    is_exact: bool
    """A lead reads the files themselves, so nothing is hidden from them; whoever gets aggregates only gets them
    published.
    """


def _places(user: User) -> Places:
    duties = duties_of(user)
    centres = list(Centre.objects.filter(diagnosis=Centre.Diagnosis.NORR))
    led = duties.centres(Role.LEAD)
    everything = bool(duties.roles & {Role.ANALYST, Role.CLINICAL_LEAD})
    return Places(
        offered=[centre for centre in centres if everything or centre.pk in led],
        everywhere=[centre.pk for centre in centres],
        together=everything and len(centres) > 1,
        is_exact=Role.ANALYST not in duties.roles,
    )


def _form(request: StaffRequest, places: Places) -> SummaryForm:
    first = first_day()
    known = last_completed()
    return SummaryForm(
        request.GET,
        periods=periods(first, known) if first and first.replace(day=1) <= known else [],
        centres=places.offered,
        tools=tools([centre.pk for centre in places.offered]),
        together=places.together,
    )


@dataclass(frozen=True)
class Page:
    """What was asked for, counted."""

    tool: Tool
    period: Period
    centre: Centre | None
    place: str
    summary: Summary
    levels: Table
    changes: Table
    is_exact: bool
    asked: dict[str, str]


def _page(form: SummaryForm, places: Places, *, is_exact: bool) -> Page:
    tool, period, centre = form.tool_chosen, form.period_chosen, form.centre_chosen
    summary = summarise(tool, period, places.everywhere)[centre.pk if centre else None]
    if is_exact:
        summary = exact(summary)
    place = str(centre or _("all centres together"))
    said = {"tool": tool.label, "place": place, "period": period.label}
    return Page(
        tool=tool,
        period=period,
        centre=centre,
        place=place,
        summary=summary,
        levels=levels_table(
            summary,
            tool.areas,
            tool.levels,
            title=_("Families by level in each area: %(tool)s; %(place)s; %(period)s") % said,
        ),
        changes=changes_table(
            summary,
            tool.areas,
            title=_("Families by change from start to end in each area: %(tool)s; %(place)s; %(period)s") % said,
        ),
        is_exact=is_exact,
        asked={"tool": tool.key, "period": period.key, "centre": centre.slug if centre else ALL},
    )

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import StaffRequest, scoped
from audit.services import record
from cases.numbers import files, forms
from cases.numbers.page import Page, build
from cases.numbers.sight import sight_of
from centres import weekly_hours
from centres.models import Centre, WeeklyHours
from foundation.spreadsheets import CONTENT_TYPE, XLSX_TYPE, csv_lines, workbook

NUMBERS, FILE_WORD = "cases/numbers/numbers.html", "spotkania"
CSV, XLSX = "csv", "xlsx"


@scoped("cases.view_numbers")
@require_safe
def numbers(request: StaffRequest) -> HttpResponse:
    """Meetings, hours, attendance and the weeks to come: sums, and nothing of a family."""
    sight = sight_of(request.user)
    form = forms.NumbersForm(request.GET, sight=sight)
    if not form.is_valid():
        return render(request, NUMBERS, {"form": form}, status=400)
    page = build(form, sight)
    record(request.user, "cases.read_numbers", **page.asked)
    return render(request, NUMBERS, {"form": form, "page": page, "said_of_numbers": files.kind_of_numbers(page)})


@scoped("cases.view_numbers")
@require_safe
def export_numbers(request: StaffRequest) -> HttpResponseBase:
    """What the page shows for the same address, as CSV or, with `as=xlsx`, as XLSX."""
    sight = sight_of(request.user)
    form = forms.NumbersForm(request.GET, sight=sight)
    if not form.is_valid():
        return render(request, NUMBERS, {"form": form}, status=400)
    page = build(form, sight)
    kind = XLSX if request.GET.get("as") == XLSX else CSV
    record(request.user, "cases.export_numbers", **page.asked, format=kind)
    headers = {"Content-Disposition": f'attachment; filename="{file_name(page)}.{kind}"'}
    if kind == XLSX:
        return HttpResponse(workbook(files.sheets(page)), content_type=XLSX_TYPE, headers=headers)
    return StreamingHttpResponse(csv_lines(files.csv_rows(page)), content_type=CONTENT_TYPE, headers=headers)


def file_name(page: Page) -> str:
    """It names no person: spotkania-wodna-2026-10-dokladne."""
    place = {forms.ALL: "wszystkie", forms.OWN: "moje"}.get(page.asked["place"], page.asked["place"])
    period = page.asked["period"].replace("..", "-")
    return "-".join([FILE_WORD, place, period, *([] if page.published else ["dokladne"])])


@scoped("centres.set_weekly_hours")
@require_http_methods(["GET", "POST"])
def set_weekly_hours(request: StaffRequest) -> HttpResponse:
    """The hours that each therapist of the centre has for meetings; without them the page assumes nothing."""
    led = list(Centre.objects.filter(pk__in=weekly_hours.headed_by(request.user)))
    centre = next((one for one in led if one.slug == request.GET.get("centre")), led[0])
    staff = weekly_hours.working_at(centre)
    form = forms.SetWeeklyHoursForm(request.POST or None, staff=staff)
    if form.is_valid():
        facts = {name: form.cleaned_data[name] for name in ("staff", "hours", "from_on")}
        try:
            weekly_hours.set_weekly_hours(centre=centre, **facts, by=request.user)
        except weekly_hours.WeeklyHoursError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The hours are saved."))
            return redirect(f"{reverse('cases:set_weekly_hours')}?centre={centre.slug}")
    entered: dict[int, list[WeeklyHours]] = {}
    for row in WeeklyHours.objects.filter(centre=centre, staff__in=staff).order_by("-from_on"):
        entered.setdefault(row.staff_id, []).append(row)
    context: dict[str, Any] = {
        "form": form,
        "centre": centre,
        "led": led,
        "people": [(one, entered.get(one.pk, [])) for one in staff],
    }
    return render(request, "cases/numbers/set_weekly_hours.html", context)

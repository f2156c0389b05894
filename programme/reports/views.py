from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import StaffRequest, scoped
from accounts.idle import polling
from audit.services import record
from programme.reports import files, forms, services, shelf, tasks
from programme.reports.models import HAND_ON_AFTER, Report, ReportQuerySet
from programme.reports.services import Outcome


@scoped("programme.view_reports", reports=Report.objects.readable_by)
@require_safe
def reports(request: StaffRequest, reports: ReportQuerySet) -> HttpResponse:
    """The reports of a year, month by month, with what is being made and what went wrong."""
    may_request = request.user.has_perm("programme.request_report")
    page = shelf.of_year(request.GET.get("year", ""), reports, everything=may_request)
    return render(request, "programme/reports/reports.html", {"shelf": page, "may_request": may_request})


@scoped("programme.request_report")
@require_http_methods(["GET", "HEAD", "POST"])
def request_report(request: StaffRequest) -> HttpResponse:
    """Choose a month and a scope; the answer is the page of the report."""
    chosen = {name: request.GET[name] for name in ("month", "scope") if name in request.GET}
    form = forms.RequestReportForm(request.POST or None, initial=chosen)
    if form.is_valid():
        try:
            asked = services.request_report(**form.cleaned_data, by=request.user)
        except services.ReportError as error:
            form.add_error("month" if error.code in {"not_completed", "before_data"} else None, error)
        else:
            if asked.outcome is Outcome.UNCHANGED:
                messages.info(request, _("The data have not changed – this is the same report."))
            else:
                transaction.on_commit(partial(tasks.hand_on, asked.report.uuid))
            return redirect(asked.report)
    return render(request, "programme/reports/request_report.html", {"form": form})


@scoped("programme.view_reports", report=Report.objects.readable_by)
@require_safe
def report(request: StaffRequest, report: Report) -> HttpResponse:
    """One report: how far it is, the file when it is there, and the numbers by which it is recognised."""
    return render(request, "programme/reports/report.html", _page(request, report))


@scoped("programme.view_reports", report=Report.objects.readable_by)
@polling
@require_safe
def report_progress(request: StaffRequest, report: Report) -> HttpResponse:
    """What the page asks for by itself until the report is finished; nothing where nothing has changed."""
    page = _page(request, report)
    if request.GET.get("seen") == page["progress"].token:
        return HttpResponse(status=204)
    return render(request, "programme/reports/_report.html", page)


@scoped("programme.view_reports", report=Report.objects.readable_by)
@require_safe
def download_report(request: StaffRequest, report: Report) -> HttpResponse:
    """The file, exactly as it was written; who took it is put on record."""
    if report.status != Report.Status.READY:
        return redirect(report)
    try:
        content = files.read(report)
    except files.BrokenFileError as broken:
        record(request.user, "programme.download_report", report, number=report.number, refused=broken.code)
        page = {"report": report, "reason": str(broken), "retry": _retry_form(request, report, broken=True)}
        return render(request, "programme/reports/broken_file.html", page, status=503)
    record(request.user, "programme.download_report", report, number=report.number, sha256=report.sha256)
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{report.file_name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@scoped("programme.request_report", report=Report.objects.readable_by)
@require_POST
def retry_report(request: StaffRequest, report: Report) -> HttpResponse:
    """Make a failed report, or a lost file, once more."""
    form = forms.RetryReportForm(request.POST)
    try:
        if not form.is_valid():
            raise services.ReportError(form.non_field_errors().data)
        services.retry_report(report, by=request.user)
    except services.ReportError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        transaction.on_commit(partial(tasks.hand_on, report.uuid))
    return redirect(report)


# --- what the page says ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far a report is, in the steps that a person can follow."""

    step: int
    """0 waits, 1 is being counted, 2 is being typeset, 3 is ready."""
    is_late: bool
    """Nobody has taken it up for so long that the worker may be away."""
    token: str
    """The state in one word, so that a page can ask whether there is anything new."""


def progress_of(report: Report) -> Progress:
    """Read from the row alone: what the worker has not written down has not happened."""
    now = timezone.now()
    step = 0
    is_late = False
    if report.status == Report.Status.WAITING:
        is_late = now - report.requested_at > HAND_ON_AFTER
    elif report.status == Report.Status.RUNNING:
        step = 2 if report.snapshot_hash else 1
        is_late = report.lease_until is not None and report.lease_until < now
    elif report.status == Report.Status.READY:
        step = 3
    token = f"{report.status}-{report.attempts}-{step}{'-late' if is_late else ''}"
    return Progress(step=step, is_late=is_late, token=token)


def _page(request: StaffRequest, report: Report) -> dict[str, Any]:
    others = Report.objects.for_list().of(report.month, report.scope, report.centre).exclude(pk=report.pk)
    return {
        "report": report,
        "progress": progress_of(report),
        "others": others,
        "asked_by": shelf.name_of(report.requested_by),
        "retry": _retry_form(request, report, broken=False),
    }


def _retry_form(request: StaffRequest, report: Report, *, broken: bool) -> forms.RetryReportForm | None:
    """For those who may ask for reports, where there is something to make again."""
    if not (broken or report.status == Report.Status.FAILED) or not request.user.has_perm("programme.request_report"):
        return None
    return forms.RetryReportForm()

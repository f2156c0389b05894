"""A report's file: its frozen numbers as HTML, and that as a tagged PDF, made by a process of its own."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import translation

from foundation.pdf import render_pdf
from programme.reports.models import Report
from programme.reports.printing import printed
from programme.reports.snapshots import hash_of

TEMPLATES = {
    Report.Scope.PROGRAMME: "programme/reports/pdf/programme.html",
    Report.Scope.CENTRES: "programme/reports/pdf/month.html",
    Report.Scope.CENTRE: "programme/reports/pdf/month.html",
}


class ForgedSnapshotError(Exception):
    """The frozen numbers are not those that the report was made of."""


def html_of(report: Report) -> str:
    """The document, a function of the snapshot alone: it is proved by its hash before anything is printed of it."""
    if report.snapshot is None or hash_of(report.snapshot) != report.snapshot_hash:
        raise ForgedSnapshotError(report.number)
    with translation.override("pl"):
        return render_to_string(TEMPLATES[Report.Scope(report.scope)], printed(report))


def render(report: Report) -> bytes:
    """The PDF. No transaction is open meanwhile. Raises PdfError."""
    return render_pdf(html_of(report))

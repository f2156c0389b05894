"""Error pages: what happened, how to go on, and whom to call. They never raise themselves."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from centres.models import HelpLine

# When even the written page is missing: plain, and still with the one number that always helps.
LAST_RESORT = (
    "<!doctype html><html lang=pl><meta charset=utf-8><title>Błąd</title><p>Coś poszło nie tak. Pilna pomoc: 112."
)


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    try:
        help_lines = list(HelpLine.objects.all())
    except DatabaseError:
        help_lines = []
    return render(request, template, {"help_lines": help_lines}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _page(request, "413.html", 413)
    return _page(request, "400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "403.html", 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "404.html", 404)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, "csrf_failure.html", 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page written at start by `write_error_pages`: it needs neither database nor templates."""
    written = settings.DATA_DIR / "500.html"
    try:
        content = written.read_bytes()
    except OSError:
        content = LAST_RESORT.encode()
    return HttpResponse(content, status=500)

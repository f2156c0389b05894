"""Sending somebody who is not signed in to the sign-in page, in a way that gets them back to where they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.idle import autosave_of


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Django's rule „everybody signs in”, with a way back that leads to a page, never to a form's target."""

    def handle_no_permission(  # type: ignore[override] # wider: htmx's redirect is an answer of another class
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponse:
        if autosave_of(request):
            message = _("You have been signed out.")
            kept = getattr(request, "is_kept", False)
            return JsonResponse({"signed_out": True, "kept": kept, "message": message}, status=401)
        answer = redirect_to_login(page_of(request), self.get_login_url(view_func))
        if request.headers.get("HX-Request"):
            # htmx would put the sign-in page into a part of the page that is open
            return HttpResponseClientRedirect(answer.url)
        return answer


def page_of(request: HttpRequest) -> str:
    """The page that somebody was looking at: the one asked for, or the one that a form or a part stood on."""
    asked_for = request.get_full_path()
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return asked_for
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return "/" if request.method != "GET" else asked_for
    page = urlsplit(came_from)
    return page._replace(scheme="", netloc="", fragment="").geturl() or "/"


def page_after_sign_in(request: HttpRequest) -> str:
    """Where `next` leads, if that is a page of ours; else the start."""
    asked_for = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(asked_for, {request.get_host()}, require_https=request.is_secure())
    return asked_for if ours else str(settings.LOGIN_REDIRECT_URL)

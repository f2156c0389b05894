"""Staff outside demo mode work only with a second factor (D4)."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.demo import demo_mode
from accounts.models import User

SESSION_KEY = "has_second_factor"
ENROLMENT = "mfa_activate_totp"


class SecondFactorMiddleware:
    """Send a signed-in person without a second factor to enrolment, whatever they asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object
    ) -> HttpResponse | None:
        user = request.user
        if not isinstance(user, User) or not settings.REQUIRE_SECOND_FACTOR:
            return None
        if request.session.get(SESSION_KEY) or demo_mode() or not getattr(view, "login_required", True):
            return None
        if view.__module__.startswith("allauth."):
            return None  # enrolment itself, signing out, confirming the password
        if Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
            request.session[SESSION_KEY] = True
            return None
        messages.info(request, _("Set up a second sign-in step first. It protects the families' data."))
        return redirect(ENROLMENT)

"""Staff outside demo mode work only with a second factor (D4)."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.demo import demo_mode
from accounts.models import User

ENROLMENT = "mfa_activate_totp"
# What enrolment itself needs: the password once more, the page that says why enrolment is refused, and the way out.
# Staying signed in while one installs an app on a telephone is allowed too: it opens nothing.
ON_THE_WAY = {ENROLMENT, "mfa_index", "account_reauthenticate", "account_logout", "accounts:stay"}


def has_second_factor(user: User) -> bool:
    """Whether this person signs in with an app's code, as the database says now."""
    known: bool | None = getattr(user, "has_second_factor", None)  # SignInBackend asks together with the person
    if known is None:
        known = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    return known


class SecondFactorMiddleware:
    """Send a signed-in person without a second factor to enrolment, whatever they asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object
    ) -> HttpResponse | None:
        if not settings.REQUIRE_SECOND_FACTOR or not isinstance(request.user, User):
            return None
        if not getattr(view, "login_required", True) or has_second_factor(request.user) or demo_mode():
            return None
        match = request.resolver_match
        if match and match.view_name in ON_THE_WAY:
            return None
        messages.info(request, _("Set up a second sign-in step first. It protects the families' data."))
        answer = redirect(ENROLMENT)
        return HttpResponseClientRedirect(answer.url) if request.headers.get("HX-Request") else answer

"""Lists of meetings: one's own, and those that nobody has settled."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import StaffRequest, scoped
from accounts.models import User
from cases.sessions.models import Session, SessionQuerySet
from cases.sessions.rendering import rows_of
from cases.sessions.unresolved import scopes_of
from foundation.pages import keyset_page


@scoped("cases.view_calendar")
@require_safe
def my_sessions(request: StaffRequest) -> HttpResponse:
    """The meetings that this person leads: the next one first, or those that are over, the latest first."""
    now = timezone.now()
    past = request.GET.get("period") == "past"
    when = Q(starts_at__lte=now) if past else Q(starts_at__gt=now)
    page = keyset_page(
        *(one.filter(when).for_list().with_people().with_reading_right(request.user) for one in led(request.user)),
        order=("-starts_at", "-id") if past else ("starts_at", "id"),
        cursor=request.GET.get("cursor"),
    )
    context = {"page": page, "rows": rows_of(page.items, now), "past": past}
    return render(request, "cases/sessions/my_sessions.html", context)


def led(user: User) -> list[SessionQuerySet]:
    """Both kinds of meetings of `run_by`, apart: no index gives their order where they are asked for together."""
    return [Session.objects.led_by(user), Session.objects.co_led_by(user)]


@scoped("cases.view_calendar")
@require_safe
def unresolved_sessions(request: StaffRequest) -> HttpResponse:
    """Planned meetings that are over, the oldest first, each one step from being settled."""
    now = timezone.now()
    scopes = scopes_of(request.user, now)
    scope = next((one for one in scopes if one.key == request.GET.get("scope")), scopes[0])
    sessions = scope.sessions.for_list().with_people().with_reading_right(request.user)
    page = keyset_page(sessions, order=("ends_at", "id"), cursor=request.GET.get("cursor"))
    context = {"page": page, "rows": rows_of(page.items, now), "scopes": scopes, "scope": scope}
    return render(request, "cases/sessions/unresolved_sessions.html", context)

"""The address of one's own calendar: made, shown once, revoked; and what a calendar program reads there."""

from __future__ import annotations

import hashlib
import time

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import idle
from accounts.access import StaffRequest, scoped
from cases.calendar import forms
from cases.calendar.feeds import (
    create_calendar_feed as create,
)
from cases.calendar.feeds import (
    has_meetings_of_their_own,
    read_calendar_feed,
)
from cases.calendar.feeds import (
    revoke_calendar_feed as revoke,
)
from cases.calendar.models import CalendarFeed
from centres.models import StaffMember
from foundation.fields import decrypt_text, encrypt_text

FRESH = "new_calendar_feed"
"""Where the session carries a new token, encrypted, from the button to the one page that shows it."""
READINGS_AN_HOUR, MISSES_A_MINUTE = 60, 30
MAX_AGE = 5 * 60  # seconds


@scoped("cases.plan_meetings")
@require_http_methods(["GET", "POST"])
def calendar_feed(request: StaffRequest) -> HttpResponse:
    """Whether there is an address, and the buttons that make a new one; a new one is shown once."""
    staff = _staff(request)
    form = forms.CalendarFeedForm(request.POST or None)
    if form.is_valid():
        token = create(staff, by=request.user)
        request.session[FRESH] = encrypt_text(token, FRESH)
        return redirect("cases:calendar_feed")
    address = ""
    if request.method == "GET" and (fresh := request.session.pop(FRESH, "")):
        address = request.build_absolute_uri(reverse("cases:read_calendar_feed", args=[decrypt_text(fresh, FRESH)]))
    context = {
        "form": form,
        "revoke_form": forms.CalendarFeedForm(),
        "address": address,
        "feed": CalendarFeed.objects.live().filter(staff=staff).first(),
    }
    return render(request, "cases/calendar/calendar_feed.html", context)


@scoped("cases.plan_meetings")
@require_http_methods(["POST"])
def revoke_calendar_feed(request: StaffRequest) -> HttpResponse:
    if forms.CalendarFeedForm(request.POST).is_valid() and revoke(_staff(request), by=request.user):
        messages.success(request, _("The address does not work any more."))
    return redirect("cases:calendar_feed")


def _staff(request: StaffRequest) -> StaffMember:
    staff = StaffMember.objects.filter(user=request.user).first()
    if staff is None:
        raise PermissionDenied
    return staff


@login_not_required
@idle.polling
@require_safe
def read_feed(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar program reads, without a session. Whatever is wrong with the address is „not found”."""
    feed = CalendarFeed.objects.by_token(token).select_related("staff__user").first()
    if feed is None or not has_meetings_of_their_own(feed.staff.user):
        if not _within(MISSES_A_MINUTE, 60, "miss", get_adapter().get_client_ip(request)):
            return _too_many()
        raise Http404
    if not _within(READINGS_AN_HOUR, 60 * 60, "read", str(feed.uuid)):
        return _too_many()
    text = read_calendar_feed(feed)
    etag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    answer = get_conditional_response(request, etag=etag) or HttpResponse(
        text, content_type="text/calendar; charset=utf-8"
    )
    answer["ETag"] = etag
    answer["Cache-Control"] = f"private, max-age={MAX_AGE}"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _within(most: int, seconds: int, *who: str) -> bool:
    """Count one more request and say whether it is still allowed. The count starts anew with each stretch of time."""
    key = ":".join(["calendar_feed", str(seconds), str(int(time.time()) // seconds), *who])
    if cache.add(key, 1, seconds):
        return True
    try:
        return cache.incr(key) <= most
    except ValueError:  # it has just run out
        return True


def _too_many() -> HttpResponse:
    return HttpResponse(status=429, headers={"Retry-After": "3600"})

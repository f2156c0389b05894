"""Sign-out after 15 idle minutes (D4). A page that asks on its own does not count as a person being there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

SEEN_AT = "seen_at"

V = TypeVar("V", bound=Callable[..., Any])


def polling(view: V) -> V:
    """Mark a view that pages ask by themselves: it does not keep anybody signed in."""
    view.is_polling = True  # type: ignore[attr-defined] # what the middleware looks for
    return view


def write_every_seconds() -> int:
    """How old the stored moment may grow before it is written anew.

    A write with every request would cost more than the page. Until then the older moment counts, so a person is
    signed out at most this much earlier than 15 minutes after the last click, and never later; every page shows
    the time that is really left.
    """
    return min(60, int(settings.IDLE_SECONDS) // 15)


def seconds_left(request: HttpRequest) -> int:
    """How long this person stays signed in without doing anything more."""
    now = time.time()
    left = request.session.get(SEEN_AT, now) + settings.IDLE_SECONDS - now
    return max(0, min(int(left), int(settings.IDLE_SECONDS)))


def stay(request: HttpRequest) -> None:
    """Count this moment as activity."""
    request.session[SEEN_AT] = int(time.time())


class IdleSignOutMiddleware:
    """Signs out whoever was idle for too long, before anything of theirs is done or shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and _is_idle(request):
            request.signed_out_as_idle = True  # type: ignore[attr-defined] # for the message and the audit log
            logout(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object) -> None:
        if was_signed_out_as_idle(request):
            # Here and not above: messages are opened after us. Even if a page's clock asked, the next page says it.
            messages.warning(request, _what_happened(request, view))
        elif request.user.is_authenticated and not getattr(view, "is_polling", False):
            seen = request.session.get(SEEN_AT)
            if seen is None or time.time() - seen >= write_every_seconds():
                stay(request)


def was_signed_out_as_idle(request: HttpRequest) -> bool:
    return getattr(request, "signed_out_as_idle", False)


def _is_idle(request: HttpRequest) -> bool:
    seen = request.session.get(SEEN_AT)
    return seen is not None and time.time() - seen >= settings.IDLE_SECONDS


def _what_happened(request: HttpRequest, view: Callable[..., Any]) -> str:
    minutes = max(1, settings.IDLE_SECONDS // 60)
    words = ngettext(
        "You were signed out: nothing had happened for %(minutes)d minute.",
        "You were signed out: nothing had happened for %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
    if request.method == "POST" and not getattr(view, "is_polling", False):
        words += " " + _("What you sent just now was not saved; the browser's “back” may still show it.")
    return words

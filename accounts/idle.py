"""Sign-out after 15 idle minutes (D4). A page that asks on its own does not count as a person being there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

SEEN_AT = "seen_at"
WRITE_EVERY_SECONDS = 60  # a write with every request would cost more than the page

V = TypeVar("V", bound=Callable[..., Any])


def polling(view: V) -> V:
    """Mark a view that pages ask by themselves: it does not keep anybody signed in."""
    view.is_polling = True  # type: ignore[attr-defined] # what the middleware looks for
    return view


def seconds_left(request: HttpRequest) -> int:
    """How long this person stays signed in without doing anything more."""
    seen = request.session.get(SEEN_AT, time.time())
    return max(0, int(seen + settings.IDLE_SECONDS - time.time()))


def stay(request: HttpRequest) -> None:
    """Count this moment as activity."""
    request.session[SEEN_AT] = int(time.time())


class IdleSignOutMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            seen = request.session.get(SEEN_AT)
            if seen is not None and time.time() - seen > settings.IDLE_SECONDS:
                logout(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object) -> None:
        if not request.user.is_authenticated or getattr(view, "is_polling", False):
            return
        seen = request.session.get(SEEN_AT)
        if seen is None or time.time() - seen > WRITE_EVERY_SECONDS:
            stay(request)

"""Sign-out after 15 idle minutes (D4). A page that asks on its own does not count as a person being there."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.kept import forget_draft, keep
from accounts.models import User

SEEN_AT = "seen_at"
WAS_IDLE = "was_idle"
DRAFT, KEEP = "1", "keep"

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


def brought_nothing_new(request: HttpRequest) -> None:
    """Say of an autosave that it changed nothing: a page may send one by itself, with nobody in front of it."""
    request.is_nothing_new = True  # type: ignore[attr-defined] # what the middleware looks for


class IdleSignOutMiddleware:
    """Signs out whoever was idle for too long, before anything of theirs is done or shown.

    A form that comes too late is kept for its person. In `process_view` it has passed the check against forged
    requests, so no other site can have anything kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User) and _is_idle(request):
            request.signed_out_as_idle = True  # type: ignore[attr-defined] # for the message and the audit log
            person = request.user.pk
            logout(request)
            request.session[WAS_IDLE] = person
        response = self.get_response(request)
        if autosave_of(request) == DRAFT and isinstance(request.user, User):
            if not getattr(request, "is_nothing_new", False):
                _count(request)
            if response.status_code == HTTPStatus.OK and not getattr(request, "is_kept", False):
                forget_draft(request, request.user)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponse | None:
        kept = _kept(request, view)
        request.is_kept = bool(kept)  # type: ignore[attr-defined] # for the answer to a draft
        if words := _what_happened(request, kept):
            # Here and not above: messages are opened after us. Even if a page's clock asked, the next page says it.
            messages.warning(request, words)
        if autosave_of(request) == KEEP:
            return JsonResponse({"kept": bool(kept)})
        waits = autosave_of(request) == DRAFT  # until the view knows whether there is anything new
        if request.user.is_authenticated and not waits and not getattr(view, "is_polling", False):
            _count(request)
        return None


def _count(request: HttpRequest) -> None:
    """This request is activity; written at most once a minute."""
    seen = request.session.get(SEEN_AT)
    if seen is None or time.time() - seen >= write_every_seconds():
        stay(request)


def autosave_of(request: HttpRequest) -> str:
    """What a page's script asks for: DRAFT saves a draft, KEEP keeps the form and does nothing else with it."""
    return request.headers.get("X-Autosave", "") if request.method == "POST" else ""


def _kept(request: HttpRequest, view: Callable[..., Any]) -> bool | None:
    """Whether the form in this request is kept; None where none is lost."""
    if request.method != "POST" or getattr(view, "is_polling", False):
        return None
    is_guarded = getattr(view, "is_guarded", False)
    person = _late_or_leaving(request) if is_guarded else None
    if person and keep(request, view, person):
        return True
    is_late = is_guarded and not request.user.is_authenticated
    return False if is_late or was_signed_out_as_idle(request) or autosave_of(request) == KEEP else None


def _late_or_leaving(request: HttpRequest) -> User | None:
    """The person for whom this form is to be kept: just signed out as idle in this browser, or about to be.

    The session remembers the person after the sign-out, because several pages may be open and only the first of
    their requests is the one that signs out. Nobody else has signed in since: that would have made a new token.
    """
    if isinstance(request.user, User):
        return request.user if autosave_of(request) == KEEP else None
    was_idle = request.session.get(WAS_IDLE)
    return User.objects.filter(pk=was_idle, is_active=True).first() if was_idle else None


def was_signed_out_as_idle(request: HttpRequest) -> bool:
    return getattr(request, "signed_out_as_idle", False)


def _is_idle(request: HttpRequest) -> bool:
    seen = request.session.get(SEEN_AT)
    return seen is not None and time.time() - seen >= settings.IDLE_SECONDS


def _what_happened(request: HttpRequest, kept: bool | None) -> str:
    words = []
    if was_signed_out_as_idle(request):
        minutes = max(1, settings.IDLE_SECONDS // 60)
        words.append(
            ngettext(
                "You were signed out: nothing had happened for %(minutes)d minute.",
                "You were signed out: nothing had happened for %(minutes)d minutes.",
                minutes,
            )
            % {"minutes": minutes}
        )
    if autosave_of(request) != DRAFT:  # a page that saves drafts says it itself
        if kept:
            words.append(_("What you had typed is kept: after you have signed in, you can send it."))
        elif kept is False:
            words.append(_("What you sent just now was not saved; the browser's “back” may still show it."))
    return " ".join(words)

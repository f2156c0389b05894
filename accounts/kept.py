"""What was typed into a form that is sent too late is kept for the person who typed it (decision 0074)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import unquote

from django.db import transaction
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils import timezone

from accounts.models import KeptForm, Submission, User, texts_among
from accounts.signals import form_kept, kept_form_discarded
from foundation.search import keyed_hash

LARGEST = 512 * 1024
"""Characters of one form, as JSON. The longest text field of the portal takes 20 000."""
AT_MOST = 50
"""Forms of one person; the oldest gives way."""


V = TypeVar("V", bound=Callable[..., Any])


def kept_as(title: Any, *, takes_up: bool = False) -> Callable[[V], V]:
    """Say, under `@scoped`, what a kept form of this page is called where its script did not say it.

    The title names nobody. `takes_up`: the page goes on with such a form when it is opened with `?kept`.
    """

    def decorate(view: V) -> V:
        view.page_title, view.takes_up = title, takes_up  # type: ignore[attr-defined] # what KeptForm looks for
        return view

    return decorate


def keep(request: HttpRequest, view: Callable[..., Any], user: User, *, as_another: bool = False) -> bool:
    """Keep the form in this request for `user`; False where it is none of the portal's forms, or too large.

    `as_another`: its `once` has been answered already, so it gets one of its own, the same for the same content.

    The request must have passed the check against forged requests: what is kept is offered to the person as theirs.
    A form of the portal carries `once` and goes to a view with `@scoped`: sign-in, passwords, the administration and
    the search do not.
    """
    path = _target_of(request, view)
    once = _once_of(request)
    if path is None or once is None or not getattr(request, "csrf_processing_done", False):
        return False
    if as_another:
        once = uuid.uuid5(once, content_of(request))
    fields = [(name, str(once) if name == "once" else value) for name, value in _fields_of(request)]
    files = [str(file.name) for name in request.FILES for file in request.FILES.getlist(name)]
    title = unquote(request.headers.get("X-Page-Title", ""))[:200]
    is_draft = "X-Form-Action" in request.headers
    data = json.dumps({"fields": fields, "files": files, "title": title, "is_draft": is_draft})
    if len(data) > LARGEST:
        return False
    with transaction.atomic():
        kept, is_new = KeptForm.objects.update_or_create(
            user=user, once=once, defaults={"path": path, "data": data, "kept_at": timezone.now()}
        )
        newest = KeptForm.objects.filter(user=user).order_by("-kept_at", "-pk").values("pk")[:AT_MOST]
        KeptForm.objects.filter(user=user).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
        if is_new:
            form_kept.send(sender=None, kept=kept)
    return True


@transaction.atomic
def discard_kept_form(kept: KeptForm) -> None:
    """Its person does not want it any more."""
    kept_form_discarded.send(sender=None, kept=kept)
    kept.delete()


def taken_up(request: HttpRequest, user: User, initial: dict[str, Any]) -> tuple[dict[str, Any], KeptForm | None]:
    """What the form of this page begins with, and the form that was left here and is offered to be gone on with.

    Opened with `?kept`, the page begins with that form, and nothing is offered any more.
    """
    if request.method != "GET":
        return initial, None
    left = KeptForm.objects.waiting_for(user).left_on(request.path)
    return (left.as_initial(), None) if left and "kept" in request.GET else (initial, left)


def holds_text(request: HttpRequest) -> bool:
    """Whether somebody has typed something into this form; choices alone are not worth a reminder."""
    return bool(texts_among(value for _name, value in _fields_of(request)))


def content_of(request: HttpRequest) -> str:
    """A keyed hash of all that this form says, to tell a second click from a second text."""
    return keyed_hash(json.dumps(_fields_of(request)))


def _fields_of(request: HttpRequest) -> list[tuple[str, str]]:
    """What was chosen and typed, and what the page sent along; files are elsewhere."""
    fields = ((name, value) for name, values in request.POST.lists() for value in values)
    return [(name, value) for name, value in fields if name != "csrfmiddlewaretoken" and isinstance(value, str)]


def is_sent(request: HttpRequest, user: User) -> bool:
    """Whether this form has been sent meanwhile, as from another tab."""
    once = _once_of(request)
    return once is not None and Submission.objects.filter(user=user, once=once).exclude(answer="").exists()


def forget_draft(request: HttpRequest, user: User) -> None:
    """A draft has been saved after all: the copy that was kept meanwhile is older."""
    if once := _once_of(request):
        KeptForm.objects.filter(user=user, once=once).delete()


def _once_of(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get("once", ""))
    except ValueError:
        return None


def _target_of(request: HttpRequest, view: Callable[..., Any]) -> str | None:
    """Where the form is to be sent: a draft names the page of its form, anything else was sent there."""
    path = request.get_full_path()
    if page := request.headers.get("X-Form-Action"):
        try:
            path, view = page, resolve(page.partition("?")[0]).func
        except Resolver404:
            return None
    is_ours = getattr(view, "is_guarded", False) and not path.startswith("/accounts/")
    return path if is_ours else None

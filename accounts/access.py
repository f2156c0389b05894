"""Access that cannot be forgotten: every signed-in view starts with `@scoped` (design part 3)."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.messages.storage import default_storage
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.urls import resolve, reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.kept import content_of, holds_text, keep
from accounts.models import Submission, User
from accounts.signals import access_denied

P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: HtmxDetails


class Records(Protocol):
    """A queryset, or what finds one record like it."""

    @property
    def model(self) -> Any: ...

    @property
    def get(self) -> Callable[..., Any]: ...


class Verb(Protocol):
    """A queryset verb such as `Case.objects.readable_by`: the records that this person may use in this way."""

    def __call__(self, user: User, /) -> Records: ...


View = Callable[Concatenate[StaffRequest, P], HttpResponseBase]


def scoped(*permissions: str, **verbs: Verb) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., Any]]:
    """Give a view only what this person may have.

    `permissions` are asked first (403). Then each `name=verb`: where the URL carries `name` (a uuid or a slug) the
    view gets that one object, and a stranger gets 404 as if it did not exist; elsewhere it gets the whole queryset.
    Denials are announced before anything else happens, outside any transaction, so that they stay on record.
    A POST also runs only once for each `once` token (design part 4).
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., Any]:
        @functools.wraps(view)
        def guarded(request: StaffRequest, **kwargs: Any) -> HttpResponseBase:
            for permission in permissions:
                if not request.user.has_perm(permission):
                    _announce(request, permission=permission)
                    raise PermissionDenied
            for name, verb in verbs.items():
                if name not in kwargs:
                    kwargs[name] = verb(request.user)
                    continue
                key = kwargs[name]
                allowed = verb(request.user)
                field = "uuid" if isinstance(key, uuid.UUID) else "slug"
                try:
                    kwargs[name] = allowed.get(**{field: key})
                except allowed.model.DoesNotExist:
                    _announce(request, model=allowed.model._meta.label_lower, key=key)
                    raise Http404 from None
            if request.method != "POST":
                return view(request, **kwargs)
            run = view if getattr(view, "is_idempotent", False) else functools.partial(_run_once, view)
            return _despite_deadlocks(run, request, kwargs)

        guarded.is_guarded = True  # type: ignore[attr-defined] # what the URLconf check looks for
        return guarded

    return decorate


def idempotent(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """Say, under `@scoped`, that sending the same POST twice does what sending it once does, as with an autosave.

    It carries the `once` of its form only because the whole form is sent; the token stays free for the form's button.
    """
    view.is_idempotent = True  # type: ignore[attr-defined] # what `scoped` looks for
    return view


def _announce(request: HttpRequest, *, permission: str = "", model: str = "", key: object = None) -> None:
    match = request.resolver_match
    access_denied.send(
        sender=None,
        request=request,
        view_name=match.view_name if match else "",
        permission=permission,
        model=model,
        key=key,
    )


def _despite_deadlocks(
    run: Callable[..., HttpResponseBase], request: StaffRequest, kwargs: dict[str, Any]
) -> HttpResponseBase:
    """Where PostgreSQL has ended one of two POSTs that waited for each other, do that one again (design part 4).

    Everything that it had done is undone by then, and what it would have said is forgotten here.
    """
    for _try in range(TRIES - 1):
        try:
            return run(request, **kwargs)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != DEADLOCK_DETECTED:
                raise
            request._messages = default_storage(request)  # type: ignore[attr-defined] # as its middleware does
    return run(request, **kwargs)


def _run_once(view: Callable[..., HttpResponseBase], request: StaffRequest, **kwargs: Any) -> HttpResponseBase:
    """Run a POST together with its claim on `once`, so that a double click makes one record and gets one answer.

    The rule for views: a POST that has changed something answers with a redirect (or htmx's HX-Redirect). Any other
    answer is a form with its errors, or a file: the same token may then be sent again.
    """
    try:
        once = uuid.UUID(request.POST.get("once", ""))
    except ValueError:
        return view(request, **kwargs)  # the form itself refuses a missing token and hands out a fresh one
    try:
        with transaction.atomic():
            # The database refuses a token that was sent before. A second click at the same moment waits here, until
            # the first has its answer or has failed.
            claim = Submission.objects.create(once=once, user=request.user, content=content_of(request))
            response = view(request, **kwargs)
            if target := _target_of(response):
                to_htmx = HTMX_REDIRECT in response.headers
                Submission.objects.filter(pk=claim.pk).update(answer=target, answer_to_htmx=to_htmx)
            else:
                claim.delete()  # nothing was done: the corrected form may be sent with the same token
            return response
    except IntegrityError:
        if answer := _answer_of(once, request):
            return answer
        raise


HTMX_REDIRECT = "HX-Redirect"
TRIES = 3
DEADLOCK_DETECTED = "40P01"


def _target_of(response: HttpResponseBase) -> str | None:
    """Where the browser is sent by this answer, or None if it stays."""
    return response.headers.get(HTMX_REDIRECT) or (
        response.headers.get("Location") if isinstance(response, HttpResponseRedirectBase) else None
    )


def _answer_of(once: uuid.UUID, request: StaffRequest) -> HttpResponse | None:
    """What the first POST with this token was answered, if there was one.

    What differs from it, as from a second tab, is not saved by that; a text of it is kept for its author.
    """
    before = Submission.objects.filter(user=request.user, once=once).exclude(answer="").first()
    if before is None:
        return None
    answer = before.answer
    if before.content in {"", content_of(request)}:
        messages.info(request, _("This form had already been sent. It was saved once."))
    elif holds_text(request) and keep(request, resolve(request.path).func, request.user, as_another=True):
        messages.warning(
            request,
            _(
                "This form had already been sent and was saved as it was then. "
                "What you have sent now waits for you here."
            ),
        )
        answer = f"{reverse('accounts:kept_forms')}?{urlencode({'next': before.answer})}"
    else:
        messages.warning(
            request, _("This form had already been sent and was saved as it was then. What differs now is not saved.")
        )
    return HttpResponseClientRedirect(answer) if before.answer_to_htmx else HttpResponseRedirect(answer)

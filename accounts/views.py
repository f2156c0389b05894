from __future__ import annotations

from typing import NoReturn

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import idle
from accounts.access import StaffRequest, idempotent, scoped
from accounts.forms import DiscardKeptForm
from accounts.kept import discard_kept_form, holds_text, is_sent, keep
from accounts.models import KeptForm, KeptFormQuerySet, User
from accounts.sign_in import page_after_sign_in
from foundation.formats import format_time


@scoped()
@idle.polling
@require_POST
def stay(request: StaffRequest) -> HttpResponse:
    """„Zostań”: the person is still there. The view itself writes it, so the middleware need not."""
    idle.stay(request)
    return HttpResponse(status=204)


@login_not_required
@idle.polling
@never_cache
@require_GET
def idle_seconds(request: HttpRequest) -> JsonResponse:
    """How many seconds are left before sign-out; asking does not extend them."""
    if not isinstance(request.user, User):
        return JsonResponse({"seconds_left": 0})
    # Who it is and with which token: a page left open while its person signed in again in another tab goes on with it.
    return JsonResponse(
        {
            "seconds_left": idle.seconds_left(request),
            "user": str(request.user.uuid),
            "csrf_token": get_token(request),
        }
    )


@scoped()
@idempotent
@require_POST
def keep_form(request: StaffRequest) -> JsonResponse:
    """What is typed on a page that saves nothing before its button (0104); `static/js/autosave.js` says what it hears.

    A form in which no text is left is not kept any more: `IdleSignOutMiddleware` forgets it.
    """
    if is_sent(request, request.user):
        message = _(
            "This form has been sent already, perhaps from another tab. "
            "When you press its button, what you typed here since is kept for you."
        )
        return JsonResponse({"message": message}, status=409)
    if not holds_text(request):
        return JsonResponse({"saved": "", "errors": {}})
    if not keep(request, keep_form, request.user):
        return JsonResponse({"message": "", "errors": {}}, status=400)
    request.is_kept = True  # type: ignore[attr-defined] # what the middleware looks for
    return JsonResponse({"saved": format_time(timezone.now()), "errors": {}})


@scoped(waiting=KeptForm.objects.waiting_for)
@require_http_methods(["GET", "POST"])
def kept_forms(request: StaffRequest, waiting: KeptFormQuerySet) -> HttpResponse:
    """What was typed and not sent, or came too late, to be sent after all or discarded."""
    form = DiscardKeptForm(request.POST or None, waiting=waiting)
    if form.is_valid():
        discard_kept_form(form.cleaned_data["kept"])
        messages.success(request, _("The kept form has been discarded."))
    if request.method == "POST":  # one that is already gone needs no words
        return redirect(request.get_full_path())
    kept = [(one, DiscardKeptForm(initial={"kept": one.uuid}, waiting=waiting)) for one in waiting]
    onward = page_after_sign_in(request)
    if not kept:
        return redirect(onward)
    return render(request, "accounts/kept_forms.html", {"kept": kept, "onward": onward})


@login_not_required
def closed(request: HttpRequest) -> NoReturn:
    """To everybody this page does not exist."""
    raise Http404

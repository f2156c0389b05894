from __future__ import annotations

from typing import NoReturn

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import idle
from accounts.access import StaffRequest, scoped


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
    return JsonResponse({"seconds_left": idle.seconds_left(request) if request.user.is_authenticated else 0})


@login_not_required
def closed(request: HttpRequest) -> NoReturn:
    """To everybody this page does not exist."""
    raise Http404

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from accounts import idle
from accounts.access import StaffRequest, scoped


@scoped()
@require_POST
def stay(request: StaffRequest) -> HttpResponse:
    """„Zostań”: the person is still there."""
    idle.stay(request)
    return HttpResponse(status=204)


@login_not_required
@idle.polling
@require_GET
def idle_seconds(request: HttpRequest) -> JsonResponse:
    """How many seconds are left before sign-out; asking does not extend them."""
    return JsonResponse({"seconds_left": idle.seconds_left(request) if request.user.is_authenticated else 0})

"""Small views with which the guard of all others is tried out; no address of the portal leads to them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, OperationalError
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect
from psycopg.errors import DeadlockDetected

from accounts.access import StaffRequest, scoped
from centres.models import Centre, Organisation, Room
from krakow_family.urls import handler400, handler403, handler404, handler500
from krakow_family.urls import urlpatterns as portals

__all__ = ["handler400", "handler403", "handler404", "handler500"]

calls: list[Any] = []


def rooms_of(user: Any) -> Any:
    """Rooms of the centres where this person works."""
    return Room.objects.filter(centre__role_assignments__user=user)


def centres_of(user: Any) -> Any:
    return Centre.objects.filter(role_assignments__user=user)


@scoped(room=rooms_of)
def room(request: StaffRequest, room: Room) -> HttpResponse:
    return HttpResponse(room.name)


@scoped(centre=centres_of)
def centre(request: StaffRequest, centre: Centre) -> HttpResponse:
    return HttpResponse(centre.name)


@scoped(rooms=rooms_of)
def rooms(request: StaffRequest, rooms: Any) -> HttpResponse:
    return HttpResponse(", ".join(room.name for room in rooms))


@scoped("cases.view_caseload", "audit.view_log", room=rooms_of)
def both(request: StaffRequest, room: Room) -> HttpResponse:
    calls.append(room)
    return HttpResponse("open")


@scoped()
@require_http_methods(["GET", "POST"])
def add(request: StaffRequest) -> HttpResponseBase:
    """Makes an organisation, unless it is told to do otherwise."""
    how = request.POST.get("how", "")
    calls.append(how)
    if request.method == "GET" or how == "invalid":
        return HttpResponse("the form")
    made = Organisation.objects.create(name=request.POST["name"], short_name="x")
    messages.success(request, "made")
    if how == "crash":
        raise RuntimeError("after the record was made")
    if how == "file":
        return FileResponse(iter([b"file"]), filename="f.txt")
    if how == "htmx":
        return HttpResponseClientRedirect(f"/made/{made.pk}/")
    if how == "clash":
        raise IntegrityError("of the view itself")
    if how.startswith("deadlock") and calls.count(how) <= int(how.removeprefix("deadlock ")):
        raise OperationalError("the other one goes on") from DeadlockDetected()
    return redirect(f"/made/{made.pk}/")


urlpatterns = [
    path("try/room/<uuid:room>/", room, name="try_room"),
    path("try/centre/<slug:centre>/", centre, name="try_centre"),
    path("try/rooms/", rooms, name="try_rooms"),
    path("try/both/<uuid:room>/", both, name="try_both"),
    path("try/add/", add, name="try_add"),
    *portals,
]

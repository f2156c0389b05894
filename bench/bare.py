"""The floor: what Django itself needs for a signed-in page of 50 rows, with nothing of the portal around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.decorators import login_required
from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse
from django.template.backends.django import DjangoTemplates
from django.urls import include, path
from django.utils import timezone

from accounts.models import User
from cases.casefile.models import Case
from cases.sessions.models import Session
from centres.models import Centre

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bench.bare.OwnAddresses",
]
"""What `django-admin startproject` gives, and the addresses below."""


class PlainBackend(BaseBackend):
    """Finds a session's person as Django does."""

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.filter(pk=user_id).first()
        return user if user and user.is_active else None


ENGINE = DjangoTemplates(
    {
        "NAME": "bare",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
)
"""Apart from the portal's own templates, whose context processor draws the menu."""


class OwnAddresses:
    """Answers with the URLconf of this module instead of the portal's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return self.get_response(request)


@cache
def _a_centre() -> int:
    return Centre.objects.order_by("id").values_list("pk", flat=True)[0]


@login_required
def meetings(request: HttpRequest) -> HttpResponse:
    """The latest 50 meetings of one centre, with what each page of meetings says about them."""
    latest = Session.objects.select_related("case__family", "service", "therapist", "room")
    latest = latest.filter(case__isnull=False, centre=_a_centre()).order_by("-starts_at")
    context = {"meetings": latest[:50], "today": timezone.localdate()}
    return HttpResponse(ENGINE.get_template("bench/meetings.html").render(context, request))


@login_required
def fifty(request: HttpRequest) -> HttpResponse:
    """50 open cases with their families, by deadline."""
    cases = Case.objects.select_related("family", "centre").filter(closed_on=None)
    context = {"cases": cases.order_by("next_deadline_on", "id")[:50], "today": timezone.localdate()}
    return HttpResponse(ENGINE.get_template("bench/fifty.html").render(context, request))


if TYPE_CHECKING:
    _CaseAdmin = admin.ModelAdmin[Case]
else:  # Django's own class takes no type arguments
    _CaseAdmin = admin.ModelAdmin


class BareAdmin(admin.AdminSite):
    """Everybody signed in is let in: here only time counts."""

    def has_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User)


class CaseAdmin(_CaseAdmin):
    """The list of the same cases with the same columns, as one writes it for Django's admin."""

    list_display = ("number", "family", "stage", "next_deadline_on", "coordinator", "next_at", "last_at", "unresolved")
    list_select_related = ("family",)
    list_filter = ("stage",)
    list_per_page = 50
    ordering = ("next_deadline_on", "id")

    def coordinator(self, case: Case) -> str:
        current = case.assignments.current().select_related("coordinator").first()
        return str(current.coordinator) if current else "—"

    def next_at(self, case: Case) -> object:
        coming = case.sessions.filter(status=Session.Status.PLANNED, starts_at__gte=timezone.now())
        return coming.aggregate(at=Min("starts_at"))["at"]

    def last_at(self, case: Case) -> object:
        return case.sessions.filter(status=Session.Status.HELD).aggregate(at=Max("starts_at"))["at"]

    def unresolved(self, case: Case) -> int:
        return case.sessions.filter(status=Session.Status.PLANNED, ends_at__lte=timezone.now()).count()

    def has_view_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return False


site = BareAdmin(name="bare_admin")
site.register(Case, CaseAdmin)

urlpatterns = [
    path("fifty/", fifty),
    path("meetings/", meetings),
    path("sessions/<uuid:session>/", meetings, name="session"),
    path("cases/<uuid:case>/", fifty, name="case"),
    path("bare-admin/", site.urls),
    path("", include("krakow_family.urls")),  # the admin's frame is the portal's, and links to it
]

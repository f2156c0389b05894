"""The system check: no view of ours stands in the URLconf without saying whom it is for."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.generic import TemplateView

from accounts.access import scoped
from accounts.checks import every_view_says_whom_it_is_for


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class Forgotten(TemplateView):
    template_name = "404.html"


@scoped("cases.view_caseload")
def guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@login_not_required
def public(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@scoped()
@login_not_required
def undecided(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def found(settings: Any, *patterns: Any) -> list[tuple[str | None, str]]:
    module = ModuleType("urls_of_a_test")
    module.urlpatterns = list(patterns)  # type: ignore[attr-defined] # what a URLconf is
    settings.ROOT_URLCONF = module
    return [(error.id, error.msg) for error in every_view_says_whom_it_is_for(None)]


def test_the_portal_itself_passes():
    assert every_view_says_whom_it_is_for(None) == []


@pytest.mark.parametrize("view", [forgotten, Forgotten.as_view(), lambda request: HttpResponse()])
def test_a_view_without_a_guard_is_found(settings, view):
    inside = include([path("deep/", view)])
    assert found(settings, path("a/", inside)) == [
        ("accounts.E001", "The view of “a/deep/” has neither @scoped nor @login_not_required.")
    ]


def test_guarded_and_public_views_pass(settings):
    assert found(settings, path("a/", guarded), path("b/", public)) == []


def test_a_view_that_is_both_is_found(settings):
    assert [code for code, _ in found(settings, path("a/", undecided))] == ["accounts.E002"]


def test_the_administration_with_its_catch_all_guards_itself(settings):
    assert found(settings, path("admin/", admin.site.urls)) == []


def test_another_administration_would_be_found(settings):
    other = admin.AdminSite(name="other")
    assert {code for code, _ in found(settings, path("other/", other.urls))} == {"accounts.E001"}

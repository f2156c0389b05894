"""The public pages: for somebody who looks for help, perhaps at night, on a phone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from centres.models import Centre, Organisation, Service
from centres.opening import in_words

# Whom a meeting is with, in the order in which a family thinks of it.
GROUPS = (
    (Service.Form.FAMILY, _("For the whole family"), "people"),
    (Service.Form.COUPLE, _("For the two of you"), "heart"),
    (Service.Form.INDIVIDUAL, _("For one person"), "person"),
    (Service.Form.GROUP, _("In a group"), "chat-dots"),
)


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    centres = Centre.objects.for_public()
    offer = Service.objects.offered().prefetch_related("centres")
    partners = Organisation.objects.filter(is_partner=True, centres__isnull=False).distinct()
    return render(
        request,
        "centres/home.html",
        {"centres": [_shown(centre) for centre in centres], "offer": _grouped(offer), "partners": partners},
    )


@login_not_required
@require_safe
def centre(request: HttpRequest, centre: str) -> HttpResponse:
    found = get_object_or_404(Centre.objects.for_public(), slug=centre)
    offer = found.services.select_related("provider")
    return render(request, "centres/centre.html", {"centre": _shown(found), "offer": _grouped(offer)})


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "centres/accessibility.html")


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines may show the public pages; everything else is behind the sign-in anyway."""
    allowed = ("/$", "/centres/", "/dostepnosc/", "/static/")
    lines = ["User-agent: *", *(f"Allow: {path}" for path in allowed), "Disallow: /"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _shown(centre: Centre) -> dict[str, Any]:
    """A centre with its address and hours of today; what is unknown is None or empty (C1)."""
    addresses = centre.addresses_today  # type: ignore[attr-defined] # by Centre.objects.for_public
    return {
        "slug": centre.slug,
        "name": centre.name,
        "place": centre.place,
        "audience": centre.audience,
        "about": centre.about,
        "diagnosis": centre.diagnosis,
        "url": centre.get_absolute_url(),
        "address": addresses[0] if addresses else None,
        "hours": in_words(centre.hours_today),  # type: ignore[attr-defined] # by Centre.objects.for_public
        "partners": centre.partners.all(),
    }


def _grouped(services: Iterable[Service]) -> list[dict[str, Any]]:
    """The offer by whom a meeting is with; a form without services is left out."""
    by_form: dict[str, list[Service]] = {}
    for service in services:
        by_form.setdefault(service.form, []).append(service)
    return [
        {"form": form.value, "title": title, "icon": icon, "services": by_form[form]}
        for form, title, icon in GROUPS
        if form in by_form
    ]

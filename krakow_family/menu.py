"""The menu shows a role only what it can open (design part 3); its numbers are one query together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import User
from cases.desk.counts import menu_counts


@dataclass(frozen=True)
class Place:
    """One entry: where it leads, what it asks for, and which number stands beside it."""

    url_name: str
    label: Any
    icon: str
    permission: str
    count: str = ""

    @cached_property
    def url(self) -> str:
        return reverse(self.url_name)


PLACES = (
    Place("cases:today", pgettext_lazy("menu", "Today"), "sun", "cases.view_today"),
    Place("cases:caseload", gettext_lazy("Cases"), "folder2", "cases.view_caseload", "cases"),
    Place("cases:referrals", gettext_lazy("Referrals"), "inbox", "cases.view_referrals", "referrals"),
    Place("cases:waitlist", gettext_lazy("Waiting list"), "hourglass-split", "cases.view_waitlist", "waiting"),
    Place("cases:calendar", gettext_lazy("Calendar"), "calendar3", "cases.view_calendar"),
    Place("cases:groups", gettext_lazy("Groups"), "people", "cases.view_groups"),
    Place(
        "cases:unresolved_sessions",
        gettext_lazy("To be settled"),
        "question-circle",
        "cases.view_calendar",
        "unresolved",
    ),
    Place("cases:numbers", gettext_lazy("Meetings in numbers"), "clipboard-data", "cases.view_numbers"),
    Place("cases:supervision", gettext_lazy("Supervision"), "journal-check", "cases.supervise_notes"),
    Place("cases:instruments", gettext_lazy("Instruments"), "rulers", "cases.manage_instruments"),
    Place(
        "cases:assessment_summary", gettext_lazy("NORR in numbers"), "bar-chart-steps", "cases.view_assessment_summary"
    ),
    Place("programme:programme", gettext_lazy("Programme 2025–2027"), "bar-chart", "programme.view_programme"),
    Place("programme:reports", gettext_lazy("Reports"), "file-earmark-pdf", "programme.view_reports"),
    Place("audit:log", gettext_lazy("Audit log"), "shield-check", "audit.view_log"),
    Place("admin:index", gettext_lazy("Administration"), "gear", "accounts.use_admin"),
)


def menu_of(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    open_to = [place for place in PLACES if user.has_perm(place.permission)]
    counts = menu_counts(user, {place.count for place in open_to if place.count})
    return [
        {
            "url": (url := place.url),
            "label": place.label,
            "icon": place.icon,
            "current": request.path.startswith(url),
            "count": counts.get(place.count),
        }
        for place in open_to
    ]


def search_of(request: HttpRequest, user: User) -> dict[str, str] | None:
    """The search in the top bar; it is sent by POST, so that names and numbers reach no log."""
    if user.has_perm("cases.view_caseload"):
        return {
            "url": reverse("cases:search"),
            "placeholder": _("Search a family, case number, phone…"),
            "method": "post",
        }
    return None


def primary_action_of(user: User) -> dict[str, str] | None:
    if user.has_perm("cases.add_referral"):
        return {"url": reverse("cases:add_referral"), "label": _("New referral")}
    return None

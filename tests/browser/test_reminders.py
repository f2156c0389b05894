"""The page of a person's safe address: accessible, within its window, and the address shown in its place."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from playwright.sync_api import expect

from cases.casefile.models import Case
from cases.reminders.services import mark_safe_contact
from centres.models import StaffMember
from tests.browser.conftest import OpenWindow
from tests.browser.test_pages import look_at

ADDRESS = "bardzo.dlugi.adres.bez.zadnego.odstepu@bardzo-dluga-nazwa.poczta.example"


def test_what_a_coordinator_sees_before_and_after_marking(
    open_window: OpenWindow, anna: StaffMember, annas_case: Case
) -> None:
    mother, daughter = annas_case.family.members.order_by("id")
    url, childs = (reverse("cases:mark_safe_contact", args=[annas_case.uuid, one.uuid]) for one in (mother, daughter))
    window = open_window(anna)
    look_at(window, url, childs)
    mark_safe_contact(annas_case, mother, address=ADDRESS, by=anna.user)
    look_at(window, url)

    page: Any = window.page
    page.get_by_role("button", name="pokaż adres e-mail: Maria Przykładowa").click()
    expect(page.get_by_text(ADDRESS)).to_be_visible()
    assert page.url.endswith(url)

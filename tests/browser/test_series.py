"""All dates of a series on one long page: what needs a decision stands first, and leads there."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.casefile.models import CareTeamMember, Case
from cases.sessions.moments import local_moment
from cases.sessions.services import log_session
from centres.models import Service, StaffMember
from foundation.working_days import holiday_name
from tests.browser.conftest import OpenWindow
from tests.browser.test_pages import NARROW, WIDE, too_wide, violations


@pytest.fixture
def taken(annas_case: Case, piotr: StaffMember, anna: StaffMember, family_therapy: Service) -> dt.date:
    """A day in a while, no holiday, on which Piotr meets Anna's family at ten."""
    CareTeamMember.objects.create(case=annas_case, staff=piotr, from_on=timezone.localdate())
    day = timezone.localdate() + dt.timedelta(days=28)
    while holiday_name(day) or holiday_name(day - dt.timedelta(days=7)):
        day += dt.timedelta(days=1)
    start = local_moment(day, dt.time(10))
    people = [member.person for member in annas_case.family.members.all()]
    log_session(
        annas_case,
        service=family_therapy,
        therapist=piotr,
        room=None,
        starts_at=start,
        ends_at=start + dt.timedelta(minutes=50),
        status="planned",
        present=dict.fromkeys(people, "expected"),
        by=anna.user,
    )
    return day


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_first_words_lead_into_the_date_that_cannot_be_kept(
    open_window: OpenWindow, annas_case: Case, anna: StaffMember, taken: dt.date, width: int
) -> None:
    window = open_window(anna, width=width)
    page, first = window.page, taken - dt.timedelta(days=7)
    window.open(f"{annas_case.get_absolute_url()}series/new/?day={first}&time=10:00")
    page.get_by_label("Usługa", exact=True).select_option(label="Terapia rodzinna")
    page.get_by_label("Terapeuta", exact=True).select_option(label="Piotr Próbny")
    page.get_by_label("Liczba spotkań").fill("2")
    window.press("Pokaż terminy")

    words = page.get_by_role("alert")
    expect(words).to_be_focused()
    assert violations(page, contrast=width == WIDE) == []
    assert too_wide(page) == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[name=day_1]")).to_be_focused()
    expect(page.locator("[name=day_1]")).to_be_in_viewport()

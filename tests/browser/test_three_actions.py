"""What is not logged within a minute is not logged: a meeting that is over is settled in at most three actions."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from cases.casefile.models import CareTeamMember, Case
from cases.sessions.models import Attendance, Session
from centres.models import Room, Service, StaffMember
from tests.browser.conftest import OpenWindow
from tests.browser.test_pages import look_at

AT_MOST = 3


class Counted:
    """A hand on the mouse, or a finger on the glass; every click, tap and choice is one action."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions = page, 0

    def act(self, role: str, name: str | re.Pattern[str]) -> None:
        self.actions += 1
        main = self.page.get_by_role("main")
        main.get_by_role(role, name=name).first.click()  # type: ignore[arg-type] # "link" or "button"
        self.page.wait_for_load_state()


@pytest.fixture
def over(annas_case: Case, piotr: StaffMember, room: Room, family_therapy: Service) -> Session:
    """A meeting of Piotr's with Anna's family that ended a quarter of an hour ago."""
    CareTeamMember.objects.create(case=annas_case, staff=piotr, from_on=timezone.localdate())
    end = timezone.now().replace(second=0, microsecond=0) - dt.timedelta(minutes=15)
    session = Session.objects.create(
        case=annas_case,
        centre=annas_case.centre,
        service=family_therapy,
        therapist=piotr,
        room=room,
        starts_at=end - dt.timedelta(minutes=50),
        ends_at=end,
    )
    for member in annas_case.family.members.all():
        Attendance.objects.create(session=session, person=member.person, case=annas_case)
    return session


@pytest.mark.parametrize("width", [1360, 360])
@pytest.mark.parametrize(
    ("start", "offer"),
    [("/calendar/", re.compile("^Rozlicz")), ("/sessions/unresolved/", "Odbyło się"), ("/today/", "Odbyło się")],
)
def test_a_meeting_that_is_over_is_settled_in_three_actions(
    open_window: OpenWindow, over: Session, piotr: StaffMember, turn, start: str, offer: Any, width: int
) -> None:
    window = open_window(piotr, width=width)
    day = timezone.localdate(over.starts_at)  # just after midnight it is yesterday's
    window.open(f"{start}?dzien={day}" if start == "/calendar/" else start)
    hand = Counted(window.page)
    hand.act("link", offer)
    expect(window.page.get_by_label("odbyło się", exact=True)).to_be_checked()
    hand.act("button", "Zapisz")
    expect(window.page.get_by_role("main")).to_contain_text("Rozliczono spotkanie")
    assert hand.actions <= AT_MOST
    assert window.path.startswith(start)
    with turn:
        over.refresh_from_db()
        assert over.status == Session.Status.HELD
        assert set(over.attendances.values_list("presence", flat=True)) == {"present"}


@pytest.mark.parametrize(
    ("answer", "status", "presence"),
    [("nikt nie przyszedł", "no_show", "unexcused"), ("odwołane przez rodzinę", "by_family", "expected")],
)
def test_a_meeting_that_did_not_take_place_is_settled_in_three_actions_and_nothing_is_proposed(
    open_window: OpenWindow, over: Session, piotr: StaffMember, turn, answer: str, status: str, presence: str
) -> None:
    window = open_window(piotr, width=360)
    window.open("/sessions/unresolved/")
    hand, main = Counted(window.page), window.page.get_by_role("main")
    hand.act("link", "Nie odbyło się")
    expect(main.get_by_role("radio")).to_have_count(4)
    expect(main.locator("[type=radio]:checked")).to_have_count(0)
    hand.act("radio", answer)
    nobody_came = status == Session.Status.NO_SHOW
    expect(main.get_by_role("group", name="Kto nie przyszedł")).to_be_visible(visible=nobody_came)
    expect(main.get_by_label("Powód odwołania")).to_be_visible(visible=not nobody_came)
    hand.act("button", "Zapisz")
    expect(main).to_contain_text("spotkanie:")
    assert hand.actions <= AT_MOST
    with turn:
        over.refresh_from_db()
        assert over.status == status
        assert set(over.attendances.values_list("presence", flat=True)) == {presence}


def test_the_page_asks_only_what_the_chosen_state_needs(open_window: OpenWindow, over: Session, piotr, turn) -> None:
    window = open_window(piotr)
    window.open(f"{over.get_absolute_url()}resolve/?status=held")
    main = window.page.get_by_role("main")
    held, absent = main.get_by_role("group", name="Kto był"), main.get_by_role("group", name="Kto nie przyszedł")
    for label, shown in {
        "odbyło się": (True, False, False),
        "nikt nie przyszedł": (False, True, False),
        "odwołane przez centrum": (False, False, True),
    }.items():
        main.get_by_label(label, exact=True).check()
        for place, visible in zip((held, absent, main.get_by_label("Powód odwołania")), shown, strict=True):
            expect(place).to_be_visible(visible=visible)


def test_the_pages_of_logging_are_accessible_and_fit(
    open_window: OpenWindow, over: Session, annas_case: Case, piotr: StaffMember, anna: StaffMember, turn
) -> None:
    with turn:
        type(annas_case.centre).objects.update(logs_time_around=True)
    logging = f"{annas_case.get_absolute_url()}sessions/new/"
    look_at(open_window(piotr), "/calendar/", f"{over.get_absolute_url()}resolve/?status=held", logging)
    look_at(open_window(piotr), f"{over.get_absolute_url()}resolve/?status=not_held")
    annas = open_window(anna)
    look_at(annas, logging, f"{logging}?status=planned", f"{annas_case.get_absolute_url()}series/new/")
    with turn:
        over.co_therapists.add(anna)
        Session.objects.filter(pk=over.pk).update(is_online=True, travel_minutes=30, paperwork_minutes=10)
    look_at(annas, over.get_absolute_url(), f"{over.get_absolute_url()}edit/")

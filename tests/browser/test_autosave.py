"""Nothing that was typed is lost when the sign-in expires: drafts, kept forms, and what the page says meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

from accounts.idle import SEEN_AT
from accounts.models import KeptForm
from cases.assessments.models import Assessment, Sheet
from cases.intake.models import Referral
from centres.models import StaffMember
from tests.browser.conftest import PASSWORD, OpenWindow, Window
from tests.browser.test_idle import MINUTE, Clock, clock, warning  # noqa: F401 - a fixture
from tests.cases.assessments.conftest import (  # noqa: F401 - fixtures
    couples_case,
    draft,
    parts,
    people,
    start,
)
from tests.cases.conftest import clara2, make_version, pairs_version  # noqa: F401 - fixtures

SENTENCE = "Zażółć gęślą jaźń: „tak”, mówi mama, a syn milczy. "
LINE = SENTENCE * 2  # about a hundred characters
NOTE = "[name=note]"


@pytest.fixture
def sheet(draft: Assessment) -> Sheet:  # noqa: F811
    """The first page of an interview that Anna holds, and that has a note."""
    return Sheet.objects.filter(interview__assessment=draft).earliest("pk")


@pytest.fixture
def window(open_window: OpenWindow, anna: StaffMember, sheet: Sheet, passwords: Callable[..., None]) -> Window:
    passwords(anna)
    window = open_window(anna)
    window.expected = ["401", "403", "409", "ERR_INTERNET_DISCONNECTED"]  # a browser reports these answers as errors
    window.page.clock.install()
    window.open(path_of(sheet))
    return window


def path_of(sheet: Sheet) -> str:
    return f"/interviews/{sheet.interview.uuid}/{sheet.area}/"


def type_in(page: Page, lines: int, line: str = LINE) -> str:
    page.locator(NOTE).focus()
    for _ in range(lines):
        page.keyboard.insert_text(line)
    return line * lines


def status(window: Window) -> Any:
    return window.page.locator("[data-autosave-status]")


def stored(sheet: Sheet) -> str:
    return str(Sheet.objects.get(pk=sheet.pk).note).strip()


def expire(window: Window) -> None:
    """The person did nothing for an hour, says the server."""
    cookies = {cookie["name"]: cookie["value"] for cookie in window.page.context.cookies()}
    session = import_module(settings.SESSION_ENGINE).SessionStore(cookies[settings.SESSION_COOKIE_NAME])
    session[SEEN_AT] = session[SEEN_AT] - 60 * MINUTE
    session.save()


def sign_in_here(page: Page, staff: StaffMember) -> None:
    page.locator("[name=login]").fill(staff.user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Zaloguj się", exact=True).click()


def sign_in_beside(window: Window, staff: StaffMember) -> Page:
    """In the new tab to which the page with the draft has a link."""
    with window.page.context.expect_page() as opened:
        window.page.get_by_role("link", name="Zaloguj się w nowej karcie").click()
    page: Page = opened.value
    sign_in_here(page, staff)
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    return page


def come_back(window: Window) -> None:
    """To the page with the draft, whose clock the test has installed. Every 15 seconds it asks who is signed in."""
    window.page.bring_to_front()
    window.page.clock.fast_forward(16_000)


def test_five_thousand_characters_survive_the_end_of_the_sign_in(
    window: Window, sheet: Sheet, anna: StaffMember, turn: threading.RLock
) -> None:
    text = type_in(window.page, 25)
    expect(status(window)).to_contain_text("Zapisano o")
    with turn:
        expire(window)
    text += type_in(window.page, 20)
    expect(status(window)).to_contain_text("Sesja wygasła")
    text += type_in(window.page, 5)  # nobody is signed in any more
    assert len(text) >= 5_000
    beside = sign_in_beside(window, anna)
    expect(beside.locator("h1")).to_have_text("Zachowane do wysłania")
    expect(beside.get_by_role("main")).to_contain_text("Wystarczy do niej wrócić")
    come_back(window)
    expect(status(window)).to_contain_text("Zapisano o")
    with turn:
        assert stored(sheet) == text.strip()
        assert not KeptForm.objects.exists()
    window.page.get_by_role("main").locator("form button[type=submit]").first.click()
    expect(window.page.locator(NOTE)).not_to_have_value(text)  # the next area, or the overview
    with turn:
        assert stored(sheet) == text.strip()


def test_the_button_does_not_carry_the_text_off_while_nobody_is_signed_in(
    window: Window, sheet: Sheet, anna: StaffMember, turn: threading.RLock
) -> None:
    window.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)  # such a form is kept for nobody
    text = type_in(window.page, 3)
    expect(status(window)).to_contain_text("Sesja wygasła")
    with window.page.expect_response("**/accounts/idle/"):
        window.page.get_by_role("main").locator("form button[type=submit]").first.click()
    window.page.wait_for_timeout(1000)
    assert window.path == path_of(sheet)
    sign_in_beside(window, anna).locator("h1").wait_for()
    come_back(window)
    expect(status(window)).to_contain_text("Zapisano o")
    with turn:
        assert stored(sheet) == text.strip()


def test_five_thousand_characters_survive_without_javascript(
    open_window: OpenWindow, sheet: Sheet, anna: StaffMember, passwords: Callable[..., None]
) -> None:
    passwords(anna)
    window = open_window(anna, java_script_enabled=False)
    window.open(path_of(sheet))
    text = (LINE * 50).strip()
    window.page.locator(NOTE).fill(text)
    expire(window)
    window.page.get_by_role("main").locator("form button[type=submit]").first.click()
    expect(window.page.get_by_role("main")).to_contain_text("jest zachowane")
    sign_in_here(window.page, anna)
    expect(window.page.locator("h1")).to_have_text("Zachowane do wysłania")
    expect(window.page.get_by_role("main")).to_contain_text(text)
    assert stored(sheet) == ""
    window.press("Wyślij teraz")
    expect(window.page.locator("h1")).not_to_have_text("Zachowane do wysłania")
    assert stored(sheet) == text


def test_nothing_is_saved_under_the_name_of_somebody_else_who_signs_in(
    window: Window, sheet: Sheet, piotr: StaffMember, passwords: Callable[..., None], turn: threading.RLock
) -> None:
    with turn:
        passwords(piotr)
        expire(window)
    type_in(window.page, 3)
    expect(status(window)).to_contain_text("Sesja wygasła")
    beside = sign_in_beside(window, piotr)
    expect(beside.locator("h1")).to_have_text("Dziś")  # nothing of Anna's is shown
    come_back(window)
    expect(status(window)).to_contain_text("zalogowany ktoś inny")
    with turn:
        assert stored(sheet) == ""


def test_a_form_that_saves_no_drafts_is_kept_when_its_page_closes(
    open_window: OpenWindow,
    anna: StaffMember,
    passwords: Callable[..., None],
    clock: Clock,  # noqa: F811
    turn: threading.RLock,
) -> None:
    passwords(anna)
    window = open_window(anna)
    window.page.clock.install()
    window.open("/referrals/new/")
    window.page.get_by_label("Czego rodzina potrzebuje").fill(LINE)
    clock.pass_by(window, 13 * MINUTE + 5)
    expect(warning(window)).to_be_visible()
    clock.pass_by(window, 2 * MINUTE)
    window.page.wait_for_url("**/accounts/login/**")
    expect(window.page.get_by_role("main")).to_contain_text("jest zachowane")
    sign_in_here(window.page, anna)
    expect(window.page.locator("h1")).to_have_text("Zachowane do wysłania")
    expect(window.page.get_by_role("heading", name="Nowe zgłoszenie")).to_be_visible()
    expect(window.page.get_by_role("main")).to_contain_text(LINE.strip())
    with turn:
        assert not Referral.objects.exists()
    window.press("Wyślij teraz")
    expect(window.page.get_by_label("Czego rodzina potrzebuje")).to_have_value(LINE)  # and the rest is empty


def test_without_a_connection_the_page_says_so_and_saves_later(
    window: Window, sheet: Sheet, turn: threading.RLock
) -> None:
    window.page.context.set_offline(True)
    text = type_in(window.page, 2)
    expect(status(window)).to_contain_text("Brak połączenia")
    text += type_in(window.page, 1)
    window.page.context.set_offline(False)
    expect(status(window)).to_contain_text("Zapisano o")
    with turn:
        assert stored(sheet) == text.strip()


def test_a_closing_page_saves_what_was_typed_last(window: Window, sheet: Sheet, turn: threading.RLock) -> None:
    text = type_in(window.page, 2)
    window.open("/today/")
    wait_until(turn, lambda: stored(sheet) == text.strip())  # no page waits for the answer


def wait_until(turn: threading.RLock, is_true: Callable[[], bool]) -> None:
    for _ in range(100):
        with turn:
            if is_true():
                return
        time.sleep(0.1)
    raise AssertionError("It did not come true within ten seconds.")


def test_a_submit_waits_for_the_draft_under_way(window: Window, sheet: Sheet, turn: threading.RLock) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    window.page.route("**/autosave/", hold)
    text = type_in(window.page, 1)
    window.page.wait_for_timeout(2500)
    assert len(held) == 1
    text += type_in(window.page, 1)
    window.page.get_by_role("main").locator("form button[type=submit]").first.click()
    held[0].continue_()
    expect(window.page.locator(NOTE)).not_to_have_value(text)
    expect(window.page.get_by_text("W międzyczasie zapisano")).to_have_count(0)
    with turn:
        assert stored(sheet) == text.strip()
        assert len(held) == 1


def test_when_somebody_else_was_faster_the_draft_stops_and_the_button_shows_both(
    window: Window, sheet: Sheet, turn: threading.RLock
) -> None:
    with turn:
        Sheet.objects.filter(pk=sheet.pk).update(version=7)
    type_in(window.page, 1)
    expect(window.page.locator("[data-autosave-box].alert-warn")).to_be_visible()
    with turn:
        assert stored(sheet) == ""
    window.page.get_by_role("main").locator("form button[type=submit]").first.click()
    expect(window.page.get_by_role("alert")).to_be_visible()
    expect(window.page.locator(NOTE)).to_have_value(LINE)


def test_a_draft_that_could_not_be_saved_is_kept_when_its_page_closes(
    window: Window,
    sheet: Sheet,
    anna: StaffMember,
    clock: Clock,  # noqa: F811
    turn: threading.RLock,
) -> None:
    with turn:
        Sheet.objects.filter(pk=sheet.pk).update(version=7)  # somebody else was faster
    type_in(window.page, 1)
    window.page.clock.fast_forward(3_000)
    expect(status(window)).to_contain_text("obie wersje")
    window.page.clock.fast_forward(3_000)
    expect(status(window)).to_contain_text("To, co wpisano, zachowano o")  # no draft any more, but not lost
    clock.pass_by(window, 13 * MINUTE + 5)
    expect(warning(window)).to_be_visible()
    clock.pass_by(window, 2 * MINUTE)
    window.page.wait_for_url("**/accounts/login/**")
    sign_in_here(window.page, anna)
    expect(window.page.get_by_role("main")).to_contain_text(LINE.strip())
    window.press("Wyślij teraz")
    expect(window.page.get_by_role("alert")).to_be_visible()  # both versions, to choose from
    expect(window.page.locator(NOTE)).to_have_value(LINE)


def test_who_is_writing_when_the_sign_in_has_ended_keeps_the_page(
    window: Window,
    sheet: Sheet,
    anna: StaffMember,
    clock: Clock,  # noqa: F811
    turn: threading.RLock,
) -> None:
    with turn:
        expire(window)
    window.page.clock.fast_forward(2 * MINUTE * 1000)
    text = type_in(window.page, 1)  # counts as being there, and hears that it is too late
    window.page.clock.fast_forward(6_000)
    expect(status(window)).to_contain_text("Sesja wygasła")
    window.page.clock.fast_forward(5 * MINUTE * 1000)
    assert window.path == path_of(sheet)
    sign_in_beside(window, anna)
    come_back(window)
    expect(status(window)).to_contain_text("Zapisano o")
    with turn:
        assert stored(sheet) == text.strip()

"""The warning before the idle sign-out. Both clocks, the page's and the server's, are moved by the test."""

from __future__ import annotations

import datetime as dt
import threading
import time
from types import SimpleNamespace

import pytest
from playwright.sync_api import Locator, expect

from cases.casefile.models import Case
from centres.models import Centre, StaffMember
from programme.reports.models import Report
from tests.browser.conftest import OpenWindow, Window
from tests.browser.test_pages import Meetings, meetings  # noqa: F401 - a fixture

MINUTE = 60


class Clock:
    """The server's clock, as the idle sign-out reads it; `pass_by` moves a page's clock along."""

    def __init__(self) -> None:
        self.ahead = 0

    def time(self) -> float:
        return time.time() + self.ahead

    def pass_by(self, window: Window, seconds: int) -> None:
        self.ahead += seconds
        window.page.clock.fast_forward(seconds * 1000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("accounts.idle.time", SimpleNamespace(time=clock.time))
    return clock


@pytest.fixture
def annas_window(open_window: OpenWindow, anna: StaffMember) -> Window:
    window = open_window(anna)
    window.page.clock.install()
    window.open("/today/")
    return window


def warning(window: Window) -> Locator:
    return window.page.get_by_role("dialog", name="Za chwilę nastąpi wylogowanie")


def test_the_warning_comes_two_minutes_before_and_lets_one_stay(annas_window: Window, clock: Clock) -> None:
    expect(warning(annas_window)).to_be_hidden()
    clock.pass_by(annas_window, 13 * MINUTE + 5)
    expect(warning(annas_window)).to_be_visible()
    expect(annas_window.page.get_by_role("button", name="Zostań")).to_be_focused()
    annas_window.page.keyboard.press("Enter")
    expect(warning(annas_window)).to_be_hidden()
    expect(annas_window.page.locator("[data-idle-minutes]").first).to_have_text("15")  # the server has agreed
    clock.pass_by(annas_window, 12 * MINUTE)  # long after the first end
    annas_window.open("/cases/")
    expect(annas_window.page.locator("h1")).to_have_text("Moje sprawy")


def test_who_does_not_answer_is_led_to_the_sign_in_page_and_back_after_it(annas_window: Window, clock: Clock) -> None:
    clock.pass_by(annas_window, 13 * MINUTE + 5)
    expect(warning(annas_window)).to_be_visible()
    clock.pass_by(annas_window, 2 * MINUTE)
    annas_window.page.wait_for_url("**/accounts/login/?next=%2Ftoday%2F")
    expect(annas_window.page.get_by_role("main")).to_contain_text("Nastąpiło wylogowanie")
    expect(annas_window.page.locator("[name=next]")).to_have_value("/today/")


def test_typing_counts_as_being_there(annas_window: Window, clock: Clock) -> None:
    annas_window.open("/referrals/new/")
    for _ in range(4):
        clock.pass_by(annas_window, 5 * MINUTE)
        with annas_window.page.expect_response("**/accounts/stay/"):
            annas_window.page.get_by_label("Czego rodzina potrzebuje").press_sequentially("a")
    expect(warning(annas_window)).to_be_hidden()


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(
    open_window: OpenWindow,
    jan: StaffMember,
    annas_case: Case,
    wodna: Centre,
    clock: Clock,
    turn: threading.RLock,
) -> None:
    month = dt.date(2026, 1, 1)
    report = Report.objects.create(month=month, scope=Report.Scope.CENTRE, centre=wodna, number="S/2026/01/WODNA/1")
    window = open_window(jan)
    window.page.clock.install()
    window.open(report.get_absolute_url())
    for _ in range(12):  # with time to spare for a slow machine
        with window.page.expect_response("**/progress/**"):
            clock.pass_by(window, MINUTE)
    expect(warning(window)).to_be_hidden()
    clock.pass_by(window, 3 * MINUTE + 5)
    window.page.wait_for_url("**/accounts/login/**")


def test_a_note_left_open_is_closed_though_the_warning_takes_the_focus_out_of_it(
    open_window: OpenWindow,
    piotr: StaffMember,
    meetings: Meetings,  # noqa: F811
    clock: Clock,
    turn: threading.RLock,
) -> None:
    window = open_window(piotr)
    window.page.clock.install()
    window.open(f"/sessions/{meetings['unresolved'].uuid}/note/")
    saved: list[str] = []
    window.page.on("request", lambda request: saved.append(request.url) if "autosave" in request.url else None)
    window.page.locator("[name=note]").focus()
    window.page.keyboard.type("Widać postęp.")
    window.page.clock.fast_forward(3_000)
    expect(window.page.locator("[data-autosave-status]")).to_contain_text("Zapisano o")
    before = len(saved)
    clock.pass_by(window, 13 * MINUTE + 5)
    expect(warning(window)).to_be_visible()
    expect(window.page.get_by_role("button", name="Zostań")).to_be_focused()
    clock.pass_by(window, 6)  # longer than any draft waits
    expect(warning(window)).to_be_visible()
    clock.pass_by(window, 2 * MINUTE)
    window.page.wait_for_url("**/accounts/login/**")
    assert len(saved) == before

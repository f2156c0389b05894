"""A therapist's note, typed in a browser: nothing is lost when the sign-in expires meanwhile, then it is signed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import expect

from accounts.models import KeptForm
from cases.sessions.models import Session
from cases.sessions.note_models import TherapyNote
from centres.models import StaffMember
from tests.browser.conftest import OpenWindow, Window
from tests.browser.test_autosave import (
    LINE,
    come_back,
    expire,
    sign_in_beside,
    sign_in_here,
    status,
    type_in,
    wait_until,
)
from tests.browser.test_idle import MINUTE, Clock, clock, warning  # noqa: F401 - a fixture
from tests.browser.test_pages import Meetings, meetings  # noqa: F401 - a fixture


@pytest.fixture
def session(meetings: Meetings) -> Session:  # noqa: F811
    """A meeting about which nothing is written yet."""
    return meetings["unresolved"]


def test_five_thousand_characters_survive_the_end_of_the_sign_in_and_are_signed(
    open_window: OpenWindow,
    session: Session,
    piotr: StaffMember,
    passwords: Callable[..., None],
    turn: threading.RLock,
) -> None:
    passwords(piotr)
    window = open_window(piotr)
    window.expected = ["401", "403", "409"]  # a browser reports these answers as errors
    window.page.clock.install()
    window.open(f"/sessions/{session.uuid}/note/")
    text = type_in(window.page, 25)
    expect(status(window)).to_contain_text("Zapisano o")
    with turn:
        assert TherapyNote.objects.get(session=session).text == text.strip()
        expire(window)
    text += type_in(window.page, 20)
    expect(status(window)).to_contain_text("Sesja wygasła")
    text += type_in(window.page, 5)  # nobody is signed in any more
    assert len(text) >= 5_000
    sign_in_beside(window, piotr)
    come_back(window)
    expect(status(window)).to_contain_text("Zapisano o")
    with turn:
        assert TherapyNote.objects.get(session=session).text == text.strip()
        assert not KeptForm.objects.exists()
    window.press("Zapisz, przeczytaj i podpisz")
    expect(window.page.locator("h1")).to_have_text("Podpisanie notatki")
    expect(window.page.get_by_role("main")).to_contain_text(LINE.strip())
    window.press("Podpisz notatkę")
    expect(window.page.get_by_role("main")).to_contain_text("podpisana")
    with turn:
        note = TherapyNote.objects.get(session=session)
        assert (note.text, note.is_signed) == (text.strip(), True)


def test_five_thousand_characters_survive_without_javascript(
    open_window: OpenWindow, session: Session, piotr: StaffMember, passwords: Callable[..., None]
) -> None:
    passwords(piotr)
    window = open_window(piotr, java_script_enabled=False)
    window.open(f"/sessions/{session.uuid}/note/")
    text = (LINE * 50).strip()
    window.page.locator("[name=note]").fill(text)
    window.page.locator("[name=summary]").fill("Widać postęp.")
    expire(window)
    window.press("Zapisz szkic")
    expect(window.page.get_by_role("main")).to_contain_text("jest zachowane")
    sign_in_here(window.page, piotr)
    expect(window.page.get_by_role("main")).to_contain_text(text)
    window.press("Wyślij teraz")
    expect(window.page.locator("h1")).not_to_have_text("Zachowane do wysłania")
    assert TherapyNote.objects.get(session=session).text == text
    assert Session.objects.get(pk=session.pk).summary == "Widać postęp."


def test_five_thousand_characters_typed_while_settling_survive_and_so_does_the_rest_of_the_page(
    open_window: OpenWindow,
    session: Session,
    piotr: StaffMember,
    passwords: Callable[..., None],
    turn: threading.RLock,
) -> None:
    passwords(piotr)
    window = open_window(piotr)
    window.expected = ["401", "403", "409"]
    window.page.clock.install()
    window.open(f"/sessions/{session.uuid}/resolve/")
    window.page.get_by_label("odbyło się", exact=True).check()
    text = type_in(window.page, 25)
    expect(status(window)).to_contain_text("Zapisano o")
    with turn:
        assert TherapyNote.objects.get(session=session).text == text.strip()
        assert Session.objects.get(pk=session.pk).status == Session.Status.PLANNED
        expire(window)
    text += type_in(window.page, 20)
    expect(status(window)).to_contain_text("Sesja wygasła")
    text += type_in(window.page, 5)
    assert len(text) >= 5_000
    sign_in_beside(window, piotr)
    come_back(window)
    expect(status(window)).to_contain_text("Zapisano o")
    with turn:
        assert TherapyNote.objects.get(session=session).text == text.strip()
    expect(window.page.locator("form[data-autosave-url]")).to_have_attribute(
        "data-draft", "unsaved"
    )  # held: yes or no
    window.press("Zapisz")
    expect(window.page.get_by_role("main")).to_contain_text("Rozliczono spotkanie")
    with turn:
        assert Session.objects.get(pk=session.pk).status == Session.Status.HELD
        assert TherapyNote.objects.get(session=session).text == text.strip()


def test_five_thousand_characters_typed_while_logging_are_kept_when_the_page_closes_itself(
    open_window: OpenWindow,
    session: Session,
    piotr: StaffMember,
    passwords: Callable[..., None],
    clock: Clock,  # noqa: F811
    turn: threading.RLock,
) -> None:
    passwords(piotr)
    window = open_window(piotr)
    window.page.clock.install()
    with turn:
        url = f"{session.owner.get_absolute_url()}sessions/new/"
    window.open(url)
    text = type_in(window.page, 50)
    assert len(text) >= 5_000
    window.page.clock.fast_forward(3_000)
    expect(status(window)).to_contain_text("zachowano o")
    clock.pass_by(window, 13 * MINUTE + 5)
    expect(warning(window)).to_be_visible()
    clock.pass_by(window, 2 * MINUTE)
    window.page.wait_for_url("**/accounts/login/**")
    expect(window.page.get_by_role("main")).to_contain_text("jest zachowane")
    sign_in_here(window.page, piotr)
    expect(window.page.get_by_role("main")).to_contain_text(text.strip())
    with turn:
        assert TherapyNote.objects.count() == 1  # of another meeting
    window.press("Wyślij teraz")
    expect(window.page.get_by_role("main")).to_contain_text("Zapisano spotkanie")
    with turn:
        assert TherapyNote.objects.latest("pk").text == text.strip()


@pytest.fixture
def logging(open_window: OpenWindow, session: Session, piotr: StaffMember, passwords: Callable[..., None]) -> Window:
    """The page on which Piotr logs a meeting."""
    passwords(piotr)
    window = open_window(piotr)
    window.expected = ["401", "403"]
    window.open(f"{session.owner.get_absolute_url()}sessions/new/")
    return window


@pytest.mark.parametrize("way", ["Spotkanie dopiero będzie", "Anuluj", "reload"])
def test_what_is_typed_while_logging_is_offered_on_the_way_back(
    logging: Window, way: str, turn: threading.RLock
) -> None:
    page = logging.path
    text = type_in(logging.page, 25)
    if way == "reload":
        logging.page.reload()
    else:
        logging.follow(way)
        logging.page.wait_for_load_state()
        logging.open(page)
    wait_until(turn, KeptForm.objects.exists)  # no page waits for the answer
    logging.page.reload()
    expect(logging.page.locator("[name=note]")).to_have_value("")
    logging.follow("Wróć do tego")
    expect(logging.page.locator("[name=note]")).to_have_value(text)
    more = type_in(logging.page, 1)
    logging.page.get_by_label("Usługa").select_option(index=1)
    logging.press("Zapisz spotkanie")
    expect(logging.page.get_by_role("main")).to_contain_text("Zapisano spotkanie")
    logging.open(page)
    expect(logging.page.get_by_role("link", name="Wróć do tego")).to_have_count(0)
    with turn:
        assert sorted(TherapyNote.objects.latest("pk").text) == sorted((text + more).strip())


def test_the_page_says_that_what_is_typed_while_logging_is_kept_and_that_the_button_saves_it(
    logging: Window, turn: threading.RLock
) -> None:
    type_in(logging.page, 1)
    expect(status(logging)).to_contain_text("spotkanie zapisze przycisk")
    logging.page.locator("[name=note]").fill("")
    expect(status(logging)).to_have_text("")
    with turn:
        assert not KeptForm.objects.exists()


def test_who_signed_out_in_another_tab_keeps_what_was_typed_while_logging(
    logging: Window, piotr: StaffMember, turn: threading.RLock
) -> None:
    logging.page.get_by_label("Usługa").select_option(index=1)
    logging.page.clock.install()  # its two seconds never pass: nothing has been kept when the button is pressed
    text = type_in(logging.page, 25)
    logging.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    logging.press("Zapisz spotkanie")
    expect(status(logging)).to_contain_text("Sesja wygasła")
    expect(logging.page.locator("[name=note]")).to_have_value(text)
    beside = sign_in_beside(logging, piotr)
    beside.locator("h1").wait_for()
    logging.press("Zapisz spotkanie")
    expect(logging.page.get_by_role("main")).to_contain_text("Zapisano spotkanie")
    with turn:
        assert TherapyNote.objects.latest("pk").text == text.strip()


def test_nothing_typed_while_logging_is_sent_under_the_name_of_somebody_else(
    logging: Window, anna: StaffMember, piotr: StaffMember, passwords: Callable[..., None], turn: threading.RLock
) -> None:
    with turn:
        passwords(anna)
        expire(logging)
    type_in(logging.page, 3)
    expect(status(logging)).to_contain_text("Sesja wygasła")
    beside = sign_in_beside(logging, anna)
    expect(beside.locator("h1")).to_have_text("Dziś")  # nothing of Piotr's is shown
    before = logging.path
    logging.press("Zapisz spotkanie")
    expect(status(logging)).to_contain_text("zalogowany ktoś inny")
    assert logging.path == before
    with turn:
        assert TherapyNote.objects.count() == 1  # of another meeting

    beside.get_by_role("button", name="Wyloguj").first.click()
    beside.goto(f"{logging.url}/accounts/login/")
    sign_in_here(beside, piotr)
    beside.wait_for_url(lambda url: "/accounts/login/" not in url)
    logging.page.bring_to_front()
    logging.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(status(logging)).to_contain_text("zachowano o")  # the page goes on with whom it belongs to


def test_a_reason_typed_while_settling_is_offered_after_the_page_was_reloaded(
    open_window: OpenWindow, session: Session, piotr: StaffMember, turn: threading.RLock
) -> None:
    window = open_window(piotr)
    window.open(f"/sessions/{session.uuid}/resolve/?status=not_held")
    window.page.get_by_label("odwołane przez rodzinę").check()
    window.page.get_by_label("Powód odwołania").fill("Dziecko zachorowało.")
    window.page.locator("[name=note]").fill("Matka dzwoniła w ostatniej chwili.")
    expect(status(window)).to_contain_text("jako szkic")
    wait_until(turn, KeptForm.objects.exists)
    window.page.reload()
    expect(window.page.get_by_label("Powód odwołania")).to_have_value("")
    window.follow("Wróć do tego")
    expect(window.page.get_by_label("Powód odwołania")).to_have_value("Dziecko zachorowało.")
    expect(window.page.locator("[name=note]")).to_have_value("Matka dzwoniła w ostatniej chwili.")
    window.press("Zapisz")
    window.page.wait_for_url(f"**/sessions/{session.uuid}/")
    with turn:
        session.refresh_from_db()
        assert session.cancel_reason == "Dziecko zachorowało."
        assert not KeptForm.objects.waiting().exists()

"""A therapist's note, typed in a browser: nothing is lost when the sign-in expires meanwhile, then it is signed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import KeptForm
from cases.sessions.models import Session
from cases.sessions.note_models import TherapyNote
from centres.models import StaffMember
from tests.browser.conftest import OpenWindow
from tests.browser.test_autosave import LINE, come_back, expire, sign_in_beside, sign_in_here, status, type_in
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

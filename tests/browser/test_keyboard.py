"""The portal with a keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from centres.models import StaffMember
from tests.browser.conftest import PASSWORD, OpenWindow

MOST_TABS = 40


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if focused(page) == name:
            return
    raise AssertionError(f"Tab does not lead to „{name}”")


def focused(page: Page) -> str:
    """What the focused control is called: its label, or its text."""
    name: str = page.evaluate(
        "() => { const at = document.activeElement;"
        " const label = at.labels?.[0]; return (label ?? at).textContent.replace(/\\s+/g, ' ').trim(); }"
    )
    return name


def focus_is_seen(page: Page) -> bool:
    """Whether the focused control has an outline and stands within the window, under nothing else."""
    seen: bool = page.evaluate(
        """() => {
            const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
            const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none"
                && box.top >= 0 && box.bottom <= innerHeight && (at.contains(top) || top?.contains(at));
        }"""
    )
    return seen


def test_one_signs_in_without_a_mouse_and_skips_the_menu(
    open_window: OpenWindow, anna: StaffMember, passwords: Callable[..., None]
) -> None:
    passwords(anna)
    window = open_window()
    page = window.page
    window.open("/accounts/login/")
    page.keyboard.press("Tab")
    assert focused(page) == "Przejdź do treści"
    assert focus_is_seen(page)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == "E-mail"
    assert focus_is_seen(page)
    page.keyboard.type(anna.user.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Dziś")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_menu_of_a_phone_opens_and_leads_on(open_window: OpenWindow, anna: StaffMember) -> None:
    window = open_window(anna, width=360)
    page = window.page
    window.open("/today/")
    menu = page.locator("details nav")
    expect(menu).to_be_hidden()
    tab_to(page, "Menu")
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    tab_to(page, "Kalendarz")
    assert focus_is_seen(page)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Kalendarz")


def test_a_form_with_an_error_leads_to_the_summary_and_from_there_to_the_field(
    open_window: OpenWindow, anna: StaffMember
) -> None:
    window = open_window(anna)
    page = window.page
    window.open("/referrals/new/")
    tab_to(page, "Data zgłoszenia")
    tab_to(page, "Imię osoby do kontaktu")
    page.keyboard.type("Łucja")
    tab_to(page, "Dorośli w rodzinie")
    page.keyboard.type("0")
    page.evaluate("document.querySelector('main form').noValidate = true")  # as a browser without checks of its own
    tab_to(page, "Zapisz zgłoszenie")
    page.keyboard.press("Enter")

    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Jeszcze nic nie zapisano.")
    expect(summary).to_be_focused()
    page.keyboard.press("Tab")
    assert focused(page) == "Kto zgłosił rodzinę"
    page.keyboard.press("Enter")
    field = page.get_by_label("Kto zgłosił rodzinę")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert focus_is_seen(page)
    expect(page.get_by_label("Imię osoby do kontaktu")).to_have_value("Łucja")

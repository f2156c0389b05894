"""„Szybkie wyjście”: away from the portal at once, and not back by the browser's button."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import OpenWindow, Window

HARMLESS = "https://pl.wikipedia.org/"


@pytest.fixture
def window(open_window: OpenWindow) -> Window:
    return with_harmless_page(open_window())


def with_harmless_page(window: Window) -> Window:
    """The page that one leaves for is answered here: tests ask nobody else."""
    window.elsewhere = HARMLESS

    def answer(route: Route) -> None:
        assert "referer" not in route.request.headers
        route.fulfill(status=200, content_type="text/html", body="<title>Encyklopedia</title><h1>Encyklopedia</h1>")

    window.page.context.route(f"{HARMLESS}**", answer)
    return window


def test_the_button_leaves_and_the_way_back_does_not_lead_here(window: Window) -> None:
    window.open("/centres/wodna/")
    window.page.get_by_role("link", name="Szybkie wyjście").click()
    expect(window.page).to_have_title("Encyklopedia")
    window.page.go_back()
    assert not window.page.url.startswith(window.url)


def test_escape_pressed_three_times_leaves_too(window: Window) -> None:
    window.open("/accounts/login/")
    for _ in range(3):
        window.page.keyboard.press("Escape")
    expect(window.page).to_have_title("Encyklopedia")


def test_without_javascript_the_button_is_a_link(open_window: OpenWindow) -> None:
    window = with_harmless_page(open_window(java_script_enabled=False))
    window.expected.append("404 (Not Found)")
    window.open("/no-such-page/")
    window.page.get_by_role("link", name="Szybkie wyjście").click()
    expect(window.page).to_have_title("Encyklopedia")

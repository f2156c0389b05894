"""Windows in which somebody works, and what every one of them is watched for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from centres.models import StaffMember
from tests.browser.chromium import Turn, needs_chromium
from tests.conftest import SignIn

HERE = Path(__file__).parent
PASSWORD = "a-long-password-of-a-test"
PATIENCE_MS = 30_000
"""A fault is found at once or not at all; what waits is a slow machine."""

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(needs_chromium)


@dataclass
class Window:
    """One person's browser window. What a browser complains about is collected and refused at the end of the test."""

    url: str
    page: Page
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Parts of complaints that are no faults: the browser reports a page that answers 404 as an error."""
    elsewhere: str = ""
    """The only other host that may be asked: where „quick exit” leads."""

    def watch(self) -> None:
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self._complain(str(error)))
        self.page.on("request", lambda request: self._look_at(request.url))

    def _listen(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self._complain(f"{said.text} {said.location.get('url', '')}".rstrip())

    def _complain(self, what: str) -> None:
        self.complaints.append(f"{self.page.url}: {what}")

    def _look_at(self, address: str) -> None:
        if not address.startswith(self.url) and not (self.elsewhere and address.startswith(self.elsewhere)):
            self._complain(f"asked another host: {address}")

    def open(self, path: str) -> Response:
        answer = self.page.goto(self.url + path)
        assert answer is not None
        return answer

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.url)

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def press(self, name: str) -> None:
        """Press the button of this name in the page's content."""
        self.page.get_by_role("main").get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the first link of this name in the page's content."""
        self.page.get_by_role("main").get_by_role("link", name=name, exact=True).first.click()

    def faults(self) -> list[str]:
        return [one for one in self.complaints if not any(part in one for part in self.expected)]


OpenWindow = Callable[..., Window]


@pytest.fixture
def open_window(chromium: Browser, live_server: Any, reference: None, sign_in: SignIn) -> Iterator[OpenWindow]:
    """`open_window(anna)` is a window in which Anna is signed in; without a name nobody is.

    Further arguments are Playwright's: `java_script_enabled=False`, `forced_colors="active"` …
    """
    contexts: list[BrowserContext] = []
    windows: list[Window] = []

    def open_one(staff: StaffMember | None = None, *, width: int = 1360, **options: Any) -> Window:
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 900}, locale="pl-PL", **options
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if staff:
            with Turn.turn:  # another window may be asking by itself
                session = sign_in(staff).cookies[portal_settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": portal_settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
            )
        window = Window(live_server.url, context.new_page())
        window.watch()
        windows.append(window)
        return window

    yield open_one
    for context in contexts:
        context.close()
    with Turn.turn:  # a request still under way ends before the tables are emptied
        assert [fault for window in windows for fault in window.faults()] == []


@pytest.fixture
def turn() -> threading.RLock:
    """Held while a test works in the database and a page may be asking by itself."""
    return Turn.turn


@pytest.fixture
def passwords() -> Callable[..., None]:
    """Give these people a password, for tests that sign in by the form."""

    def give(*people: StaffMember) -> None:
        for staff in people:
            staff.user.set_password(PASSWORD)
            staff.user.save()

    return give

"""One Chromium for a whole run of the tests, and a server that it can talk to. Imported by `tests/conftest.py`."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium")


class Turn(ThreadedWSGIServer):
    """Answers one request at a time.

    On SQLite the test and the server's threads share one connection in memory, which takes one transaction at a time.
    A test that works in the database while a page may be asking by itself takes its turn too: `with portal.turn:`.
    """

    turn = threading.RLock()

    def set_app(self, application: Any) -> None:
        def in_turn(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            with self.turn:
                answer: Iterable[bytes] = application(environ, start_response)
            return answer

        super().set_app(in_turn)


@pytest.fixture(scope="session", autouse=True)
def _one_request_at_a_time() -> None:
    LiveServerThread.server_class = Turn


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a word to anybody but the portal."""
    # Playwright keeps a loop in this thread, and Django would take every query of ours for one inside of it.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before

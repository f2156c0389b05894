"""The portal itself as people meet it: gunicorn in processes of its own, and browsers that speak HTTP to it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.cookiejar import CookieJar
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode

from django.urls import reverse

from accounts.demo import DEMO_PASSWORD
from scripts.probe import answers
from scripts.serve import die_with_parent

HOST = "127.0.0.1"
PATIENCE = 60  # seconds, for an answer as for the start

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def _free_port() -> str:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return str(listener.getsockname()[1])


@contextmanager
def running_portal(*, processes: int, threads: int) -> Iterator[str]:
    """The web on this process's database, which this machine alone can reach. Gives the address that it answers at."""
    os.environ.update(HOST=HOST, PORT=_free_port())  # where `answers` asks, too
    own = {"WEB_WORKERS": str(processes), "WEB_THREADS": str(threads), "ACCESS_LOG": "false"}
    web = subprocess.Popen(
        [sys.executable, "-m", "scripts.serve", "web"],
        env=os.environ | own,
        preexec_fn=lambda: die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no thread has been started yet
    )
    try:
        until = time.monotonic() + PATIENCE
        while not answers():
            if web.poll() is not None or time.monotonic() > until:
                raise RuntimeError("The web did not start; its messages stand above.")
            time.sleep(0.2)
        yield f"http://{HOST}:{os.environ['PORT']}"
    finally:
        web.terminate()
        with suppress(subprocess.TimeoutExpired):
            web.wait(PATIENCE)
        web.kill()


class Answer(NamedTuple):
    status: int
    text: str

    @property
    def hidden(self) -> dict[str, str]:
        """What the page's forms send without showing it: the CSRF token, `once`, the version."""
        return dict(HIDDEN.findall(self.text))


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Browser:
    """Keeps its cookies, and shows a redirect instead of following it."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar()), _NoRedirects()
        )

    def get(self, url: str) -> Answer:
        return self._answer(url, None)

    def post(self, url: str, fields: dict[str, Any]) -> Answer:
        return self._answer(url, urlencode(fields, doseq=True).encode())

    def _answer(self, url: str, body: bytes | None) -> Answer:
        try:
            with self._opener.open(f"{self.base}{url}", body, PATIENCE) as answer:
                return Answer(answer.status, answer.read().decode())
        except HTTPError as error:  # every status but 2xx: also a redirect
            with error:
                return Answer(error.code, error.read().decode())

    def sign_in(self, email: str) -> None:
        url = reverse("account_login")
        page = self.get(url)
        answer = self.post(url, page.hidden | {"login": email, "password": DEMO_PASSWORD})
        if answer.status != HTTPStatus.FOUND:
            raise RuntimeError(f"{email} could not sign in: {answer.status}")

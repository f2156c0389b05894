"""The process that makes one PDF: ``python -m foundation.pdf_worker``, the job on stdin, the file on stdout.

It stands alone: no Django, no settings, no secrets, little memory and little time. What is wrong is one line of JSON
on stderr; ``foundation.pdf`` makes a sentence of it.
"""

from __future__ import annotations

import json
import logging
import mimetypes
import resource
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

BASE_URL = "https://static.invalid/"
"""What relative names are resolved against. No request ever leaves: the fetcher answers from the disk or refuses."""

STATIC_PREFIX = "/static/"
FAILED = 3


class Refused(Exception):  # noqa: N818 - a verdict, not a fault
    """The document asks for what it may not have."""

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(reason, name)
        self.reason, self.name = reason, name


def _give_up(reason: str, name: str = "") -> NoReturn:
    sys.stderr.write(json.dumps({"reason": reason, "name": name}) + "\n")
    sys.stderr.flush()
    sys.exit(FAILED)


def _limit(timeout_s: int, memory_mb: int) -> None:
    """The kernel stops what runs away, even when the parent is gone."""
    memory = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (timeout_s, timeout_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(timeout_s + 1)


def _find(url: str, roots: list[Path]) -> Path:
    """The static file of this name, and nothing else on the machine or in the world."""
    if not url.startswith(BASE_URL):
        raise Refused("outside", url[:200])
    path = unquote(urlsplit(url).path)
    if not path.startswith(STATIC_PREFIX) or "\x00" in path:
        raise Refused("outside", path[:200])
    name = path.removeprefix(STATIC_PREFIX)
    for root in roots:
        found = (root / name).resolve()
        if not found.is_relative_to(root.resolve()):
            raise Refused("outside", path[:200])
        if found.is_file():
            return found
    raise Refused("missing", path.lstrip("/")[:200])


def _render(html: str, roots: list[Path]) -> bytes:
    from weasyprint import HTML
    from weasyprint.logger import LOGGER
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class StaticFetcher(URLFetcher):  # type: ignore[misc] # WeasyPrint has no types
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            try:
                found = _find(url, roots)
            except Refused as refusal:
                # Not an Exception: WeasyPrint would go on without the font or the picture, and nobody would see.
                raise FatalURLFetchingError(refusal.reason, refusal.name) from None
            kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, found.read_bytes(), {"Content-Type": kind})

    class Complaint(logging.Handler):
        """An error WeasyPrint would only log (a broken picture, a font it cannot read) is a broken report."""

        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.ERROR or "Font-face" in record.msg:
                complaints.append(record.getMessage())

    complaints: list[str] = []
    LOGGER.handlers = [Complaint()]
    try:
        pdf = HTML(string=html, base_url=BASE_URL, url_fetcher=StaticFetcher(), media_type="print").write_pdf(
            pdf_variant="pdf/ua-1"
        )
    except FatalURLFetchingError as fatal:
        raise Refused(*fatal.args) from None
    if complaints:
        raise Refused("complaint", complaints[0][:300])
    return bytes(pdf)


def main() -> None:
    """Read ``{"html", "static", "timeout_s", "memory_mb"}``, write the PDF."""
    job = json.load(sys.stdin)
    _limit(job["timeout_s"], job["memory_mb"])
    try:
        pdf = _render(job["html"], [Path(root) for root in job["static"]])
    except Refused as refusal:
        _give_up(refusal.reason, refusal.name)
    except MemoryError:
        _give_up("memory")
    except OSError as error:
        _give_up("library", str(error)[:300])
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()

"""Where the files of reports lie: written whole or not at all, and given out only as they were written."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from programme.reports.models import Report


class BrokenFileError(Exception):
    """The file is not what was written. ``code`` says in which way; the message is one sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Written:
    """A file on the disk, as the report's row remembers it."""

    path: str
    sha256: str
    size: int


def write(report: Report, content: bytes) -> Written:
    """Put the file in its place in one step: whoever reads it meanwhile finds the old or the new one, never a part.

    What an interrupted attempt left behind is cleared away.
    """
    target = report.file
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_name(f".{report.uuid}.{report.attempts}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    for leftover in target.parent.glob(f".{report.uuid}.*.part"):
        leftover.unlink(missing_ok=True)
    relative = target.relative_to(Path(settings.REPORTS_DIR))
    return Written(path=str(relative), sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def read(report: Report) -> bytes:
    """The file's bytes, after comparing them with what was written. Raises BrokenFileError."""
    try:
        content = report.file.read_bytes()
    except OSError:
        raise BrokenFileError("missing", _("The file of this report is no longer in its place.")) from None
    if hashlib.sha256(content).hexdigest() != report.sha256:
        raise BrokenFileError(
            "changed", _("The file of this report was changed outside the portal, so it is not given out.")
        )
    return content


def is_intact(report: Report) -> bool:
    """Whether the file could be given out now."""
    try:
        read(report)
    except BrokenFileError:
        return False
    return True

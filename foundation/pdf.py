"""HTML to a tagged PDF (PDF/UA-1, A1), in a process of its own.

WeasyPrint is never imported here: a web or task worker keeps its small memory, and a document that runs away takes
nobody with it. The same HTML and the same fonts give the same bytes.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

OUT_OF_TIME = {signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL}
GRACE_S = 3
"""The process ends by its own limits; only when it does not, it is killed."""


class PdfError(Exception):
    """The PDF was not made. The message is one sentence for people, in their language."""


def render_pdf(html: str, *, timeout_s: float = 120, memory_mb: int = 1024) -> bytes:
    """The document as PDF/UA-1. It may use static files of the project as ``static/…``, nothing else.

    A missing font or picture is a failure, not a document without it. Raises PdfError.
    """
    seconds = max(1, math.ceil(timeout_s))
    job = {"html": html, "static": _static_roots(), "timeout_s": seconds, "memory_mb": memory_mb}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "foundation.pdf_worker"],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=seconds + GRACE_S,
            cwd=settings.BASE_DIR,
            env=_bare_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PdfError(_("The PDF took more than %(seconds)s s, so it was stopped.") % {"seconds": seconds}) from None
    except OSError as error:
        raise PdfError(_("The process that makes PDFs did not start: %(error)s.") % {"error": error}) from None
    if done.returncode == 0 and done.stdout.startswith(b"%PDF-"):
        return done.stdout
    raise PdfError(_sentence(done, seconds=seconds, memory_mb=memory_mb))


def _static_roots() -> list[str]:
    roots = [*settings.STATICFILES_DIRS, settings.STATIC_ROOT]
    return [str(Path(root).resolve()) for root in roots if root]


def _bare_environment() -> dict[str, str]:
    """No secret of ours, and nothing of the machine that could change a byte."""
    kept = ("PATH", "HOME", "XDG_CACHE_HOME", "FONTCONFIG_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "0",
        "MALLOC_ARENA_MAX": "2",
    }


def _sentence(done: subprocess.CompletedProcess[bytes], *, seconds: int, memory_mb: int) -> str:
    trouble = _trouble(done.stderr)
    facts = {"name": trouble.get("name", ""), "seconds": seconds, "memory": memory_mb, "code": done.returncode}
    reason = trouble.get("reason")
    if reason is None and -done.returncode in OUT_OF_TIME:
        reason = "time"
    sentences = {
        "missing": _("The PDF needs the file %(name)s, which is not there."),
        "outside": _("The PDF asks for %(name)s, which is not one of the portal's static files."),
        "library": _("A system library that PDFs need is missing or broken: %(name)s."),
        "complaint": _("The PDF cannot be made as it is written: %(name)s."),
        "memory": _("The PDF needed more than %(memory)s MB of memory, so it was stopped."),
        "time": _("The PDF took more than %(seconds)s s, so it was stopped."),
    }
    return sentences.get(reason or "", _("The process that makes PDFs broke off (%(code)s).")) % facts


def _trouble(stderr: bytes) -> dict[str, Any]:
    lines = stderr.decode(errors="replace").strip().splitlines()
    if not lines:
        return {}
    try:
        trouble = json.loads(lines[-1])
    except ValueError:
        # Pango and HarfBuzz end the process themselves when they get no memory.
        memory = any(word in stderr for word in (b"MemoryError", b"allocate", b"alloc"))
        return {"reason": "memory"} if memory else {}
    return trouble if isinstance(trouble, dict) else {}

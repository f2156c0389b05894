"""Demo mode: a marker row that `seed_demo` writes. Without it the demo password opens nothing."""

from __future__ import annotations

import time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import DemoMode

DEMO_PASSWORD = "krakow-demo"  # noqa: S105 - published on purpose, refused outside demo mode

_REMEMBER_SECONDS = 30
_remembered: tuple[float, bool] | None = None


def demo_mode() -> bool:
    """Whether this is a demonstration; a process asks the database at most twice a minute."""
    global _remembered  # noqa: PLW0603 - a memo of one value
    now = time.monotonic()
    if _remembered is None or now - _remembered[0] > _REMEMBER_SECONDS:
        _remembered = (now, DemoMode.objects.exists())
    return _remembered[1]


def forget_demo_mode() -> None:
    """Ask the database anew: after the marker was written or removed."""
    global _remembered  # noqa: PLW0603 - see above
    _remembered = None


class NotTheDemoPassword:
    """A password validator: the published password of the demonstration is nobody's password."""

    def validate(self, password: str, user: Any = None) -> None:
        if password == DEMO_PASSWORD:
            raise ValidationError(
                _("This is the password of the demonstration. Choose another."), code="demo_password"
            )

    def get_help_text(self) -> str:
        return ""

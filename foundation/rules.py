"""How a service says no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError


class RuleError(ValidationError):
    """A rule forbids this step. ``code`` is the rule's name, ``field`` the field beside which a form says it."""

    def __init__(
        self, message: Any, *, code: str, field: str | None = None, params: Mapping[str, Any] | None = None
    ) -> None:
        sentence = ValidationError(message, code=code, params=dict(params) if params else None)
        super().__init__({field: [sentence]} if field else sentence)
        self.code = code

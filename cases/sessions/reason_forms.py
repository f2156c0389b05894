"""Why a meeting was called off: asked where a meeting is settled, and where one is logged that nobody had planned."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.sessions.models import CANCEL_REASON_LIMIT, CANCELLED


class ReasonFields(forms.BaseForm):
    """The page shows the question only while one of those who may call off is chosen as the state."""

    def ask_why_called_off(self, *, required: bool = False, initial: str = "") -> None:
        self.fields["reason"] = forms.CharField(
            label=_("Why it was called off"),
            required=required,
            error_messages={"required": _("Give the reason.")},
            max_length=CANCEL_REASON_LIMIT,
            initial=initial,
            help_text=_("For a meeting that is called off. Everybody who may open the meeting reads it."),
        )

    def expect_reason(self, cleaned: dict[str, Any], *, to_come: bool) -> None:
        """A meeting to come is called off with a reason; one that is over is settled without asking."""
        called_off = cleaned.get("status") in CANCELLED
        if called_off and to_come and "reason" in cleaned and not cleaned["reason"]:
            self.add_error("reason", ValidationError(_("Give the reason."), code="no_reason"))

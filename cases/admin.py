"""Of cases only the deadline rules stand in the administration; nothing about a family does."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from cases.casefile.models import DeadlineRule
from cases.casefile.services import refresh_deadlines
from centres.administration import RecordedAdmin


@admin.register(DeadlineRule)
class DeadlineRuleAdmin(RecordedAdmin):
    """A centre's settings; which deadlines there are is the portal's business."""

    may_be_added = False
    fields = ("kind", "due_after", "unit", "amber_after", "source")
    readonly_fields = ("kind",)
    list_display = ("kind", "due_after", "unit", "amber_after", "source")

    def save_model(self, request: HttpRequest, obj: DeadlineRule, form: Any, change: bool) -> None:
        """A changed rule moves the deadlines of all open cases."""
        super().save_model(request, obj, form, change)
        refresh_deadlines()

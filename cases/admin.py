"""Of cases only the deadline rules stand in the administration; nothing about a family does."""

from __future__ import annotations

from django.contrib import admin

from cases.casefile.models import DeadlineRule
from centres.administration import RecordedAdmin


@admin.register(DeadlineRule)
class DeadlineRuleAdmin(RecordedAdmin):
    """A centre's settings; which deadlines there are is the portal's business."""

    may_be_added = False
    fields = ("kind", "due_after", "unit", "amber_after", "source")
    readonly_fields = ("kind",)
    list_display = ("kind", "due_after", "unit", "amber_after", "source")

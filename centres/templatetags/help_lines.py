"""What the administration's first page says about help numbers: {% load help_lines %}."""

from __future__ import annotations

from django import template

from centres.models import HelpLine

register = template.Library()


@register.simple_tag
def unchecked_help_lines() -> list[HelpLine]:
    """Numbers that nobody has checked for over 90 days."""
    return list(HelpLine.objects.unchecked())

"""What accounts tells the rooms above it."""

from django.dispatch import Signal

access_denied = Signal()
"""Sent outside any transaction when a signed-in person is refused: `request`, `view_name`, `reason`, `object_id`."""

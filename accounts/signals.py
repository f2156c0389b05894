"""What accounts tells the rooms above it."""

from django.dispatch import Signal

access_denied = Signal()
"""Sent outside any transaction when a signed-in person is refused: `request` and `view_name`; `permission` where that
was missing, else `model` (its label) and `key` (what the URL carried: a uuid or a slug) of the record asked for."""

sign_in_blocked = Signal()
"""Sent when there were too many wrong passwords: `request`, `email` as typed. The password was not looked at."""

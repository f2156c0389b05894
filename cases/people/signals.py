"""What a family tells the rooms above it, inside the transaction of what happens."""

from __future__ import annotations

from django.dispatch import Signal

membership_ended = Signal()
"""The person of `member` has left the family (`to_on` is the first day without them), as noted `by` a user."""

"""What a case tells the rooms above it, inside the transaction of what happens."""

from __future__ import annotations

from django.dispatch import Signal

case_closed = Signal()
"""`case` has been closed (`closed_on` is the last day) `by` a user; its row is locked."""

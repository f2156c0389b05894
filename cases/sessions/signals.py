"""What meetings tell, and who hears it is not theirs to know."""

from django.dispatch import Signal

dates_changed = Signal()
"""Meetings were moved or called off: `meetings`, `user` (who did it). Each receiver answers with sentences for them.

Asked when it is done, outside the transaction: nobody can refuse it.
"""

series_ended = Signal()
"""A series has ended: `series`, `last_on` (the day of its last meeting that was not called off, or today), `by`.

Sent in the transaction of the ending; whoever hears it may refuse it with an error.
"""

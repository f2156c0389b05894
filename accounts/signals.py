"""What accounts tells the rooms above it."""

from django.dispatch import Signal

access_denied = Signal()
"""Sent outside any transaction when a signed-in person is refused: `request` and `view_name`; `permission` where that
was missing, else `model` (its label) and `key` (what the URL carried: a uuid or a slug) of the record asked for."""

sign_in_blocked = Signal()
"""Sent when there were too many wrong passwords: `request`, `email` as typed. The password was not looked at."""

form_kept = Signal()
"""Sent when a form that came too late was kept for its person: `kept`. Not for each newer draft of the same form."""

kept_form_discarded = Signal()
"""Sent before somebody's kept form is deleted because they do not want it: `kept`."""

"""What to know after meetings were moved or called off, and what meetings do not know: who relies on the old date."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages

from accounts.access import StaffRequest
from cases.sessions.models import Session
from cases.sessions.signals import dates_changed


def tell_what_follows(request: StaffRequest, meetings: Iterable[Session]) -> None:
    """Say it in messages on the next page."""
    for _receiver, sentences in dates_changed.send(sender=Session, meetings=list(meetings), user=request.user):
        for sentence in sentences or ():
            messages.warning(request, sentence)

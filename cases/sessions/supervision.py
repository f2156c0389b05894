"""The clinical lead's supervision: which notes the therapists have signed, and which wait too long for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import StaffRequest, scoped
from audit.services import record
from cases.sessions.note_forms import SupervisionForm
from cases.sessions.note_models import TherapyNote, TherapyNoteQuerySet
from foundation.formats import format_date
from foundation.pages import keyset_page

DAY = dt.timedelta(days=1)


class WeekOfNotes(NamedTuple):
    """Notes signed in one week; drafts begun in it."""

    words: str
    notes: list[TherapyNote]


@scoped("cases.supervise_notes", notes=TherapyNote.objects.readable_by)
@require_safe
def supervision(request: StaffRequest, notes: TherapyNoteQuerySet) -> HttpResponse:
    """Signed notes, the latest first, or late drafts, the oldest first; none of their words.

    Weeks are those of the signature: what is signed late stands on top, and not on a page that was read long ago.
    """
    unsigned = request.GET.get("state") == "unsigned"
    form = SupervisionForm(request.GET)
    form.is_valid()  # what can't be chosen is said on the page and narrows nothing
    listed = filtered(notes, form).for_list()
    page = keyset_page(
        listed.late() if unsigned else listed.signed(),
        order=("begun_at", "id") if unsigned else ("-signed_at", "-id"),
        cursor=request.GET.get("cursor"),
    )
    record(request.user, "cases.read_supervision", unsigned=unsigned, rows=len(page.items))
    context = {
        "form": form,
        "page": page,
        "weeks": weeks_of(page.items),
        "unsigned": unsigned,
        "days": settings.UNSIGNED_NOTE_DAYS,
    }
    return render(request, "cases/sessions/supervision.html", context)


def filtered(notes: TherapyNoteQuerySet, form: SupervisionForm) -> TherapyNoteQuerySet:
    if centre := form.cleaned_data.get("centre"):
        notes = notes.filter(session__centre=centre)
    if therapist := form.cleaned_data.get("therapist"):
        notes = notes.filter(author=therapist)
    return notes


def weeks_of(notes: Iterable[TherapyNote]) -> list[WeekOfNotes]:
    """In the order in which they come."""
    return [
        WeekOfNotes(f"{format_date(monday)} – {format_date(monday + 6 * DAY)}", list(some))
        for monday, some in groupby(notes, key=_monday)
    ]


def _monday(note: TherapyNote) -> dt.date:
    day = timezone.localdate(note.signed_at or note.begun_at)
    return day - day.weekday() * DAY

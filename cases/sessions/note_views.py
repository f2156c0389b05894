"""A therapist's note: typed as a draft that saves itself, signed, added to; and the drafts that are not signed yet."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import StaffRequest, idempotent, scoped
from accounts.idle import brought_nothing_new
from accounts.kept import kept_as, taken_up
from accounts.models import User
from audit.services import record
from cases.assessments.views import conflict, refusal
from cases.sessions import note_forms, notes
from cases.sessions.models import Session, SessionQuerySet
from cases.sessions.moments import in_words
from cases.sessions.note_models import TherapyNote, TherapyNoteQuerySet, written_about_by
from cases.sessions.rules import SessionError, may_read_case, may_write_note
from foundation.formats import format_time
from foundation.forms import Stale
from foundation.pages import keyset_page


def _written_about(user: User) -> SessionQuerySet:
    return written_about_by(user).whole()


def _readable(user: User) -> TherapyNoteQuerySet:
    return TherapyNote.objects.readable_by(user).for_page().prefetch_related("addenda__author", "writers")


def _signed(user: User) -> TherapyNoteQuerySet:
    return TherapyNote.objects.signed_by(user).for_page()


def _led(user: User) -> SessionQuerySet:
    return Session.objects.run_by(user).whole()


def _of_groups(user: User) -> SessionQuerySet:
    return _led(user).filter(group__isnull=False)


# --- the draft ---


@scoped(session=_written_about)
@kept_as(_lazy("My note"))
@require_http_methods(["GET", "POST"])
def write_note(request: StaffRequest, session: Session) -> HttpResponse:
    """One's own draft and the summary for the coordinator; of a signed note only the summary is left to change."""
    return _write(request, session, notes.own_note(session, request.user), of_group=False)


@scoped(session=_of_groups)
@kept_as(_lazy("Note about the group"))
@require_http_methods(["GET", "POST"])
def write_group_note(request: StaffRequest, session: Session) -> HttpResponse:
    """The draft about the group as a whole, and the summary for the coordinators."""
    return _write(request, session, notes.note_of_group(session), of_group=True)


def _write(request: StaffRequest, session: Session, written: TherapyNote | None, *, of_group: bool) -> HttpResponse:
    if written and written.is_signed and request.method == "GET" and not may_write_note(session, request.user):
        return redirect(written)
    form = note_forms.WriteNoteForm(
        request.POST or None,
        initial={
            "version": notes.version_of_words(session, written),
            "note": _text(written),
            "summary": session.summary,
        },
        # What another tab has signed meanwhile: what was typed here comes back with the form.
        with_note="note" in request.POST or not (written and written.is_signed),
        with_summary=of_group == bool(session.group_id) and may_write_note(session, request.user),
        of_group=of_group,
    )
    if form.is_valid():
        try:
            notes.write_note(session, **form.words(), by=request.user, of_group=of_group)
        except Stale as stale:
            session.refresh_from_db(fields=["summary"])
            stored = {"note": _text(_written_note(request, session, of_group)), "summary": session.summary}
            form.show_conflict(stored, version=stale.version)
        except SessionError as error:
            form.add_error(None, error)
        else:
            return _after_writing(request, session, _written_note(request, session, of_group))
    if written:
        record(request.user, "cases.read_note", written, session=session.uuid)
    context = _context(request.user, session) | {"form": form, "note": written, "of_group": of_group}
    return render(request, "cases/sessions/write_note.html", context)


def _written_note(request: StaffRequest, session: Session, of_group: bool) -> TherapyNote | None:
    return notes.note_of_group(session) if of_group else notes.own_note(session, request.user)


def _after_writing(request: StaffRequest, session: Session, written: TherapyNote | None) -> HttpResponse:
    if written and not written.is_signed and request.POST.get("then") == "sign":
        return redirect("cases:sign_note", written.uuid)
    messages.success(request, _("What you wrote is saved."))
    return redirect(session) if _may_open(request.user, session) else redirect("cases:unsigned_notes")


@scoped(session=_written_about)
@idempotent
@require_POST
def autosave_note(request: StaffRequest, session: Session) -> JsonResponse:
    """The draft while it is being typed; `static/js/autosave.js` says what it sends and hears."""
    return _autosave(request, session, of_group=False)


@scoped(session=_of_groups)
@idempotent
@require_POST
def autosave_group_note(request: StaffRequest, session: Session) -> JsonResponse:
    return _autosave(request, session, of_group=True)


def _autosave(request: StaffRequest, session: Session, *, of_group: bool) -> JsonResponse:
    form = note_forms.AutosaveNoteForm(
        request.POST,
        with_note="note" in request.POST,
        with_summary="summary" in request.POST,
    )
    if not form.is_valid():
        return refusal(form)
    try:
        version = notes.write_note(session, **form.words(), by=request.user, of_group=of_group, autosave=True)
    except (Stale, SessionError) as error:
        return conflict(error)
    return _saved(request, form.cleaned_data["version"], version)


@scoped(session=_led)
@idempotent
@require_POST
def autosave_words(request: StaffRequest, session: Session) -> JsonResponse:
    """What is written on the page that settles a meeting, while it is typed; nothing else of that page."""
    of_group = session.group_id is not None
    form = note_forms.AutosaveWordsForm(request.POST, of_group=of_group)
    if not form.is_valid():
        return refusal(form)
    words, version = form.touched(), form.words_version
    if words:
        text = words.get("group_note" if of_group else "note")
        try:
            version = notes.write_note(
                session,
                text=text,
                summary=words.get("summary"),
                version=version,
                by=request.user,
                of_group=of_group,
                autosave=True,
            )
        except (Stale, SessionError) as error:
            return conflict(error)
    return _saved(request, form.words_version, version)


def _saved(request: StaffRequest, before: int, version: int) -> JsonResponse:
    if version == before:
        brought_nothing_new(request)
    return JsonResponse({"saved": format_time(timezone.now()), "version": version, "errors": {}})


# --- the note ---


@scoped(note=_readable)
@require_safe
def note(request: StaffRequest, note: TherapyNote) -> HttpResponse:
    record(request.user, "cases.read_note", note, session=note.session.uuid)
    context = _context(request.user, note.session) | {"note": note, "is_own": _is_own(request.user, note)}
    return render(request, "cases/sessions/note.html", context)


@scoped(note=_signed)
@require_http_methods(["GET", "POST"])
def sign_note(request: StaffRequest, note: TherapyNote) -> HttpResponse:
    """The note as it will stand for good, and the button that signs it."""
    if note.is_signed and request.method == "GET":
        return redirect(note)
    form = note_forms.SignNoteForm(request.POST or None, initial={"version": note.version})
    if form.is_valid():
        try:
            notes.sign_note(note, version=form.cleaned_data["version"], by=request.user)
        except Stale as stale:
            note.refresh_from_db(fields=["text"])
            form.show_conflict({}, version=stale.version)
        except SessionError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The note is signed. Nothing in it changes any more."))
            return redirect(note)
    record(request.user, "cases.read_note", note, session=note.session.uuid)
    context = _context(request.user, note.session) | {"note": note, "form": form}
    return render(request, "cases/sessions/sign_note.html", context)


@scoped(note=_signed)
@kept_as(_lazy("Addendum to a note"), takes_up=True)
@require_http_methods(["GET", "POST"])
def add_note_addendum(request: StaffRequest, note: TherapyNote) -> HttpResponse:
    if not note.is_signed and request.method == "GET":
        messages.info(request, _("This note is still a draft: change the note itself, or sign it first."))
        return redirect(note)
    initial, left = taken_up(request, request.user, {})
    form = note_forms.AddNoteAddendumForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            notes.add_note_addendum(note, **form.cleaned_data, by=request.user)
        except SessionError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The addendum is signed."))
            return redirect(note)
    context = _context(request.user, note.session) | {"note": note, "form": form, "left": left}
    return render(request, "cases/sessions/add_note_addendum.html", context)


# --- the drafts that wait ---


@scoped("cases.view_calendar", drafts=TherapyNote.objects.written_by)
@require_safe
def unsigned_notes(request: StaffRequest, drafts: TherapyNoteQuerySet) -> HttpResponse:
    """One's own drafts, the oldest first, each one step from its signature."""
    page = keyset_page(
        drafts.drafts().for_list().with_reading_right(request.user),
        order=("begun_at", "id"),
        cursor=request.GET.get("cursor"),
    )
    return render(request, "cases/sessions/unsigned_notes.html", {"page": page})


def _context(user: User, session: Session) -> dict[str, Any]:
    """What the head of each of these pages says; the family by name only to who may read its case."""
    may_read = may_read_case(session, user)
    when = in_words(session.starts_at, session.ends_at)
    may_open = may_read or _may_open(user, session)
    return {"session": session, "may_read": may_read, "may_open": may_open, "when": when}


def _may_open(user: User, session: Session) -> bool:
    """Whose meeting was given to somebody else may have kept a draft, and not the meeting's page."""
    return Session.objects.visible_to(user).filter(pk=session.pk).exists()


def _is_own(user: User, note: TherapyNote) -> bool:
    return TherapyNote.objects.signed_by(user).filter(pk=note.pk).exists()


def _text(note: TherapyNote | None) -> str:
    return note.text if note else ""

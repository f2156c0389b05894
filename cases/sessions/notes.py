"""What is written about a meeting: its therapist's note, a draft until signed, and a summary for the coordinator."""

from __future__ import annotations

from typing import cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record, record_save
from cases.sessions.models import SUMMARY_LIMIT, Session
from cases.sessions.note_models import NoteAddendum, TherapyNote
from cases.sessions.rules import NOTE_LIMIT, SessionError, may_write_note, works_at
from centres.duties import duties_of
from foundation.forms import Stale, check_version


@transaction.atomic
def write_note(
    session: Session, *, text: str | None, summary: str | None, version: int, by: User, autosave: bool = False
) -> Session:
    """Write one's draft and the meeting's summary; None leaves one as it is, the same words again are nothing.

    `version` is the session's `words_version`. A draft without a word is none and is deleted. Returns the session as
    it is now. Raises SessionError and Stale.
    """
    session = _locked(session)
    note = own_note(session, by, lock=True)
    if text is not None and text.strip() == (note.text.strip() if note else ""):
        text = None
    if summary is not None and summary.strip() == session.summary:
        summary = None
    if text is None and summary is None:
        return session
    if session.words_version != version:
        raise Stale(session.words_version)
    if text is not None:
        _write(session, note, text, by, autosave)
    if summary is not None:
        _summarise(session, summary.strip(), by, autosave)
    session.words_version += 1
    session.save(update_fields=["summary", "words_version"])
    return session


def add_words(session: Session, *, note: str, summary: str, by: User) -> None:
    """What was typed along with logging or settling a meeting, whose row is locked; it replaces nothing.

    The note stays a draft. Raises SessionError.
    """
    if note.strip():
        if own_note(session, by, lock=True):
            raise SessionError(
                _("You have already written a note about this meeting. Add this to it on its own page."),
                code="note_exists",
                field="note",
            )
        _write(session, None, note, by, autosave=False)
    if summary.strip():
        if session.summary and session.summary != summary.strip():
            raise SessionError(
                _("This meeting already has a summary. Change it on the page of your note."),
                code="summary_exists",
                field="summary",
            )
        _summarise(session, summary.strip(), by, autosave=False)
    if note.strip() or summary.strip():
        session.words_version += 1
        session.save(update_fields=["summary", "words_version"])


@transaction.atomic
def sign_note(note: TherapyNote, *, version: int, by: User) -> TherapyNote:
    """Sign one's note: nobody changes it any more, here and in the database. Raises SessionError and Stale."""
    note = _own_locked(note, by)
    _expect_draft(note)
    check_version(note, version)
    note.signed_at = timezone.now()
    note.version += 1
    note.save(update_fields=["signed_at", "version"])
    record(by, "cases.sign_note", note, session=note.session.uuid, version=note.version)
    return note


@transaction.atomic
def add_note_addendum(note: TherapyNote, *, text: str, by: User) -> NoteAddendum:
    """Add something to one's signed note, signed as well; both stay as they are for good. Raises SessionError."""
    note = _own_locked(note, by)
    if not note.is_signed:
        raise SessionError(
            _("This note is still a draft: change the note itself, or sign it first."), code="not_signed", field="text"
        )
    if not text.strip():
        raise SessionError(_("Write the addendum."), code="empty_addendum", field="text")
    _check_length(text, NOTE_LIMIT, "text")
    addendum = NoteAddendum.objects.create(note=note, text=text.strip(), author=note.author)
    record(by, "cases.add_note_addendum", addendum, note=note.uuid, session=note.session.uuid)
    return addendum


def own_note(session: Session, user: User, *, lock: bool = False) -> TherapyNote | None:
    """What this person has written about the meeting, draft or signed."""
    notes = TherapyNote.objects.filter(session=session, author=duties_of(user).staff_id)
    return (notes.select_for_update() if lock else notes).first()


def _write(session: Session, note: TherapyNote | None, text: str, by: User, autosave: bool) -> None:
    """Someone to whom the meeting belonged once may still finish the draft begun then."""
    if not may_write_note(session, by) and not (note and works_at(session.centre_id, by)):
        raise SessionError(
            _("Only the therapist who leads the meeting writes a note about it."),
            code="not_the_therapist",
            field="note",
        )
    _check_length(text, NOTE_LIMIT, "note")
    if note:
        _expect_draft(note, "note")
    if not text.strip():
        if note:
            record(by, "cases.discard_note", note, session=session.uuid, autosave=autosave)
            note.delete()
        return
    first = note is None
    if note is None:
        note = TherapyNote(session=session, author_id=cast("int", duties_of(by).staff_id))
    else:
        note.version += 1
    note.text = text
    note.save()
    record_save(
        by, "cases.write_note", note, autosave=autosave, session=session.uuid, version=note.version, first=first
    )


def _summarise(session: Session, summary: str, by: User, autosave: bool) -> None:
    if not may_write_note(session, by):
        raise SessionError(
            _("Only the therapist who leads the meeting writes its summary."),
            code="not_the_therapist",
            field="summary",
        )
    _check_length(summary, SUMMARY_LIMIT, "summary")
    session.summary = summary
    record_save(by, "cases.write_summary", session, autosave=autosave)


def _check_length(text: str, limit: int, field: str) -> None:
    if len(text) > limit:
        raise SessionError(
            _("This text may have at most %(limit)s characters; it has %(length)s."),
            code="long_text",
            field=field,
            params={"limit": limit, "length": len(text)},
        )


def _expect_draft(note: TherapyNote, field: str | None = None) -> None:
    if note.is_signed:
        raise SessionError(
            _("This note has been signed and does not change any more. Copy what you want to add into an addendum."),
            code="signed",
            field=field,
        )


def _locked(session: Session) -> Session:
    """The meeting before its note, as logging and settling lock them: two tabs make one draft."""
    return Session.objects.select_for_update(of=("self",)).get(pk=session.pk)


def _own_locked(note: TherapyNote, by: User) -> TherapyNote:
    # The meeting first, as writing does. A draft emptied in the meantime is gone.
    _locked(note.session)
    notes = TherapyNote.objects.select_for_update(of=("self",)).select_related("session", "author")
    locked = notes.filter(pk=note.pk).first()
    if locked is None:
        raise SessionError(_("This draft has been deleted in the meantime."), code="deleted")
    if not TherapyNote.objects.written_by(by).filter(pk=locked.pk).exists():
        raise SessionError(_("Only its author signs a note and adds to it."), code="not_the_author")
    return locked

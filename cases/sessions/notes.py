"""What is written about a meeting: its therapist's note, a draft until signed, and a summary for the coordinator."""

from __future__ import annotations

from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record, record_save
from cases.sessions.models import SUMMARY_LIMIT, Session
from cases.sessions.note_models import NoteAddendum, TherapyNote
from cases.sessions.rules import NOTE_LIMIT, SessionError, may_write_note, works_at
from centres.duties import duties_of
from foundation.forms import Stale, check_version
from foundation.statements import kept


@transaction.atomic
def write_note(
    session: Session,
    *,
    text: str | None,
    summary: str | None,
    version: int,
    by: User,
    of_group: bool = False,
    autosave: bool = False,
) -> int:
    """Write one's draft and the meeting's summary; None leaves one as it is, the same words again are nothing.

    `of_group` means the note about a group as a whole, which all who lead the meeting write together. `version` is
    `version_of_words`; it is returned as it is now. A draft without a word is none and is deleted. Raises SessionError
    and Stale.
    """
    session = _locked(session)
    if of_group and session.group_id is None:
        raise SessionError(_("This is no meeting of a group."), code="no_group")
    return write_words(
        session, text=text, summary=summary, version=version, by=by, of_group=of_group, autosave=autosave
    )


def write_words(
    session: Session,
    *,
    text: str | None,
    summary: str | None,
    version: int,
    by: User,
    of_group: bool = False,
    autosave: bool = False,
) -> int:
    """The rest of `write_note`, for a meeting whose row is locked."""
    note = note_of_group(session, lock=True) if of_group else own_note(session, by, lock=True)
    if text is not None and text.strip() == (note.text.strip() if note else ""):
        text = None
    if summary is not None and summary.strip() == session.summary:
        summary = None
    if text is None and summary is None:
        return version_of_words(session, note)
    if text is not None and note:
        _expect_draft(note, "note")  # before the version, which has grown with the signature
    if version_of_words(session, note) != version:
        raise Stale(version_of_words(session, note))
    if text is not None:
        note = _write(session, note, text, by, autosave, of_group=of_group)
    if summary is not None:
        _summarise(session, summary.strip(), by, autosave)
    session.save(update_fields=["summary", "words_version"])
    return version_of_words(session, note)


def version_of_words(session: Session, note: TherapyNote | None) -> int:
    """Grows with every change of this note and of the summary, and with nothing else written about the meeting."""
    return session.words_version + (note.version if note else 0)


class Words(NamedTuple):
    """What is written about a meeting, as the page that settles it asks for it."""

    texts: dict[str, str]
    version: int
    is_signed: bool


NOTHING_WRITTEN = Words({}, 1, False)


def words_of(session: Session, user: User) -> Words:
    """This person's own note and the summary; of a group's meeting the note that belongs to all who lead it.

    A roll is long: what else there is to write about a group has pages of its own.
    """
    note = note_of_group(session) if session.group_id else own_note(session, user)
    text = note.text if note else ""
    texts = {"group_note": text} if session.group_id else {"note": text, "summary": session.summary}
    return Words(texts, version_of_words(session, note), bool(note and note.is_signed))


def add_words(
    session: Session,
    *,
    note: str | None = None,
    group_note: str | None = None,
    summary: str | None = None,
    version: int = 1,
    by: User,
) -> None:
    """One of the two notes, and the summary, typed along with logging or settling a meeting whose row is locked.

    None leaves one as it is. Version 1 is that of a meeting about which nothing has been written. The note stays a
    draft. Raises SessionError and Stale.
    """
    of_group = group_note is not None
    text = group_note if of_group else note
    if text is not None or summary is not None:
        write_words(session, text=text, summary=summary, version=version, by=by, of_group=of_group)


@transaction.atomic
def sign_note(note: TherapyNote, *, version: int, by: User) -> TherapyNote:
    """Sign one's note: nobody changes it any more, here and in the database. Raises SessionError and Stale."""
    note = _own_locked(note, by)
    _expect_draft(note)
    check_version(note, version)
    note.signed_at = timezone.now()
    note.author_id = duties_of(by).staff_id or note.author_id  # of a group's note, whoever signs it answers for it
    note.version += 1
    note.save(update_fields=["signed_at", "author", "version"])
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
    author = duties_of(by).staff_id or note.author_id
    addendum = NoteAddendum.objects.create(note=note, text=text.strip(), author_id=author)
    record(by, "cases.add_note_addendum", addendum, note=note.uuid, session=note.session.uuid)
    return addendum


def own_note(session: Session, user: User, *, lock: bool = False) -> TherapyNote | None:
    """What this person has written about the meeting, draft or signed."""
    author = duties_of(user).staff_id
    return next(iter(_notes(lock, session=session.pk, author=author)), None) if author else None


def note_of_group(session: Session, *, lock: bool = False) -> TherapyNote | None:
    """What has been written about the group as a whole, by any of those who led the meeting."""
    return next(iter(_notes(lock, session=session.pk)), None)


@kept
def _notes(lock: bool, *, session: int, author: int | None = None) -> QuerySet[TherapyNote]:
    """Of this author, or of the group."""
    whose = {"is_of_group": True} if author is None else {"is_of_group": False, "author": author}
    notes = TherapyNote.objects.filter(session=session, **whose)
    return notes.select_for_update(no_key=True) if lock else notes


def _write(
    session: Session, note: TherapyNote | None, text: str, by: User, autosave: bool, *, of_group: bool
) -> TherapyNote | None:
    """Someone to whom the meeting belonged once may still finish the draft begun then."""
    had_it = note is not None and not of_group and works_at(session.centre_id, by)
    if not may_write_note(session, by) and not had_it:
        raise SessionError(
            _("Only the therapist who leads the meeting writes a note about it."),
            code="not_the_therapist",
            field="note",
        )
    _check_length(text, NOTE_LIMIT, "note")
    if not text.strip():
        if note:
            record(by, "cases.discard_note", note, session=session.uuid, autosave=autosave)
            session.words_version += note.version + 1  # so that `version_of_words` grows with this, too
            note.delete()
        return None
    first = note is None
    if note is None:
        author = duties_of(by).staff_id or session.therapist_id
        note = TherapyNote(session=session, author_id=author, is_of_group=of_group)
    else:
        note.version += 1
    note.text = text
    note.save()
    if of_group and (writer := duties_of(by).staff_id):
        note.writers.add(writer)
    record_save(
        by, "cases.write_note", note, autosave=autosave, session=session.uuid, version=note.version, first=first
    )
    return note


def _summarise(session: Session, summary: str, by: User, autosave: bool) -> None:
    if not may_write_note(session, by):
        raise SessionError(
            _("Only the therapist who leads the meeting writes its summary."),
            code="not_the_therapist",
            field="summary",
        )
    _check_length(summary, SUMMARY_LIMIT, "summary")
    session.summary = summary
    session.words_version += 1
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
    return Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)


def _own_locked(note: TherapyNote, by: User) -> TherapyNote:
    # The meeting first, as writing does. A draft emptied in the meantime is gone.
    _locked(note.session)
    notes = TherapyNote.objects.select_for_update(of=("self",), no_key=True).select_related("session", "author")
    locked = notes.filter(pk=note.pk).first()
    if locked is None:
        raise SessionError(_("This draft has been deleted in the meantime."), code="deleted")
    if not TherapyNote.objects.signed_by(by).filter(pk=locked.pk).exists():
        raise SessionError(_("Only its author signs a note and adds to it."), code="not_the_author")
    return locked

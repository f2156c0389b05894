"""A signed note is read-only, for its author and in the database."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.sessions.models import Session
from cases.sessions.note_models import NoteAddendum, TherapyNote
from cases.sessions.notes import add_note_addendum, own_note, sign_note, version_of_words, write_note
from cases.sessions.rules import SessionError
from foundation.fields import reencrypt
from foundation.forms import Stale


@pytest.fixture
def note(held, piotr):
    write_note(held, text="Treść notatki.", summary=None, version=1, by=piotr.user)
    return TherapyNote.objects.get()


@pytest.fixture
def signed(note, piotr):
    return sign_note(note, version=note.version, by=piotr.user)


def url_of(note):
    return reverse("cases:sign_note", args=[note.uuid])


def test_it_is_signed_now_and_on_record_without_its_words(signed, piotr):
    assert signed.signed_at == timezone.now()
    entry = AuditEntry.objects.get(action="cases.sign_note")
    assert (entry.actor, entry.object_uuid) == (piotr.user, signed.uuid)
    assert "Treść" not in str(entry.details)


def test_nobody_signs_another_s_note(note, anna, marek, clara, sign_in):
    for other in (anna, marek, clara):
        with pytest.raises(SessionError) as error:
            sign_note(note, version=note.version, by=other.user)
        assert error.value.code == "not_the_author"
        assert sign_in(other).get(url_of(note)).status_code == 404


def test_a_draft_that_has_changed_is_not_signed_unread(note, held, piotr):
    write_note(held, text="Inna treść.", summary=None, version=2, by=piotr.user)
    with pytest.raises(Stale):
        sign_note(note, version=note.version, by=piotr.user)


def test_it_is_signed_once(signed, piotr):
    with pytest.raises(SessionError) as error:
        sign_note(signed, version=signed.version, by=piotr.user)
    assert error.value.code == "signed"


def test_a_deleted_draft_is_not_signed(note, held, piotr):
    write_note(held, text="", summary=None, version=2, by=piotr.user)
    with pytest.raises(SessionError) as error:
        sign_note(note, version=note.version, by=piotr.user)
    assert error.value.code == "deleted"


def test_no_service_changes_it(signed, held, piotr):
    for text in ("Zmieniona.", ""):
        with pytest.raises(SessionError) as error:
            write_note(held, text=text, summary=None, version=2, by=piotr.user)
        assert error.value.code == "signed"


# --- in the database ---


@pytest.mark.parametrize("what", ["note", "addendum"])
def test_the_database_refuses_to_change_any_column(signed, piotr, what):
    row = signed if what == "note" else add_note_addendum(signed, text="Uzupełnienie.", by=piotr.user)
    for field in row._meta.concrete_fields:
        if field.primary_key:
            continue
        others: dict[str, Any] = {
            "DateTimeField": timezone.now() + dt.timedelta(days=9),
            "UUIDField": uuid.uuid4(),
            "TextField": "v1:00000000:xx",
            "BooleanField": True,
        }
        kind = field.get_internal_type()
        value = others[kind] if kind in others else getattr(row, field.attname) + 1
        value = value if field.name == "text" else field.get_db_prep_save(value, connection)
        with pytest.raises(IntegrityError, match="read-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'UPDATE {row._meta.db_table} SET "{field.column}" = %s WHERE id = %s', [value, row.pk])  # noqa: S608 - our own names


def test_the_database_takes_no_signature_back(signed):
    with pytest.raises(IntegrityError, match="read-only"), transaction.atomic():
        TherapyNote.objects.update(signed_at=None)


def test_a_new_key_may_renew_what_is_encrypted(signed, piotr, settings):
    addendum = add_note_addendum(signed, text="Uzupełnienie.", by=piotr.user)
    settings.FIELD_KEYS = ["bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleSE=", *settings.FIELD_KEYS]
    assert reencrypt(signed, "text")
    assert reencrypt(addendum, "text")
    assert TherapyNote.objects.get().text == "Treść notatki."
    assert NoteAddendum.objects.get().text == "Uzupełnienie."


def test_a_draft_beside_it_can_be_changed(signed, unresolved, piotr):
    write_note(unresolved, text="Szkic.", summary=None, version=1, by=piotr.user)
    write_note(unresolved, text="Szkic, dalej.", summary=None, version=2, by=piotr.user)
    assert TherapyNote.objects.drafts().get().text == "Szkic, dalej."


# --- the page ---


def test_the_page_shows_the_note_and_signs_it(note, piotr, sign_in):
    browser = sign_in(piotr)
    page = browser.get(url_of(note))
    assert "Treść notatki." in page.content.decode()
    assert AuditEntry.objects.latest("id").action == "cases.read_note"
    answer = browser.post(url_of(note), {"version": note.version, "once": str(uuid.uuid4())})
    assert answer.url == note.get_absolute_url()
    assert "podpisana" in browser.get(note.get_absolute_url()).content.decode()
    assert browser.get(url_of(note)).url == note.get_absolute_url()


def test_a_draft_that_has_changed_is_shown_before_it_is_signed(note, held, piotr, sign_in):
    write_note(held, text="Nowa treść.", summary=None, version=2, by=piotr.user)
    answer = sign_in(piotr).post(url_of(note), {"version": note.version, "once": str(uuid.uuid4())})
    assert answer.status_code == 200
    assert "Nowa treść." in answer.content.decode()
    assert not TherapyNote.objects.get().is_signed


# --- at the same moment ---


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_saving_and_signing_at_once_sign_what_is_stored(note, held, piotr):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")

    def save(number: int) -> None:
        try:
            now = Session.objects.get(pk=held.pk)
            version = version_of_words(now, own_note(now, piotr.user))
            write_note(now, text=f"Zapis {number}", summary=None, version=version, by=piotr.user, autosave=True)
        except (SessionError, Stale):
            pass
        finally:
            connection.close()

    def sign(number: int) -> str:
        try:
            now = TherapyNote.objects.get(pk=note.pk)
            seen: str = now.text
            sign_note(now, version=now.version, by=piotr.user)
            return seen
        except (SessionError, Stale):
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda n: sign(n) if n % 3 == 2 else save(n), range(24)))

    final = TherapyNote.objects.get()
    if not final.is_signed:  # every signature came too late for the text it had seen
        assert not any(seen)
        return
    assert [text for text in seen if text] == [final.text]
    assert AuditEntry.objects.filter(action="cases.sign_note").count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_begin_at_once_make_one_draft(held, piotr):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")

    def begin(number: int) -> str:
        try:
            write_note(held, text=f"Karta {number}", summary=None, version=1, by=piotr.user, autosave=True)
            return f"Karta {number}"
        except Stale:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        saved = [text for text in pool.map(begin, range(16)) if text]

    assert saved == [TherapyNote.objects.get().text]

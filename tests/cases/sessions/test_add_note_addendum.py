"""What an author adds to a signed note stands beside it for good."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.sessions.note_models import NoteAddendum, TherapyNote
from cases.sessions.notes import add_note_addendum, sign_note, write_note
from cases.sessions.rules import SessionError


@pytest.fixture
def note(held, piotr):
    write_note(held, text="Treść notatki.", summary=None, version=1, by=piotr.user)
    return TherapyNote.objects.get()


@pytest.fixture
def signed(note, piotr):
    return sign_note(note, version=note.version, by=piotr.user)


def url_of(note):
    return reverse("cases:add_note_addendum", args=[note.uuid])


def test_it_is_signed_encrypted_and_on_record_without_its_words(signed, piotr):
    addendum = add_note_addendum(signed, text="Sprostowanie daty.", by=piotr.user)
    assert (addendum.author, addendum.text) == (piotr, "Sprostowanie daty.")
    assert "Sprostowanie" not in str(NoteAddendum.objects.values_list("text", flat=True).get())
    entry = AuditEntry.objects.get(action="cases.add_note_addendum")
    assert "Sprostowanie" not in str(entry.details)


def test_a_draft_has_none(note, piotr, sign_in):
    with pytest.raises(SessionError) as error:
        add_note_addendum(note, text="Za wcześnie.", by=piotr.user)
    assert error.value.code == "not_signed"
    assert sign_in(piotr).get(url_of(note)).url == note.get_absolute_url()


@pytest.mark.parametrize(("text", "code"), [("  ", "empty_addendum"), ("x" * 20_001, "long_text")])
def test_nothing_and_too_much_are_refused(signed, piotr, text, code):
    with pytest.raises(SessionError) as error:
        add_note_addendum(signed, text=text, by=piotr.user)
    assert error.value.code == code


def test_only_the_author_adds(signed, anna, clara, sign_in):
    for other in (anna, clara):
        with pytest.raises(SessionError) as error:
            add_note_addendum(signed, text="Obce.", by=other.user)
        assert error.value.code == "not_the_author"
        assert sign_in(other).get(url_of(signed)).status_code == 404


def test_the_page_adds_it_and_author_and_clinical_lead_read_it(signed, held, piotr, clara, anna, sign_in):
    answer = sign_in(piotr).post(url_of(signed), {"text": "Dopisane później.", "once": str(uuid.uuid4())})
    assert answer.url == signed.get_absolute_url()
    for reader in (piotr, clara):
        assert "Dopisane później." in sign_in(reader).get(signed.get_absolute_url()).content.decode()
        assert "Dopisane później." in sign_in(reader).get(held.get_absolute_url()).content.decode()
    assert "Dopisane później." not in sign_in(anna).get(held.get_absolute_url()).content.decode()

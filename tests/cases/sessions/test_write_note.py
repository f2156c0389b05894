from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.sessions.models import TherapyNote
from cases.sessions.services import SessionError, write_note
from centres.models import RoleAssignment
from tests.cases.sessions.conftest import fields_of

SECRET = "Powiedziała, że boi się wracać do domu."


@pytest.fixture
def note(held, piotr):
    return write_note(held, text=SECRET, version=1, by=piotr.user)


def url_of(session):
    return reverse("cases:write_note", args=[session.uuid])


def test_a_note_is_changed_and_not_doubled(note, held, piotr):
    write_note(held, text="Inaczej.", version=2, by=piotr.user)
    again = TherapyNote.objects.get()
    assert (again.text, again.version) == ("Inaczej.", 2)


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_note_is_none(held, piotr, text):
    with pytest.raises(SessionError) as error:
        write_note(held, text=text, version=1, by=piotr.user)
    assert error.value.code == "empty_note"


def test_nobody_else_writes(held, anna, marek, clara):
    for other in (anna, marek, clara):
        with pytest.raises(SessionError) as error:
            write_note(held, text="x", version=1, by=other.user)
        assert error.value.code == "not_the_therapist"


def test_its_author_and_the_clinical_lead_read_it_and_each_reading_is_on_record(sign_in, note, held, piotr, clara):
    for reader in (piotr, clara):
        assert SECRET in sign_in(reader).get(held.get_absolute_url()).content.decode()
        entry = AuditEntry.objects.filter(action="cases.read_note").latest("id")
        assert (entry.actor, entry.object_uuid) == (reader.user, note.uuid)
        assert "boi" not in str(entry.details)


def test_coordinator_and_head_see_who_was_there_and_no_word_of_the_note(sign_in, note, held, anna, marek):
    for other in (anna, marek):
        page = sign_in(other).get(held.get_absolute_url()).content.decode()
        assert "Maria Przykładowa" in page
        assert SECRET not in page
        assert "Notatka terapeuty" not in page
        assert sign_in(other).get(url_of(held)).status_code == 404
    assert not AuditEntry.objects.filter(action="cases.read_note").exists()


def test_who_no_longer_works_at_the_centre_reads_nothing_there(sign_in, note, held, piotr):
    RoleAssignment.objects.filter(user=piotr.user).update(to_on="2026-11-21")
    browser = sign_in(piotr)
    assert browser.get(held.get_absolute_url()).status_code == 404
    assert browser.get(url_of(held)).status_code == 404
    piotr.user.__dict__.pop("_duties", None)
    assert not TherapyNote.objects.readable_by(piotr.user).exists()


def test_the_page_shows_the_note_to_its_author_for_changing(sign_in, note, held, piotr):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    assert data["note"] == SECRET
    assert AuditEntry.objects.latest("id").action == "cases.read_note"
    assert browser.post(url_of(held), data | {"note": "Nowa wersja."}).status_code == 302
    assert TherapyNote.objects.get().text == "Nowa wersja."


def test_two_windows_lose_no_text(sign_in, note, held, piotr):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    write_note(held, text="Z drugiego okna.", version=2, by=piotr.user)
    page = browser.post(url_of(held), data | {"note": "Z pierwszego okna."}).content.decode()
    assert "Z pierwszego okna." in page
    assert "Z drugiego okna." in page


def test_too_long_a_note_is_kept_in_the_form(sign_in, held, piotr):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    answer = browser.post(url_of(held), data | {"note": "ż" * 20_001})
    assert "20001" in str(answer.context["form"].errors["note"])
    assert "ż" * 20_001 in answer.content.decode()


def test_nothing_a_note_says_reaches_a_log(caplog, sign_in, held, piotr):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    browser.post(url_of(held), data | {"note": SECRET})
    browser.get(held.get_absolute_url())
    assert "boi" not in caplog.text
    assert not any("boi" in str(entry.details) for entry in AuditEntry.objects.all())

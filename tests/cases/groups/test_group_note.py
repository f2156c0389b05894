"""The note about a group stands apart from each therapist's own note (D1)."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from cases.sessions.note_models import TherapyNote
from cases.sessions.notes import (
    add_note_addendum,
    note_of_group,
    own_note,
    sign_note,
    version_of_words,
    write_note,
)
from cases.sessions.rules import SessionError
from foundation.forms import Stale
from tests.cases.groups.conftest import meetings_of
from tests.cases.sessions.conftest import fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def meeting(group):
    return meetings_of(group)[0]


def groups(meeting) -> TherapyNote:
    """The note about the group, which is there."""
    note = note_of_group(meeting)
    assert note is not None
    return note


def write(meeting, staff, text, **more):
    meeting.refresh_from_db()
    written = note_of_group(meeting) if more.get("of_group") else own_note(meeting, staff.user)
    arguments = {"summary": None, "version": version_of_words(meeting, written)} | more
    return write_note(meeting, text=text, by=staff.user, **arguments)


def test_both_who_lead_write_one_note_about_the_group_and_one_each_of_their_own(meeting, piotr, basia):
    write(meeting, piotr, "Grupa się docierała.", of_group=True)
    write(meeting, basia, "Grupa się docierała. Ćwiczyliśmy odmawianie.", of_group=True)
    write(meeting, piotr, "Moje.")
    write(meeting, basia, "Jej.")
    assert {note.text for note in TherapyNote.objects.all()} == {
        "Grupa się docierała. Ćwiczyliśmy odmawianie.",
        "Moje.",
        "Jej.",
    }


def test_each_reads_the_group_s_note_and_their_own(meeting, piotr, basia, anna, marek, clara):
    write(meeting, piotr, "O grupie.", of_group=True)
    write(meeting, piotr, "Piotra.")
    write(meeting, basia, "Basi.")

    def read(staff):
        return {note.text for note in meeting.notes.readable_by(staff.user)}

    assert read(piotr) == {"O grupie.", "Piotra."}
    assert read(basia) == {"O grupie.", "Basi."}
    assert read(clara) == {"O grupie.", "Piotra.", "Basi."}
    assert read(anna) == read(marek) == set()


def test_two_who_type_their_own_notes_do_not_overtake_each_other(meeting, piotr, basia):
    mine, hers = 1, 1
    for number in range(3):
        mine = write_note(meeting, text=f"Piotra {number}", summary=None, version=mine, by=piotr.user)
        hers = write_note(meeting, text=f"Basi {number}", summary=None, version=hers, by=basia.user)
    assert {note.text for note in TherapyNote.objects.all()} == {"Piotra 2", "Basi 2"}


def test_two_who_type_the_group_s_note_at_once_are_told(meeting, piotr, basia):
    write(meeting, piotr, "Pierwsza.", of_group=True)
    with pytest.raises(Stale):
        write(meeting, basia, "Druga.", of_group=True, version=1)
    assert groups(meeting).text == "Pierwsza."


def test_whoever_of_them_signs_answers_for_it(meeting, piotr, basia):
    write(meeting, piotr, "O grupie.", of_group=True)
    note = sign_note(groups(meeting), version=1, by=basia.user)
    assert note.author == basia
    assert add_note_addendum(note, text="Uzupełnienie.", by=piotr.user).author == piotr


def test_a_signed_note_of_the_group_does_not_change(meeting, piotr, basia):
    write(meeting, piotr, "O grupie.", of_group=True)
    sign_note(groups(meeting), version=1, by=piotr.user)
    with pytest.raises(SessionError) as error:
        write(meeting, basia, "Inaczej.", of_group=True)
    assert error.value.code == "signed"


def test_nobody_else_writes_or_signs_it(meeting, piotr, anna, marek, clara, ewa):
    write(meeting, piotr, "O grupie.", of_group=True)
    note = groups(meeting)
    for other in (anna, marek, clara, ewa):
        with pytest.raises(SessionError):
            write(meeting, other, "x", of_group=True)
        with pytest.raises(SessionError):
            sign_note(note, version=1, by=other.user)


def test_a_family_s_meeting_has_no_such_note(annas_case, piotr, book):
    with pytest.raises(SessionError) as error:
        write(book(), piotr, "x", of_group=True)
    assert error.value.code == "no_group"


def test_the_database_keeps_one_of_them(meeting, piotr, basia):
    write(meeting, piotr, "O grupie.", of_group=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        TherapyNote.objects.create(session=meeting, author=basia, is_of_group=True, text="Druga.")


def test_it_names_everybody_who_wrote_in_it_and_who_signed(sign_in, meeting, piotr, basia, clara):
    write(meeting, piotr, "O grupie.", of_group=True)
    write(meeting, basia, "O grupie, więcej.", of_group=True)
    sign_note(groups(meeting), version=groups(meeting).version, by=basia.user)
    for reader, page in ((clara, groups(meeting)), (piotr, meeting)):
        said = " ".join(sign_in(reader).get(page.get_absolute_url()).content.decode().split())
        assert "Tekst: Basia Druga, Piotr Próbny" in said
        assert "Podpis: Basia Druga," in said


def test_who_only_signs_is_not_said_to_have_written(meeting, piotr, basia):
    write(meeting, piotr, "O grupie.", of_group=True)
    note = sign_note(groups(meeting), version=1, by=basia.user)
    assert (note.written_by, note.author) == ("Piotr Próbny", basia)


def test_the_database_adds_nobody_to_those_who_wrote_a_signed_note(meeting, piotr, basia):
    write(meeting, piotr, "O grupie.", of_group=True)
    note = sign_note(groups(meeting), version=1, by=piotr.user)
    with pytest.raises(DatabaseError), transaction.atomic():
        note.writers.add(basia)
    assert note.written_by == "Piotr Próbny"


def test_nobody_is_told_that_a_note_signed_by_somebody_else_is_theirs(sign_in, meeting, piotr, basia):
    write(meeting, piotr, "O grupie.", of_group=True)
    sign_note(groups(meeting), version=1, by=piotr.user)
    page = sign_in(basia).get(reverse("cases:write_group_note", args=[meeting.uuid])).content.decode()
    assert "Twoja notatka" not in page
    assert "Notatka o grupie jest podpisana (Piotr Próbny)" in page


# --- the pages ---


def test_the_page_saves_the_note_and_the_summary_for_the_coordinators(sign_in, basia, meeting):
    browser, url = sign_in(basia), reverse("cases:write_group_note", args=[meeting.uuid])
    data = fields_of(browser.get(url).context["form"])
    browser.post(url, data | {"note": "Spokojnie.", "summary": "Ćwiczono odmawianie."})
    meeting.refresh_from_db()
    assert (groups(meeting).text, meeting.summary) == ("Spokojnie.", "Ćwiczono odmawianie.")


def test_it_saves_itself_while_it_is_typed(sign_in, basia, meeting):
    url = reverse("cases:autosave_group_note", args=[meeting.uuid])
    answer = sign_in(basia).post(url, {"note": "W trakcie", "version": 1})
    assert answer.json()["version"] == 2
    assert groups(meeting).text == "W trakcie"


def test_the_own_note_s_page_asks_for_no_summary(sign_in, piotr, meeting):
    form = sign_in(piotr).get(reverse("cases:write_note", args=[meeting.uuid])).context["form"]
    assert "summary" not in form.fields


def test_the_meeting_leads_to_both_and_shows_no_words_to_a_coordinator(sign_in, meeting, piotr, anna):
    write(meeting, piotr, "O grupie i tylko o niej.", of_group=True)
    assert "O grupie i tylko o niej." in sign_in(piotr).get(meeting.get_absolute_url()).content.decode()
    assert "O grupie i tylko o niej." not in sign_in(anna).get(meeting.get_absolute_url()).content.decode()


def test_the_supervision_of_the_clinical_lead_lists_it(sign_in, meeting, piotr, clara):
    write(meeting, piotr, "O grupie.", of_group=True)
    sign_note(groups(meeting), version=1, by=piotr.user)
    page = sign_in(clara).get(reverse("cases:supervision"))
    assert page.status_code == 200
    assert "TUS młodsi" in page.content.decode()

"""The draft of a note and the summary for the coordinator: who writes, who reads, and that nothing is lost."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.sessions.models import Session
from cases.sessions.note_models import TherapyNote
from cases.sessions.notes import own_note, sign_note, version_of_words, write_note
from cases.sessions.rules import SessionError
from cases.sessions.services import edit_session
from centres.models import Role, RoleAssignment
from foundation.forms import Stale
from tests.cases.sessions.conftest import at, fields_of

SECRET = "Powiedziała, że boi się wracać do domu."


def write(session, staff, text=None, summary=None, **more):
    session.refresh_from_db()
    arguments = {"version": version_of_words(session, own_note(session, staff.user))} | more
    return write_note(session, text=text, summary=summary, by=staff.user, **arguments)


@pytest.fixture
def note(held, piotr):
    write(held, piotr, SECRET)
    return TherapyNote.objects.get()


def url_of(session):
    return reverse("cases:write_note", args=[session.uuid])


def test_a_note_is_a_draft_that_is_changed_and_not_doubled(note, held, piotr):
    write(held, piotr, "Inaczej.")
    again = TherapyNote.objects.get()
    assert (again.text, again.begun_at, again.signed_at) == ("Inaczej.", note.begun_at, None)


def test_the_same_words_again_are_nothing_whatever_their_version(note, held, piotr):
    before = version_of_words(Session.objects.get(pk=held.pk), note)
    assert write(held, piotr, SECRET, version=1) == before


def test_other_words_with_an_older_version_are_refused(note, held, piotr):
    with pytest.raises(Stale):
        write(held, piotr, "Z innej karty.", version=1)
    assert TherapyNote.objects.get().text == SECRET


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_draft_without_a_word_is_none(note, held, piotr, text):
    write(held, piotr, text)
    assert not TherapyNote.objects.exists()
    assert AuditEntry.objects.filter(action="cases.discard_note", object_uuid=note.uuid).exists()


def test_a_page_of_a_draft_since_deleted_overwrites_nothing(note, held, piotr):
    version = version_of_words(Session.objects.get(pk=held.pk), note)
    write(held, piotr, "")
    write(held, piotr, "Od nowa.")
    with pytest.raises(Stale):
        write(held, piotr, "Stara karta.", version=version)


def test_nobody_else_writes_a_note_or_a_summary(held, anna, marek, clara):
    for other in (anna, marek, clara):
        for words in ({"text": "x"}, {"summary": "x"}):
            with pytest.raises(SessionError) as error:
                write(held, other, **words)
            assert error.value.code == "not_the_therapist"


def test_it_takes_nobody_s_turn_who_moves_the_meeting(note, held, anna):
    opened = held.version
    write(held, note.author, "Jeszcze zdanie.")
    assert Session.objects.get(pk=held.pk).version == opened


# --- the summary ---


def test_the_summary_is_kept_apart_from_the_note(held, piotr):
    write(held, piotr, SECRET, "Praca nad codziennością.")
    held.refresh_from_db()
    assert held.summary == "Praca nad codziennością."
    write(held, piotr, summary="")
    held.refresh_from_db()
    assert (held.summary, TherapyNote.objects.get().text) == ("", SECRET)


def test_the_summary_is_short_and_unreadable_in_the_database(held, piotr):
    with pytest.raises(SessionError) as error:
        write(held, piotr, summary="ż" * 501)
    assert error.value.code == "long_text"
    write(held, piotr, summary="ż" * 500)
    assert "ż" not in str(Session.objects.values_list("summary", flat=True).get(pk=held.pk))


def test_coordinator_and_head_see_who_was_there_and_the_summary_and_no_word_of_the_note(
    sign_in, note, held, anna, marek, annas_case
):
    write(held, note.author, summary="Widać postęp.")
    for other in (anna, marek):
        browser = sign_in(other)
        page = browser.get(held.get_absolute_url()).content.decode()
        listed = browser.get(reverse("cases:case_sessions", args=[annas_case.uuid])).content.decode()
        assert "Maria Przykładowa" in page
        assert "Widać postęp." in page
        assert "Widać postęp." in listed
        assert SECRET not in page + listed
        assert "Notatka terapeuty" not in page
        assert browser.get(url_of(held)).status_code == 404
        assert browser.get(note.get_absolute_url()).status_code == 404
    assert not AuditEntry.objects.filter(action="cases.read_note").exists()


def test_a_list_of_meetings_does_not_load_what_it_does_not_show(held, piotr):
    assert "summary" in Session.objects.for_list().get(pk=held.pk).get_deferred_fields()


def test_a_note_and_a_summary_typed_while_logging_stay_a_draft(book, piotr):
    session = book(starts_at=at("2026-11-20", "09:00"), status="held", note="Krótko.", summary="W porządku.")
    note = TherapyNote.objects.get(session=session)
    assert (note.is_signed, note.text, session.summary) == (False, "Krótko.", "W porządku.")


# --- who reads ---


def test_its_author_and_the_clinical_lead_read_it_and_each_reading_is_on_record(sign_in, note, held, piotr, clara):
    for reader in (piotr, clara):
        for url in (held.get_absolute_url(), note.get_absolute_url()):
            assert SECRET in sign_in(reader).get(url).content.decode()
            entry = AuditEntry.objects.filter(action="cases.read_note").latest("id")
            assert (entry.actor, entry.object_uuid) == (reader.user, note.uuid)
            assert "boi" not in str(entry.details)


def test_another_therapist_of_the_care_team_finds_no_note(sign_in, note, make_staff, wodna, annas_case):
    other = make_staff("Tomasz", "Drugi", Role.THERAPIST, centre=wodna)
    annas_case.care_team.create(staff=other, from_on="2026-11-01")
    page = sign_in(other).get(note.session.get_absolute_url()).content.decode()
    assert SECRET not in page
    assert sign_in(other).get(note.get_absolute_url()).status_code == 404


def test_who_no_longer_works_at_the_centre_reads_nothing_there(sign_in, note, held, piotr):
    RoleAssignment.objects.filter(user=piotr.user).update(to_on="2026-11-21")
    browser = sign_in(piotr)
    for url in (held.get_absolute_url(), url_of(held), note.get_absolute_url()):
        assert browser.get(url).status_code == 404
    piotr.user.__dict__.pop("_duties", None)
    assert not TherapyNote.objects.readable_by(piotr.user).exists()


def test_who_gave_the_meeting_away_finishes_the_draft_and_leaves_the_summary(
    sign_in, note, held, piotr, anna, make_staff, wodna
):
    other = make_staff("Tomasz", "Drugi", Role.THERAPIST, centre=wodna)
    edit_session(
        held,
        service=held.service,
        therapist=other,
        room=held.room,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        version=held.version,
        by=anna.user,
    )
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    assert "summary" not in data
    assert browser.post(url_of(held), data | {"note": "Dokończone."}).status_code == 302
    assert TherapyNote.objects.get().text == "Dokończone."
    with pytest.raises(SessionError):
        write(held, piotr, summary="x")


# --- the page ---


def test_the_page_shows_the_draft_to_its_author_for_changing(sign_in, note, held, piotr):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    assert data["note"] == SECRET
    assert AuditEntry.objects.latest("id").action == "cases.read_note"
    assert browser.post(url_of(held), data | {"note": "Nowa wersja."}).url == held.get_absolute_url()
    assert TherapyNote.objects.get().text == "Nowa wersja."


def test_the_second_button_leads_on_to_the_signature(sign_in, held, piotr):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    answer = browser.post(url_of(held), data | {"note": "Nowa.", "then": "sign"})
    assert answer.url == reverse("cases:sign_note", args=[TherapyNote.objects.get().uuid])


def test_two_windows_lose_no_text(sign_in, note, held, piotr):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    write(held, piotr, "Z drugiego okna.", "Podsumowanie z drugiego okna.")
    answer = browser.post(url_of(held), data | {"note": "Z pierwszego okna."})
    page = answer.content.decode()
    for text in ("Z pierwszego okna.", "Z drugiego okna.", "Podsumowanie z drugiego okna."):
        assert text in page
    again = fields_of(answer.context["form"])
    assert browser.post(url_of(held), again).status_code == 302
    assert TherapyNote.objects.get().text == "Z pierwszego okna."


def test_what_is_typed_after_the_signature_in_another_tab_comes_back(sign_in, note, held, piotr):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    sign_note(note, version=note.version, by=piotr.user)
    page = browser.post(url_of(held), data | {"note": "Jeszcze jedno zdanie."}).content.decode()
    assert "Jeszcze jedno zdanie." in page
    assert "jest już podpisana" in page
    assert TherapyNote.objects.get().text == SECRET


def test_of_a_signed_note_only_the_summary_is_left_to_change(sign_in, note, held, piotr):
    sign_note(note, version=note.version, by=piotr.user)
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    assert "note" not in data
    browser.post(url_of(held), data | {"summary": "Dopisane po podpisaniu."})
    held.refresh_from_db()
    assert held.summary == "Dopisane po podpisaniu."


def test_too_long_a_note_is_kept_in_the_form(sign_in, held, piotr):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    answer = browser.post(url_of(held), data | {"note": "ż" * 20_001})
    assert "20001" in str(answer.context["form"].errors["note"])
    assert "ż" * 20_001 in answer.content.decode()


@pytest.mark.parametrize("version", ["", "-1", "0", "x", "9" * 30])
def test_a_form_without_its_version_saves_nothing_and_says_so(sign_in, held, piotr, version):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    answer = browser.post(url_of(held), data | {"note": "Tekst", "version": version})
    assert answer.status_code == 200
    assert "Tekst" in answer.content.decode()
    assert not TherapyNote.objects.exists()


def test_settling_a_meeting_never_overwrites_a_draft_begun_meanwhile(sign_in, unresolved, piotr):
    browser = sign_in(piotr)
    url = reverse("cases:resolve_session", args=[unresolved.uuid])
    data = fields_of(browser.get(f"{url}?status=held").context["form"])
    write(unresolved, piotr, "Zaczęte w innej karcie.")
    page = browser.post(url, data | {"note": "Wpisane przy rozliczaniu."}).content.decode()
    assert "Wpisane przy rozliczaniu." in page
    assert "W międzyczasie zapisano: Zaczęte w innej karcie." in page
    assert TherapyNote.objects.get().text == "Zaczęte w innej karcie."
    assert browser.post(url, data | {"note": ""}).status_code == 302
    assert TherapyNote.objects.get().text == "Zaczęte w innej karcie."


def test_nothing_a_note_says_reaches_a_log(caplog, sign_in, held, piotr):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(held)).context["form"])
    browser.post(url_of(held), data | {"note": SECRET, "summary": SECRET})
    browser.get(held.get_absolute_url())
    assert "boi" not in caplog.text
    assert not any("boi" in str(entry.details) for entry in AuditEntry.objects.all())

"""A note is saved while it is typed, and never over other words."""

from __future__ import annotations

import time_machine
from django.urls import reverse

from audit.models import AuditEntry
from cases.sessions.models import Session
from cases.sessions.note_models import TherapyNote
from cases.sessions.notes import sign_note, write_note
from tests.cases.sessions.conftest import at


def url_of(session):
    return reverse("cases:autosave_note", args=[session.uuid])


def typed(note, summary="", version=1):
    return {"note": note, "summary": summary, "version": version}


def test_it_saves_note_and_summary_and_says_the_next_version(held, piotr, sign_in):
    answer = sign_in(piotr).post(url_of(held), typed("W trakcie", "Krótko"))
    assert (answer.status_code, answer.json()["version"]) == (200, 3)  # one for each
    assert (TherapyNote.objects.get().text, Session.objects.get(pk=held.pk).summary) == ("W trakcie", "Krótko")


def test_nothing_typed_makes_no_note(held, piotr, sign_in):
    answer = sign_in(piotr).post(url_of(held), typed("  "))
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert not TherapyNote.objects.exists()


def test_an_older_version_or_none_is_refused(held, piotr, sign_in):
    browser = sign_in(piotr)
    browser.post(url_of(held), typed("Nowsze"))
    assert browser.post(url_of(held), typed("Starsze")).status_code == 409
    assert browser.post(url_of(held), {"note": "Bez wersji"}).status_code == 400
    assert "note" in browser.post(url_of(held), typed("x" * 20_001, version=2)).json()["errors"]
    assert "summary" in browser.post(url_of(held), typed("Nowsze", "x" * 501, version=2)).json()["errors"]
    assert TherapyNote.objects.get().text == "Nowsze"


def test_a_signed_note_refuses_it_in_words(held, piotr, sign_in):
    write_note(held, text="Gotowe", summary=None, version=1, by=piotr.user)
    note = TherapyNote.objects.get()
    sign_note(note, version=note.version, by=piotr.user)
    answer = sign_in(piotr).post(url_of(held), typed("Za późno", version=2))
    assert answer.status_code == 409
    assert "podpisana" in answer.json()["message"]


def test_of_a_person_s_autosaves_the_first_in_every_hour_is_on_record(held, piotr, sign_in):
    version = 1
    for time in ("12:00", "12:01", "12:59", "13:01"):
        with time_machine.travel(at("2026-11-22", time), tick=False):
            version = sign_in(piotr).post(url_of(held), typed(f"O {time}", version=version)).json()["version"]
    entries = AuditEntry.objects.filter(action="cases.write_note").order_by("id")
    assert [entry.details["autosave"] for entry in entries] == [True, True]
    assert not any("12:0" in str(entry.details) for entry in entries)


def test_others_do_not_find_it(held, anna, marek, ewa, clara, sign_in):
    for who in (anna, marek, ewa, clara):
        assert sign_in(who).post(url_of(held), typed("x")).status_code == 404
    assert not TherapyNote.objects.exists()


def test_only_what_is_new_is_a_sign_that_somebody_is_there(held, piotr, sign_in):
    browser, autosave = sign_in(piotr), {"X-Autosave": "1"}
    with time_machine.travel(at("2026-11-22", "12:00"), tick=False) as clock:
        browser.get("/today/")
        clock.shift(600)
        version = browser.post(url_of(held), typed("Nowe"), headers=autosave).json()["version"]
        clock.shift(600)
        assert browser.post(url_of(held), typed("Nowe", version=version), headers=autosave).status_code == 200
        assert browser.get("/accounts/idle/").json()["seconds_left"] == 300

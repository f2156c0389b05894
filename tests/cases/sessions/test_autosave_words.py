"""What is written on the page that settles a meeting is saved while it is typed, apart from the rest of that page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.sessions.models import Session
from cases.sessions.note_models import TherapyNote
from cases.sessions.notes import own_note, sign_note, write_note
from tests.cases.sessions.conftest import fields_of

LONG = "Zażółć gęślą jaźń. " * 300  # more than 5 000 characters


def url_of(session):
    return reverse("cases:autosave_words", args=[session.uuid])


def page_of(session):
    return reverse("cases:resolve_session", args=[session.uuid])


class Typing:
    """A browser with the page open: what it sends with some texts in it, and what it is answered."""

    def __init__(self, browser: Client, session: Session) -> None:
        self.browser, self.session = browser, session
        self.data = fields_of(browser.get(page_of(session)).context["form"])

    def __call__(self, **texts: str) -> Any:
        answer = self.browser.post(url_of(self.session), self.data | texts)
        self.data.update(texts)
        if answer.status_code == 200:
            self.data["words_version"] = str(answer.json()["version"])
        return answer


@pytest.fixture
def typing(sign_in, piotr, unresolved) -> Typing:
    return Typing(sign_in(piotr), unresolved)


def test_note_and_summary_are_saved_and_the_meeting_stays_as_it_was(typing, unresolved):
    assert typing(note=LONG, summary="Krótko", status="held").json()["version"] == 3  # one for each
    meeting = Session.objects.get(pk=unresolved.pk)
    assert (TherapyNote.objects.get().text, meeting.summary) == (LONG.strip(), "Krótko")
    assert (meeting.status, meeting.version) == ("planned", unresolved.version)


def test_the_button_then_saves_the_rest_without_a_conflict(typing, unresolved):
    typing(note="Pierwsze słowa")
    typing(note="Pierwsze słowa i następne")
    data = typing.data | {"status": "held", "note": "Pierwsze słowa i ostatnie"}
    assert typing.browser.post(page_of(unresolved), data).status_code == 302
    assert Session.objects.get(pk=unresolved.pk).status == "held"
    assert TherapyNote.objects.get().text == "Pierwsze słowa i ostatnie"


def test_words_taken_back_before_the_button_are_taken_back(typing, unresolved):
    typing(note="Nie o tej rodzinie")
    assert typing.browser.post(page_of(unresolved), typing.data | {"status": "held", "note": ""}).status_code == 302
    assert not TherapyNote.objects.exists()


def test_a_page_opened_again_shows_the_draft(typing, unresolved):
    typing(note="Szkic", summary="Krótko")
    form = typing.browser.get(page_of(unresolved)).context["form"]
    assert (form["note"].value(), form["summary"].value()) == ("Szkic", "Krótko")


def test_what_is_typed_elsewhere_meanwhile_stops_it_and_the_button_shows_both(typing, unresolved, piotr):
    write_note(unresolved, text="Z drugiej karty", summary=None, version=1, by=piotr.user)
    assert typing(note="Z tej karty").status_code == 409
    answer = typing.browser.post(page_of(unresolved), typing.data | {"status": "held", "note": "Z tej karty"})
    form = answer.context["form"]
    assert "W międzyczasie zapisano: Z drugiej karty" in answer.content.decode()
    assert "status" not in form.errors  # nobody has settled the meeting meanwhile
    assert form["note"].value() == "Z tej karty"
    assert typing.browser.post(page_of(unresolved), fields_of(form)).status_code == 302
    assert TherapyNote.objects.get().text == "Z tej karty"


def test_nothing_touched_saves_nothing_and_takes_no_newer_version(typing, unresolved, piotr):
    write_note(unresolved, text="Z drugiej karty", summary=None, version=1, by=piotr.user)
    assert typing(status="held").json()["version"] == 1
    assert typing(note="Z tej karty").status_code == 409


def test_a_signed_note_refuses_it_in_words(typing, unresolved, piotr):
    write_note(unresolved, text="Gotowe", summary=None, version=1, by=piotr.user)
    note = own_note(unresolved, piotr.user)
    assert note is not None
    sign_note(note, version=1, by=piotr.user)
    answer = typing(note="Za późno")
    assert answer.status_code == 409
    assert "podpisana" in answer.json()["message"]


def test_too_long_a_text_is_said_beside_its_field(typing):
    answer = typing(note="x" * 20_001, summary="x" * 501)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"note", "summary"}


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, "0"])
def test_without_a_version_it_replaces_nothing(typing, unresolved, piotr, version):
    write_note(unresolved, text="Jest", summary=None, version=1, by=piotr.user)
    assert typing(note="Inne", words_version=version).status_code == 409
    assert TherapyNote.objects.get().text == "Jest"


def test_others_do_not_find_it(unresolved, anna, marek, ewa, clara, sign_in):
    for who in (anna, marek, ewa, clara):
        assert sign_in(who).post(url_of(unresolved), {"note": "x"}).status_code == 404
    assert not TherapyNote.objects.exists()

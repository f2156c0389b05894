"""The clinical lead's list of notes: signed ones, and those that wait too long for it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.sessions.models import Session
from cases.sessions.note_models import TherapyNote

URL = reverse("cases:supervision")
DAY = dt.timedelta(days=1)


@pytest.fixture
def make_note(annas_case, family_therapy, piotr):
    def make(*, days_ago: int, signed: bool = True, author=piotr, case=annas_case):
        begun = timezone.now() - days_ago * DAY
        session = Session.objects.create(
            case=case,
            centre=case.centre,
            service=family_therapy,
            therapist=author,
            starts_at=begun - DAY,
            ends_at=begun - DAY + dt.timedelta(minutes=50),
            status="held",
        )
        return TherapyNote.objects.create(
            session=session, author=author, text="Tajemnica.", begun_at=begun, signed_at=begun if signed else None
        )

    return make


@pytest.fixture
def elsewhere(make_case, krakowiakow, ewa, make_note):
    case = make_case(krakowiakow, "Rodzina Daleka", coordinator=ewa, received_on=dt.date(2026, 11, 1))
    return make_note(days_ago=2, author=ewa, case=case)


def listed(answer):
    assert answer.status_code == 200
    return [note for week in answer.context["weeks"] for note in week.notes]


def test_signed_notes_come_by_week_the_latest_first_without_their_words(sign_in, clara, make_note):
    late, early = make_note(days_ago=1), make_note(days_ago=9)
    answer = sign_in(clara).get(URL)
    assert [(week.words, week.notes) for week in answer.context["weeks"]] == [
        ("16.11.2026 – 22.11.2026", [late]),
        ("9.11.2026 – 15.11.2026", [early]),
    ]
    assert "Tajemnica" not in answer.content.decode()
    assert AuditEntry.objects.latest("id").action == "cases.read_supervision"


def test_of_the_drafts_only_those_that_wait_too_long_are_there(sign_in, clara, make_note):
    make_note(days_ago=1)
    make_note(days_ago=6, signed=False)
    older, old = make_note(days_ago=20, signed=False), make_note(days_ago=7, signed=False)
    assert listed(sign_in(clara).get(f"{URL}?state=unsigned")) == [older, old]


def test_they_can_be_narrowed_to_a_therapist_and_a_centre(sign_in, clara, make_note, elsewhere, piotr, ewa):
    ours = make_note(days_ago=3)
    browser = sign_in(clara)
    assert listed(browser.get(URL)) == [elsewhere, ours]
    assert listed(browser.get(f"{URL}?therapist={piotr.uuid}")) == [ours]
    assert listed(browser.get(f"{URL}?centre=krakowiakow&therapist=")) == [elsewhere]
    assert listed(browser.get(f"{URL}?centre=wodna&therapist={ewa.uuid}")) == []


@pytest.mark.parametrize("asked", ["therapist=x", "centre=nowhere", "therapist=1&centre=%00", "state=%00"])
def test_what_is_not_in_the_lists_narrows_nothing_and_breaks_nothing(sign_in, clara, make_note, asked):
    note = make_note(days_ago=3)
    assert listed(sign_in(clara).get(f"{URL}?{asked}")) == [note]


def test_one_choice_that_is_not_in_the_list_leaves_the_other_in_force(sign_in, clara, make_note, elsewhere):
    make_note(days_ago=3)
    answer = sign_in(clara).get(f"{URL}?centre=krakowiakow&therapist=x")
    assert listed(answer) == [elsewhere]
    assert "ten wybór pominięto" in answer.content.decode()


def test_a_long_list_goes_page_by_page(sign_in, clara, make_note):
    notes = [make_note(days_ago=n // 4) for n in range(52)]
    browser = sign_in(clara)
    first = browser.get(URL)
    assert len(listed(first)) == 50
    rest = listed(browser.get(f"{URL}?cursor={first.context['page'].next_cursor}"))
    assert {note.pk for note in [*listed(first), *rest]} == {note.pk for note in notes}
    assert browser.get(f"{URL}?cursor=x").status_code == 400


def test_each_note_that_is_opened_is_on_record(sign_in, clara, make_note):
    note = make_note(days_ago=3)
    browser = sign_in(clara)
    assert note.get_absolute_url() in browser.get(URL).content.decode()
    assert "Tajemnica." in browser.get(note.get_absolute_url()).content.decode()
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.object_uuid, entry.actor) == ("cases.read_note", note.uuid, clara.user)


def test_it_is_the_clinical_lead_s_alone_and_stands_in_that_menu_only(
    sign_in, clara, piotr, anna, marek, jan, iga, adam
):
    for other in (piotr, anna, marek, jan, iga, adam):
        assert sign_in(other).get(URL).status_code == 403
        assert "Superwizja" not in sign_in(other).get(reverse("cases:today")).content.decode()
    assert "Superwizja" in sign_in(clara).get(reverse("cases:today")).content.decode()

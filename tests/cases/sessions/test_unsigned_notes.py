"""Drafts wait for their author's signature; those that wait too long are on „Dziś”."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.sessions.note_models import TherapyNote
from cases.sessions.notes import sign_note

URL = reverse("cases:unsigned_notes")


@pytest.fixture
def old(held, piotr):
    return TherapyNote.objects.create(
        session=held, author=piotr, text="Stary szkic.", begun_at=timezone.now() - dt.timedelta(days=7)
    )


@pytest.fixture
def fresh(unresolved, piotr):
    return TherapyNote.objects.create(session=unresolved, author=piotr, text="Nowy szkic.")


def test_one_s_own_drafts_are_listed_the_oldest_first_without_their_words(sign_in, piotr, anna, clara, old, fresh):
    answer = sign_in(piotr).get(URL)
    assert answer.context["page"].items == [old, fresh]
    assert "szkic." not in answer.content.decode()
    for other in (anna, clara):
        assert sign_in(other).get(URL).context["page"].items == []


def test_a_signed_note_leaves_the_list(sign_in, piotr, old):
    sign_note(old, version=1, by=piotr.user)
    answer = sign_in(piotr).get(URL)
    assert answer.context["page"].items == []
    assert "Żadna notatka nie czeka na Twój podpis." in answer.content.decode()


def test_only_those_that_wait_too_long_are_on_today_s_page(sign_in, piotr, anna, fresh, old, settings):
    tile = f'href="{URL}"><b>1</b>notatka do podpisania'
    assert tile in sign_in(piotr).get(reverse("cases:today")).content.decode()
    assert URL not in sign_in(anna).get(reverse("cases:today")).content.decode()
    settings.UNSIGNED_NOTE_DAYS = 8
    assert URL not in sign_in(piotr).get(reverse("cases:today")).content.decode()


def test_a_list_costs_the_same_however_long(sign_in, piotr, old, fresh, django_assert_num_queries):
    rows = TherapyNote.objects.drafts().for_list().with_reading_right(piotr.user)
    with django_assert_num_queries(1):
        for row in rows:
            case = row.session.case
            assert vars(row)["may_read"]
            assert (str(row.author), case and case.family.label) != ("", "")

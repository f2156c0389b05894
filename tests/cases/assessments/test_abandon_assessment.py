"""An assessment may be broken off, with the reason; what was answered stays, and another may begin."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.assessments.answers import from_text
from cases.assessments.models import Assessment, Sheet
from cases.assessments.services import AssessmentError, abandon_assessment, finalise_assessment
from foundation.forms import Stale
from tests.cases.assessments.conftest import interview_of, put


def url_of(assessment) -> str:
    return reverse("cases:abandon_assessment", args=[assessment.uuid])


def test_the_reason_is_kept_and_so_are_the_answers(draft, anna):
    put(interview_of(draft, "Maria"), {"pien_dlugi": 1}, anna)

    abandoned = abandon_assessment(draft, reason="Rodzina zrezygnowała", version=1, by=anna.user)

    assert (abandoned.status, abandoned.abandon_reason) == ("abandoned", "Rodzina zrezygnowała")
    assert abandoned.abandoned_at is not None
    answered = [sheet for sheet in Sheet.objects.filter(interview__assessment=draft) if from_text(sheet.answers)]
    assert len(answered) == 1


def test_it_is_on_record_without_the_reason(draft, anna, couples_case):
    abandon_assessment(draft, reason="Tajny powód", version=1, by=anna.user)

    assert AuditEntry.objects.get(action="cases.abandon_assessment").details == {"case": str(couples_case.uuid)}


def test_the_case_stays_where_it_is(draft, anna, couples_case):
    abandon_assessment(draft, reason="Zła wersja", version=1, by=anna.user)

    couples_case.refresh_from_db()
    assert couples_case.stage == "diagnosis"


def test_the_head_of_centre_may_do_it_for_an_assessor_who_is_gone(draft, marek):
    assert abandon_assessment(draft, reason="Zmiana prowadzącego", version=1, by=marek.user).abandoned_at


def test_it_needs_a_reason(draft, anna):
    with pytest.raises(AssessmentError) as error:
        abandon_assessment(draft, reason=" ", version=1, by=anna.user)

    assert error.value.code == "no_reason"


def test_an_older_version_is_refused(draft, anna):
    with pytest.raises(Stale):
        abandon_assessment(draft, reason="Powód", version=7, by=anna.user)


def test_a_finalised_one_stays(filled, anna):
    finalise_assessment(filled, version=filled.version, by=anna.user)

    with pytest.raises(AssessmentError) as error:
        abandon_assessment(filled, reason="Powód", version=2, by=anna.user)

    assert error.value.code == "finalised"


def test_strangers_may_not(draft, piotr, ewa, clara):
    for who in (piotr, ewa, clara):
        with pytest.raises(AssessmentError) as error:
            abandon_assessment(draft, reason="Powód", version=1, by=who.user)
        assert error.value.code == "not_yours"


def test_the_page_breaks_it_off_and_shows_what_there_is(draft, anna, sign_in):
    browser = sign_in(anna)

    response = browser.post(
        url_of(draft), {"reason": "Rodzina zrezygnowała", "version": 1, "once": str(uuid.uuid4())}, follow=True
    )

    assert response.redirect_chain[0][0] == draft.get_absolute_url()
    page = response.content.decode()
    assert "Ocena przerwana" in page
    assert "Rodzina zrezygnowała" in page
    assert Assessment.objects.get().status == "abandoned"


def test_without_a_reason_the_page_asks_for_it(draft, anna, sign_in):
    response = sign_in(anna).post(url_of(draft), {"reason": "", "version": 1, "once": str(uuid.uuid4())})

    assert response.context["form"].errors["reason"]


def test_the_page_opens_for_who_conducts_it_and_the_head_alone(draft, anna, marek, piotr, ewa, clara, sign_in):
    assert {sign_in(who).get(url_of(draft)).status_code for who in (anna, marek)} == {200}
    assert {sign_in(who).get(url_of(draft)).status_code for who in (piotr, ewa, clara)} == {404}

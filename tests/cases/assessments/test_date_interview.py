"""The day on which an interview was held: that of its first answer until somebody says otherwise."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.assessments.models import Interview
from cases.assessments.services import AssessmentError, date_interview, finalise_assessment
from cases.instruments.definition import NonAnswer
from foundation.forms import Stale
from tests.cases.assessments.conftest import interview_of, put

DAY = dt.timedelta(days=1)


@pytest.fixture
def maria(draft, couples_case) -> Interview:
    couples_case.opened_on = timezone.localdate() - 10 * DAY
    couples_case.received_on = couples_case.opened_on
    couples_case.save()
    return interview_of(draft, "Maria")


def url_of(interview: Interview) -> str:
    return reverse("cases:date_interview", args=[interview.uuid])


def typed(interview: Interview, day: object) -> dict[str, object]:
    return {"held_on": str(day), "version": interview.version, "once": str(uuid.uuid4())}


def test_an_earlier_day_stays_when_answers_are_written_down_later(maria, anna):
    day = timezone.localdate() - 3 * DAY

    date_interview(maria, held_on=day, version=maria.version, by=anna.user)
    put(maria, {"pien_dlugi": NonAnswer.REFUSED}, anna)

    maria.refresh_from_db()
    assert maria.held_on == day
    entry = AuditEntry.objects.get(action="cases.date_interview")
    assert (entry.details["before"], entry.details["after"]) == (None, str(day))


def test_the_day_of_the_first_answer_can_be_corrected(maria, anna, sign_in):
    put(maria, {"pien_dlugi": NonAnswer.REFUSED}, anna)
    maria.refresh_from_db()
    day = timezone.localdate() - DAY

    answer = sign_in(anna).post(url_of(maria), typed(maria, day))

    assert answer.url == maria.assessment.get_absolute_url()
    maria.refresh_from_db()
    assert maria.held_on == day


@pytest.mark.parametrize(("days", "code"), [(1, "in_the_future"), (-11, "before_the_case")])
def test_a_day_to_come_or_before_the_case_is_refused(maria, anna, days, code):
    with pytest.raises(AssessmentError) as error:
        date_interview(maria, held_on=timezone.localdate() + days * DAY, version=1, by=anna.user)

    assert error.value.code == code


def test_the_day_the_case_was_opened_and_today_are_taken(maria, anna):
    for day in (maria.assessment.case.opened_on, timezone.localdate()):
        maria.refresh_from_db()
        assert date_interview(maria, held_on=day, version=maria.version, by=anna.user).held_on == day


def test_a_day_that_somebody_else_has_stated_is_not_overwritten_unseen(maria, anna, sign_in):
    mine = typed(maria, timezone.localdate() - 2 * DAY)
    date_interview(maria, held_on=timezone.localdate() - DAY, version=1, by=anna.user)

    with pytest.raises(Stale):
        date_interview(maria, held_on=timezone.localdate() - 2 * DAY, version=1, by=anna.user)
    answer = sign_in(anna).post(url_of(maria), mine)

    assert answer.status_code == 200
    assert "W międzyczasie zapisano" in answer.content.decode()


@pytest.mark.parametrize("day", ["", "wczoraj", "0000-00-00", "9999-12-31", "1e9", "\x00"])
def test_what_is_no_day_is_answered_beside_the_field(maria, anna, sign_in, day):
    answer = sign_in(anna).post(url_of(maria), typed(maria, day))

    assert answer.context["form"].errors["held_on"]
    maria.refresh_from_db()
    assert maria.held_on is None


def test_after_the_end_nobody_changes_it(filled, anna, sign_in):
    maria = interview_of(filled, "Maria")
    finalise_assessment(filled, version=filled.version, by=anna.user)

    with pytest.raises(AssessmentError) as error:
        date_interview(maria, held_on=timezone.localdate(), version=maria.version, by=anna.user)

    assert error.value.code == "finalised"
    assert sign_in(anna).get(url_of(maria)).url == filled.get_absolute_url()


def test_only_who_conducts_it_finds_the_page(maria, anna, marek, piotr, ewa, clara, sign_in):
    assert sign_in(anna).get(url_of(maria)).status_code == 200
    for who in (marek, piotr, ewa, clara):
        assert sign_in(who).get(url_of(maria)).status_code == 404
        assert sign_in(who).post(url_of(maria), typed(maria, timezone.localdate())).status_code == 404


def test_the_overview_leads_there(maria, anna, marek, sign_in):
    assert url_of(maria) in sign_in(anna).get(maria.assessment.get_absolute_url()).content.decode()
    assert url_of(maria) not in sign_in(marek).get(maria.assessment.get_absolute_url()).content.decode()

"""The demonstration's assessments: what the services would have let through, and a bit of everything."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F

from cases.assessments import answers, results
from cases.assessments.models import (
    Addendum,
    AlertMail,
    Assessment,
    CoupleOverride,
    CriticalAlert,
    Interview,
    ProposalDecision,
    Sheet,
)
from cases.assessments.progress import gaps_of
from cases.assessments.rules import check_answers
from cases.casefile.models import Case
from cases.instruments.definition import Proposal
from cases.instruments.questions import questions_of
from cases.sessions.models import Session
from centres.models import Centre

Occasion, Status = Assessment.Occasion, Assessment.Status
TODAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def demonstration(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once for all tests of this file, and undone after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_demo", today=TODAY, stdout=StringIO(), stderr=StringIO())
        yield
        transaction.set_rollback(True)


@pytest.fixture
def seeded(demonstration: None, db: None) -> None:
    """A hundred and twenty families."""


def test_there_is_a_bit_of_everything(seeded):
    statuses = Counter(Assessment.objects.values_list("occasion", "status"))
    finalised = Assessment.objects.finalised()

    assert {occasion for occasion, status in statuses if status == Status.FINALISED} == set(Occasion.values)
    assert statuses[Occasion.START, Status.DRAFT] >= 2
    assert statuses[Occasion.MIDDLE, Status.DRAFT] >= 1
    assert statuses[Occasion.START, Status.ABANDONED] >= 1
    assert len(set(finalised.values_list("worst_rank", flat=True))) >= 3
    assert finalised.filter(decisions=None, case__closed_on=None).exists()  # still to decide about
    assert ProposalDecision.objects.exclude(chosen=F("proposed")).exists()
    assert Addendum.objects.exists()
    assert set(CoupleOverride.objects.values_list("granted", flat=True)) == {True, None}
    unread = CriticalAlert.objects.standing().filter(readings=None).distinct()
    assert {alert.raised_at.date() for alert in unread} == {TODAY - dt.timedelta(days=1)}


def test_most_diagnosed_families_have_been_assessed_and_none_where_norr_is_not_used(seeded):
    diagnosed = Case.objects.filter(centre__diagnosis=Centre.Diagnosis.NORR, diagnosed_on__isnull=False)
    assessed = diagnosed.filter(assessments__occasion=Occasion.START, assessments__status=Status.FINALISED).distinct()

    assert 0.7 < assessed.count() / diagnosed.count() < 1
    assert not Assessment.objects.exclude(case__centre__diagnosis=Centre.Diagnosis.NORR).exists()
    for start in Assessment.objects.finalised().filter(occasion=Occasion.START).select_related("case"):
        assert start.case.diagnosed_by_id == start.assessor_id
        assert start.finalised_at is not None
        assert start.finalised_at.date() == start.case.diagnosed_on


def test_stored_results_are_what_the_answers_give_and_nothing_was_missing(seeded):
    for assessment in Assessment.objects.finalised():
        result, inputs_sha256 = results.compute(assessment)

        stored = results.from_text(assessment.result)
        assert (stored.result, stored.inputs_sha256) == (result, inputs_sha256)
        assert gaps_of(assessment, result) == []
        lines = {line.area: (line.state, line.level) for line in assessment.area_levels.all()}
        assert lines == {one.area: (one.state, one.level) for one in result.areas}
        assert CriticalAlert.objects.filter(assessment=assessment).count() == len(result.critical)


def test_every_answer_is_one_that_its_page_offers(seeded):
    for interview in Interview.objects.for_page().prefetch_related("sheets"):
        assessment = interview.assessment
        definition, participants = assessment.instrument_version.definition, assessment.participants_for_scoring()
        for sheet in interview.sheets.all():
            questions = questions_of(definition, participants, interview.talk, definition.by_area[sheet.area])
            check_answers(questions, answers.from_text(sheet.answers))
    assert not Sheet.objects.filter(answered__gt=F("asked")).exists()


def test_what_happened_happened_in_order(seeded):
    for one in Assessment.objects.select_related("case"):
        assert one.case.opened_on <= one.started_on <= TODAY
        assert one.finalised_at is None or one.started_on <= one.finalised_at.date() <= TODAY
        for decision in one.decisions.all():
            assert one.finalised_at is not None
            assert one.finalised_at.date() <= decision.decided_at.date() <= TODAY
    for case in Case.objects.all():
        finalised = case.assessments.finalised().order_by("finalised_at").values_list("occasion", flat=True)
        assert [one for one in Occasion.values if one in finalised] == list(finalised)


def test_each_decision_is_about_all_seven_and_says_why_it_differs(seeded):
    decided = ProposalDecision.objects.values_list("assessment", flat=True)

    assert set(Counter(decided).values()) == {len(Proposal)}
    for decision in ProposalDecision.objects.all():
        assert (decision.chosen == decision.proposed) == (not decision.reason)


def test_no_couple_work_went_on_after_a_critical_answer(seeded):
    assert CriticalAlert.objects.blocking().exists()
    for alert in CriticalAlert.objects.blocking().select_related("assessment"):
        case = alert.assessment.case_id
        later = Session.objects.filter(case=case, service__form="couple", starts_at__gte=alert.raised_at)
        chosen = ProposalDecision.objects.filter(
            assessment__case=case, proposal=Proposal.COUPLE, chosen=True, decided_at__gte=alert.raised_at
        )
        assert not later.exists()
        assert not chosen.exists()


def test_nobody_gets_a_mail_from_a_demonstration(seeded):
    assert AlertMail.objects.exists()
    assert not AlertMail.objects.filter(mailed_at=None).exists()

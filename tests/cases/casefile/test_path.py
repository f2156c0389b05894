"""Diagnosis, plan, waiting list, therapy, follow-up, closure: each step in its order, on its day."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from cases.casefile.deadlines import DEFAULTS, nearness
from cases.casefile.models import NO_DEADLINE, Case, DeadlineKind, DeadlineRule, Stage
from cases.casefile.services import (
    CaseError,
    close_case,
    put_on_waitlist,
    record_diagnosis,
    refresh_deadlines,
    start_follow_up,
    start_therapy,
)
from foundation.forms import Stale

DAY = dt.timedelta(days=1)


@pytest.fixture
def today() -> dt.date:
    return timezone.localdate()


@pytest.fixture
def old_case(make_case, wodna, anna, today) -> Case:
    """Received forty days ago."""
    case: Case = make_case(wodna, coordinator=anna, received_on=today - 40 * DAY)
    return case


def test_the_whole_path(old_case, piotr, anna, today):
    case = record_diagnosis(old_case, diagnosed_on=today - 30 * DAY, diagnosed_by=piotr, version=1, by=anna.user)
    assert (case.stage, case.diagnosed_on) == (Stage.PLAN, today - 30 * DAY)
    assert case.next_deadline_kind == DeadlineKind.THERAPY_START

    case = put_on_waitlist(case, on=today - 20 * DAY, version=2, by=anna.user)
    assert case.stage == Stage.WAITING

    case = start_therapy(case, on=today - 10 * DAY, version=3, by=anna.user)
    assert case.next_deadline_on == today - 10 * DAY + 182 * DAY

    case = start_follow_up(case, on=today - 5 * DAY, version=4, by=anna.user)
    assert case.next_deadline_on == NO_DEADLINE

    case = close_case(case, on=today, note="Cele osiągnięte", version=5, by=anna.user)
    assert (case.stage, case.closed_on) == (Stage.CLOSED, today)
    assert list(case.stage_changes.values_list("stage", flat=True)) == [
        "diagnosis",
        "plan",
        "waiting",
        "therapy",
        "follow_up",
        "closed",
    ]


def test_steps_out_of_order_are_refused(old_case, anna, today):
    with pytest.raises(CaseError) as error:
        start_therapy(old_case, on=today, version=1, by=anna.user)

    assert error.value.code == "other_stage"


def test_a_diagnosis_before_the_referral_is_refused(old_case, piotr, anna, today):
    with pytest.raises(ValidationError) as error:
        record_diagnosis(old_case, diagnosed_on=today - 41 * DAY, diagnosed_by=piotr, version=1, by=anna.user)

    assert "wcześniejsza" in " ".join(error.value.messages)


def test_a_step_in_the_future_is_refused(old_case, piotr, anna, today):
    with pytest.raises(CaseError) as error:
        record_diagnosis(old_case, diagnosed_on=today + DAY, diagnosed_by=piotr, version=1, by=anna.user)

    assert error.value.code == "future"


def test_a_step_before_the_last_one_is_refused(old_case, piotr, anna, today):
    case = record_diagnosis(old_case, diagnosed_on=today - 10 * DAY, diagnosed_by=piotr, version=1, by=anna.user)

    with pytest.raises(CaseError) as error:
        put_on_waitlist(case, on=today - 11 * DAY, version=2, by=anna.user)

    assert error.value.code == "too_early"


def test_a_stale_page_changes_nothing(old_case, piotr, anna, today):
    record_diagnosis(old_case, diagnosed_on=today, diagnosed_by=piotr, version=1, by=anna.user)

    with pytest.raises(Stale):
        put_on_waitlist(old_case, on=today, version=1, by=anna.user)


def test_a_closed_case_takes_no_more_steps(old_case, piotr, anna, today):
    close_case(old_case, on=today, note="Rezygnacja", version=1, by=anna.user)

    with pytest.raises(CaseError) as error:
        record_diagnosis(old_case, diagnosed_on=today, diagnosed_by=piotr, version=2, by=anna.user)

    assert error.value.code == "closed"


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [
        (7, "", "do "),
        (8, "warn", "zostało 6 dni"),
        (12, "warn", "zostały 2 dni"),
        (13, "warn", "został 1 dzień"),
        (14, "warn", "dziś"),
        (15, "late", "po terminie 1 dzień"),
        (17, "late", "po terminie 3 dni"),
    ],
)
def test_the_diagnosis_is_amber_from_day_eight_and_late_after_day_fourteen(
    make_case, wodna, today, days, state, words
):
    case = make_case(wodna, received_on=today - days * DAY)

    near = nearness(case, today, DEFAULTS)

    assert near is not None
    assert (near.state, near.words[: len(words)]) == (state, words)


def test_waiting_is_amber_at_five_months_and_late_after_six(make_case, wodna):
    case = make_case(wodna, received_on=dt.date(2026, 1, 31), stage=Stage.WAITING)
    case.next_deadline_kind, case.next_deadline_on = DeadlineKind.THERAPY_START, dt.date(2026, 7, 31)

    def on(month: int, day: int) -> tuple[str, str]:
        near = nearness(case, dt.date(2026, month, day), DEFAULTS)
        assert near is not None
        return near.state, near.words

    assert on(6, 29)[0] == ""
    assert on(6, 30)[0] == "warn"
    assert on(7, 1) == ("warn", "6. miesiąc oczekiwania")
    assert on(8, 1)[0] == "late"


def test_a_changed_rule_moves_the_stored_deadlines(old_case):
    changed = {"due_after": 10, "amber_after": 5, "unit": "day"}
    DeadlineRule.objects.update_or_create(kind="diagnosis", defaults=changed)

    assert refresh_deadlines() == 1

    old_case.refresh_from_db()
    assert old_case.next_deadline_on == old_case.received_on + 10 * DAY


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("record_diagnosis", {"diagnosed_on": "2026-13-45"}),
        ("record_diagnosis", {"diagnosed_on": "2020-01-01"}),
        ("close_case", {"on": "jutro"}),
    ],
)
def test_bad_input_is_answered_on_the_page(old_case, anna, sign_in, name, typed):
    response = sign_in(anna).post(
        reverse(f"cases:{name}", args=[old_case.uuid]), {"once": str(uuid.uuid4()), "version": 1} | typed
    )

    assert response.status_code == 200
    assert response.context["form"].errors


@pytest.mark.parametrize("name", ["put_on_waitlist", "start_therapy", "start_follow_up"])
def test_no_form_opens_that_the_stage_would_refuse(old_case, anna, sign_in, name):
    response = sign_in(anna).get(reverse(f"cases:{name}", args=[old_case.uuid]), follow=True)

    assert response.redirect_chain == [(old_case.get_absolute_url(), 302)]
    assert "na innym etapie" in response.content.decode()


def test_a_therapist_of_the_team_reads_but_takes_no_steps(old_case, anna, piotr, sign_in):
    old_case.care_team.create(staff=piotr, from_on=old_case.opened_on)
    client = sign_in(piotr)

    assert client.get(old_case.get_absolute_url()).status_code == 200
    assert client.get(reverse("cases:record_diagnosis", args=[old_case.uuid])).status_code == 404

"""The command that fills an empty portal: of any size, and the same every time."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from cases.assessments.models import Assessment, Sheet
from cases.casefile.models import Case, Stage
from cases.intake.models import Referral
from cases.people.models import Person
from cases.sessions.models import Session
from programme.reports.models import Report

SMALL: dict[str, Any] = {"families": 30, "months": 6, "today": None}


def seed(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("seed_demo", **(SMALL | options), json=True, stdout=out, stderr=StringIO())
    told: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return told


def test_there_are_referrals_and_cases_in_every_state(db):
    # On this day a group begins later in its week than planned, and a case of those chosen for it is closed by then.
    seed(families=120, months=14, today=dt.date(2026, 11, 27))

    assert set(Referral.objects.values_list("status", flat=True)) == set(Referral.Status.values)
    assert set(Case.objects.values_list("stage", flat=True)) == set(Stage.values)
    assert set(Session.objects.values_list("status", flat=True)) == set(Session.Status.values)
    assert Session.objects.unresolved().exists()
    assert Report.objects.exists()


@pytest.mark.parametrize("families", [0, -1, 10**9])
def test_impossible_sizes_are_refused(db, families):
    with pytest.raises(CommandError):
        seed(families=families)


@pytest.mark.parametrize(("families", "months"), [(1, 1), (3, 2)])
def test_small_demonstrations_work_too(db, families, months):
    seed(families=families, months=months)

    assert Case.objects.count() <= families


def picture() -> tuple[Any, ...]:
    """What a seed made, and then undone."""
    undo = transaction.savepoint()
    told = seed(today=dt.date(2026, 11, 22), seed=7)
    columns = ("uuid", "case__number", "starts_at", "status", "room__name", "group__name", "attendances__person__uuid")
    meetings = Session.objects.order_by("uuid", "attendances__person__uuid").values_list(*columns)
    of_groups = meetings.filter(case=None)
    people = Person.objects.order_by("id").values_list("uuid", "first_name", "last_name", "birth_date")
    columns = ("uuid", "case__number", "occasion", "status", "worst_label", "finalised_at", "assessor__user__email")
    assessments = Assessment.objects.order_by("id").values_list(*columns)
    answers = [sheet.answers for sheet in Sheet.objects.order_by("id")]
    seen = (told, list(meetings), list(of_groups), list(people), list(assessments), answers)
    transaction.savepoint_rollback(undo)
    return seen


def test_the_same_seed_and_day_give_the_same_data(db):
    seen = picture()
    assert all(seen)
    assert seen == picture()

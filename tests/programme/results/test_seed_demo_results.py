"""Invented results for the demonstration: marked, plausible, and the same every time."""

from __future__ import annotations

import datetime as dt
import random

from programme.plan.models import Indicator
from programme.results.models import Result
from programme.results.pace import Assessment
from programme.results.services import seed_demo_results
from programme.results.standing import overview

TODAY = dt.date(2026, 11, 22)


def seed(programme, seed: int = 7) -> int:
    return seed_demo_results(programme, TODAY, random.Random(seed))  # noqa: S311 - invented data


def test_it_invents_results_up_to_the_last_complete_month_and_marks_them(programme):
    made = seed(programme)

    assert made == Result.objects.count() > 1000
    assert set(Result.objects.values_list("source", flat=True)) == {Result.Source.DEMO}
    assert Result.objects.latest("month").month == dt.date(2026, 10, 1)
    assert Result.objects.earliest("month").month == dt.date(2025, 1, 1)


def test_what_the_portal_counts_is_not_invented(programme):
    seed(programme)

    assert not Result.objects.filter(indicator__code="1.1").exists()


def test_the_same_seed_gives_the_same_results(programme):
    fields = ("uuid", "indicator", "unit", "month", "value", "entered_at")
    seed(programme)
    first = list(Result.objects.order_by("uuid").values_list(*fields))
    Result.objects.all().delete()

    seed(programme)

    assert list(Result.objects.order_by("uuid").values_list(*fields)) == first


def test_a_second_time_adds_nothing_and_touches_nothing_reported(programme):
    indicator = Indicator.objects.get(code="16.1")
    own = Result.objects.create(
        indicator=indicator, unit=indicator.task.responsible[0], month=dt.date(2026, 1, 1), value=5
    )
    seed(programme)
    entered = set(Result.objects.filter(indicator=indicator))
    count = Result.objects.count()

    seed(programme)

    assert entered == {own}
    assert Result.objects.count() <= count + 100  # an indicator without data may be drawn another fate, none twice


def test_most_keep_their_pace_some_fall_behind_and_some_have_no_data(programme):
    seed(programme)
    standings = [one for one in overview(programme, on=dt.date(2026, 10, 31)) if not one.indicator.computed_by]

    found = [one.assessment for one in standings]

    assert found.count(Assessment.ON_PLAN) > 45
    assert 2 <= found.count(Assessment.BELOW_PACE) <= 20
    assert 1 <= found.count(Assessment.AT_RISK) <= 15
    assert 1 <= found.count(Assessment.NO_DATA) <= 10

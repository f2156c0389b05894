"""Computed and reported parts come together, under the targets of a revision (R2, R3)."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from programme.plan.models import Indicator, Programme, TargetRevision
from programme.results.models import Result
from programme.results.months import lines
from programme.results.pace import Assessment
from programme.results.services import seed_demo_results
from programme.results.standing import IndicatorStanding, SourceNote, overview, upcoming

OCTOBER = dt.date(2026, 10, 31)


def report(code: str, month: int, value: float, unit: int = 0, **more: object) -> Result:
    indicator = Indicator.objects.select_related("task").get(code=code)
    return Result.objects.create(
        indicator=indicator,
        unit=indicator.task.responsible[unit],
        month=dt.date(2026, month, 1),
        value=Decimal(str(value)),
        **more,
    )


def standing_of(
    programme: Programme, code: str, *, on: dt.date = OCTOBER, revision: TargetRevision | None = None
) -> IndicatorStanding:
    return next(one for one in overview(programme, on=on, revision=revision) if one.indicator.code == code)


def target_of(standing: IndicatorStanding) -> Decimal | None:
    assert standing.target is not None
    return standing.target.value


def test_all_indicators_come_in_the_programmes_order(programme):
    codes = [one.indicator.code for one in overview(programme, on=OCTOBER)]

    assert len(codes) == 78
    assert codes[:6] == ["1.1", "2.1", "3.1", "3.2", "4.1", "5.1"]
    assert codes[-1] == "51.1"


def test_the_first_indicator_is_counted_from_the_portal(programme, make_case, wodna, hold):
    for n in range(6):
        hold(make_case(wodna, f"Rodzina {n}"), dt.date(2026, 10, 5))
    hold(make_case(wodna, "Rodzina X"), dt.date(2026, 11, 5))  # after the day that is asked for

    standing = standing_of(programme, "1.1")

    assert standing.to_date == standing.month_value == 6
    assert target_of(standing) == 9910
    assert standing.sources == (SourceNote.COMPUTED,)
    assert standing.source_note == "policzone z portalu"
    assert standing.assessment == Assessment.AT_RISK
    assert standing.due is not None
    assert round(standing.due) == 8258


def test_what_is_due_by_a_month_is_rounded_as_in_the_report(programme):
    september = lines(standing_of(programme, "1.1"), OCTOBER)[8]  # 7 432,5

    assert september.due == "7\u00a0433"


def test_reported_parts_are_added_to_the_computed_one(programme, make_case, wodna, hold):
    for n in range(6):
        hold(make_case(wodna, f"Rodzina {n}"), dt.date(2026, 10, 5))
    report("1.1", 9, 8000)

    standing = standing_of(programme, "1.1")

    assert standing.to_date == 8006
    assert standing.sources == (SourceNote.COMPUTED, SourceNote.REPORTED)


def test_one_to_four_families_are_not_published(programme, annas_case, hold):
    for day in range(1, 10):
        hold(annas_case, dt.date(2026, 10, day))

    standing = standing_of(programme, "1.1")

    assert (standing.result_text, standing.month_text) == ("<5", "<5")
    assert "%" not in standing.bar()


@pytest.mark.parametrize(("families", "words"), [(0, "0"), (1, "<5"), (4, "<5"), (5, "5")])
def test_a_unit_that_reports_a_few_families_does_not_point_at_them(programme, families, words):
    report("51.1", 10, families)

    standing = standing_of(programme, "51.1")

    assert (standing.result_text, standing.month_text) == (words, words)


def test_a_few_meetings_point_at_nobody(programme):
    report("7.1", 10, 3)

    assert standing_of(programme, "7.1").result_text == "3"


def test_a_state_is_not_summed_and_two_units_are(programme):
    report("15.1", 1, 26)
    report("15.1", 10, 25)
    report("5.1", 10, 100, unit=0)
    report("5.1", 10, 20, unit=1)

    assert standing_of(programme, "15.1").to_date == 25
    assert standing_of(programme, "15.1").assessment == Assessment.BELOW_PACE
    assert standing_of(programme, "5.1").to_date == 120


def test_pace_is_measured_at_the_date_of_the_data(programme):
    for month in range(1, 7):
        report("16.1", month, 375)

    standing = standing_of(programme, "16.1")

    assert standing.on == dt.date(2026, 6, 30)
    assert standing.due == 2250
    assert standing.assessment == Assessment.ON_PLAN
    assert standing.month_value is None


def test_no_data_is_not_nothing(programme):
    standing = standing_of(programme, "16.1")

    assert (standing.to_date, standing.fraction, standing.on) == (None, None, None)
    assert (standing.assessment, standing.result_text) == (Assessment.NO_DATA, "—")


def test_another_year_is_another_result(programme):
    report("16.1", 10, 375)

    assert standing_of(programme, "16.1", on=dt.date(2025, 12, 31)).to_date is None


def test_an_overshoot_is_shown(programme):
    report("16.1", 10, 9000)

    assert standing_of(programme, "16.1").fraction == 2.0


def test_words_stand_for_targets_that_are_no_plain_number(programme):
    texts = {one.indicator.code: one.target_text for one in overview(programme, on=OCTOBER)}

    assert texts["1.1"] == "9\u00a0910"
    assert texts["22.1"] == "wzrost o 2%"
    assert texts["22.2"] == "wzrost"
    assert texts["24.1"] == "kamień milowy"
    assert texts["26.3"] == "co najmniej 200"
    assert texts["39.1"] == "300 miesięcznie"


def test_an_old_report_finds_the_targets_of_its_revision(programme, edited):
    adopted = TargetRevision.objects.get()
    path = edited((";9910;9910;9910;6540600", ";9910;10000;9910;6540600"), drop=(5,))
    call_command("load_programme", path, yes=True, verbosity=0)

    assert target_of(standing_of(programme, "1.1")) == 10000
    assert target_of(standing_of(programme, "1.1", revision=adopted)) == 9910
    assert len(overview(programme, on=OCTOBER)) == 77
    assert len(overview(programme, on=OCTOBER, revision=adopted)) == 78


def test_a_year_that_has_not_begun_has_targets_and_no_results(programme):
    standing = upcoming(programme, 2027)[1]

    assert target_of(standing) == 710
    assert (standing.to_date, standing.assessment) == (None, Assessment.NO_DATA)


@pytest.mark.parametrize("sessions", [0, 3])
def test_the_overview_takes_few_statements_at_any_volume(
    programme, make_case, wodna, hold, django_assert_max_num_queries, sessions
):
    for n in range(sessions):
        hold(make_case(wodna, f"Rodzina {n}"), dt.date(2026, 1 + n, 5))
    seed_demo_results(programme, dt.date(2026, 11, 22), random.Random(1))  # noqa: S311 - invented data

    with django_assert_max_num_queries(6):
        overview(programme, on=OCTOBER)


def test_a_unit_reports_a_month_once(programme):
    report("16.1", 10, 1)

    with pytest.raises(IntegrityError), transaction.atomic():
        report("16.1", 10, 2)


def test_a_month_is_its_first_day(programme):
    result = report("16.1", 10, 1)

    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.filter(pk=result.pk).update(month=dt.date(2026, 10, 2))
    result.month = dt.date(2026, 10, 2)
    with pytest.raises(ValidationError):
        result.full_clean()

"""How far an indicator is and should be, by type (R1, R6)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.results.pace import (
    Assessment,
    Kind,
    assess,
    due_amount,
    due_share,
    elapsed_share,
    last_complete_month,
    month_totals,
    running,
    share_of_target,
    to_date,
)

OCTOBER = dt.date(2026, 10, 31)
days = st.dates(dt.date(2025, 1, 1), dt.date(2027, 12, 31))
amounts = st.decimals(min_value=0, max_value=10**6, places=2)
targets = st.decimals(min_value=1, max_value=10**6, places=0)
months = st.dictionaries(st.integers(1, 12).map(lambda m: dt.date(2026, m, 1)), amounts, min_size=1)
FULLY_DUE = [Kind.UNIQUE, Kind.STOCK, Kind.MONTHLY_RATE, Kind.MINIMUM, Kind.GROWTH]


def values(*numbers: int) -> dict[dt.date, Decimal]:
    return {dt.date(2026, month, 1): Decimal(number) for month, number in enumerate(numbers, start=1)}


def test_ten_twelfths_of_the_year_are_over_on_31_october():
    assert elapsed_share(OCTOBER) == Fraction(10, 12)
    assert elapsed_share(dt.date(2026, 12, 31)) == 1


@given(days)
def test_the_year_goes_by_day_by_day_and_never_backwards(day):
    assert 0 < elapsed_share(day) <= 1
    tomorrow = day + dt.timedelta(days=1)
    if tomorrow.year == day.year:
        assert elapsed_share(tomorrow) > elapsed_share(day)


def test_what_adds_up_is_due_by_and_by():
    assert due_share(Kind.COUNT, OCTOBER) == Fraction(10, 12)
    assert due_amount(Kind.COUNT, Decimal(9910), dt.date(2026, 6, 30)) == 4955


@pytest.mark.parametrize("kind", FULLY_DUE)
def test_what_does_not_add_up_is_due_in_full(kind):
    assert due_share(kind, dt.date(2026, 1, 31)) == 1


def test_a_milestone_is_due_on_the_last_day_of_its_year():
    assert due_share(Kind.MILESTONE, dt.date(2026, 12, 30)) == 0
    assert due_share(Kind.MILESTONE, dt.date(2026, 12, 31)) == 1


@pytest.mark.parametrize("kind", [Kind.COUNT, Kind.MINIMUM])
def test_counts_add_up_over_months_and_units(kind):
    assert to_date(kind, [values(1, 2, 3), values(10)]) == 16


@pytest.mark.parametrize("kind", [Kind.UNIQUE, Kind.STOCK])
def test_people_and_states_are_the_latest_of_each_unit(kind):
    assert to_date(kind, [values(26, 25, 24), values(3)]) == 27


def test_a_rate_is_the_mean_of_the_months_that_are_known():
    assert to_date(Kind.MONTHLY_RATE, [values(300, 310, 290)]) == 300
    assert to_date(Kind.MONTHLY_RATE, [{dt.date(2026, 1, 1): Decimal(300), dt.date(2026, 9, 1): Decimal(200)}]) == 250


def test_growth_is_the_latest_figure_and_a_milestone_stays_reached():
    assert to_date(Kind.GROWTH, [values(1, 3, 2)]) == 2
    assert to_date(Kind.MILESTONE, [values(0, 1, 0)]) == 1


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_known_is_no_data_and_not_zero(kind):
    assert to_date(kind, []) is None
    assert to_date(kind, [{}]) is None
    assert assess(kind, None, Decimal(10), None) == Assessment.NO_DATA
    assert share_of_target(kind, None, Decimal(10)) is None


@given(st.sampled_from([Kind.STOCK, Kind.UNIQUE, Kind.MONTHLY_RATE, Kind.GROWTH, Kind.MILESTONE]), months)
def test_what_is_never_summed_lies_among_its_months(kind, part):
    result = to_date(kind, [part])

    assert result is not None
    assert min(part.values()) - Decimal("0.01") <= result <= max(part.values()) + Decimal("0.01")


@given(st.lists(months, min_size=1, max_size=4))
def test_counts_are_the_sum_of_the_months_of_all_units(parts):
    assert to_date(Kind.COUNT, parts) == sum(month_totals(parts).values())


@given(months)
def test_the_last_point_of_the_line_is_the_result_to_date(part):
    for kind in Kind:
        line = running(kind, [part], 2026, dt.date(2026, 12, 31))
        assert len(line) == 12
        assert line[-1] == to_date(kind, [part])


@pytest.mark.parametrize(
    ("done", "assessment"),
    [(8412, Assessment.ON_PLAN), (8011, Assessment.ON_PLAN), (8010, Assessment.BELOW_PACE),
     (6607, Assessment.BELOW_PACE), (6606, Assessment.AT_RISK), (0, Assessment.AT_RISK)],
)  # fmt: skip
def test_a_count_is_measured_against_the_elapsed_share_of_the_year(done, assessment):
    assert assess(Kind.COUNT, Decimal(done), Decimal(9910), OCTOBER) == assessment


@pytest.mark.parametrize("kind", FULLY_DUE)
def test_everything_else_is_measured_against_the_full_target(kind):
    january = dt.date(2026, 1, 31)

    assert assess(kind, Decimal(97), Decimal(100), january) == Assessment.ON_PLAN
    assert assess(kind, Decimal(96), Decimal(100), january) == Assessment.BELOW_PACE
    assert assess(kind, Decimal(79), Decimal(100), january) == Assessment.AT_RISK


def test_a_milestone_is_late_only_when_its_year_is_over():
    assert assess(Kind.MILESTONE, Decimal(0), None, OCTOBER) == Assessment.ON_PLAN
    assert assess(Kind.MILESTONE, Decimal(0), None, dt.date(2026, 12, 31)) == Assessment.AT_RISK
    assert assess(Kind.MILESTONE, Decimal(1), None, dt.date(2026, 12, 31)) == Assessment.ON_PLAN


def test_growth_without_a_number_only_has_to_grow():
    assert assess(Kind.GROWTH, Decimal("0.1"), None, OCTOBER) == Assessment.ON_PLAN
    assert assess(Kind.GROWTH, Decimal(-1), None, OCTOBER) == Assessment.AT_RISK


def test_no_target_is_not_zero_per_cent():
    assert assess(Kind.COUNT, Decimal(5), None, OCTOBER) == Assessment.NO_TARGET
    assert share_of_target(Kind.COUNT, Decimal(5), None) is None


def test_an_overshoot_is_shown_and_not_clipped():
    assert share_of_target(Kind.COUNT, Decimal(150), Decimal(100)) == 1.5


@given(amounts, targets, days)
def test_more_is_never_worse(done, target, day):
    order = [Assessment.AT_RISK, Assessment.BELOW_PACE, Assessment.ON_PLAN]
    for kind in (Kind.COUNT, Kind.STOCK, Kind.MINIMUM):
        now, with_more = assess(kind, done, target, day), assess(kind, done + 1, target, day)
        assert order.index(with_more) >= order.index(now)


@given(targets, days)
def test_exactly_what_is_due_is_on_plan(target, day):
    for kind in Kind:
        due = Decimal(1) if kind == Kind.MILESTONE else due_amount(kind, target, day)
        assert assess(kind, due, target, day) == Assessment.ON_PLAN


def test_the_last_complete_month_ends_before_today():
    assert last_complete_month(dt.date(2026, 11, 22)) == OCTOBER
    assert last_complete_month(dt.date(2026, 1, 1)) == dt.date(2025, 12, 31)
